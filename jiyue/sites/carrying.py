"""What a reform of units changes on sites: roles, and which channels a unit contributes to."""

from datetime import timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.carriers import CARRIERS, UNIT_CHANGED, Handover
from jiyue.organizations.models import Organization
from jiyue.sites.announcements import SITE_CHANGED
from jiyue.sites.enums import SINGLE_ROLES
from jiyue.sites.models import Channel, Site, SiteRole


class SiteRoles:
    """Roles end for the one unit and begin for the other one, so that history shows both."""

    label: Promise = _("roles on sites")

    def count(self, unit: Organization) -> int:
        """Roles that hold today or later."""
        return SiteRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=clock.today()), unit=unit).count()

    def carry(self, handover: Handover) -> int:
        """Hand every role over on the day; where the successor holds it already it just ends."""
        held = SiteRole.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=handover.day), unit=handover.predecessor
        )
        roles = list(held.order_by("pk"))
        for role in roles:
            self._hand_over(role, handover)
        for site_id in sorted({role.site_id for role in roles}):
            SITE_CHANGED.announce(site_id)
        return len(roles)

    def _hand_over(self, role: SiteRole, handover: Handover) -> None:
        day, ends_on = handover.day, role.ends_on
        others = SiteRole.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=day), site_id=role.site_id, role=role.role
        ).exclude(pk=role.pk)
        is_taken = others.filter(unit=handover.successor).exists() or (
            role.role in SINGLE_ROLES and others.exists()
        )
        if role.starts_on >= day and not is_taken:
            role.unit = handover.successor
            role.save(update_fields=["unit"])
            return
        role.ends_on = max(role.starts_on, day - timedelta(days=1))
        role.save(update_fields=["ends_on"])
        if not is_taken:
            SiteRole.objects.create(
                site_id=role.site_id, unit=handover.successor, role=role.role, starts_on=day, ends_on=ends_on
            )


class Contributions:
    """Channels a unit may have its items placed in."""

    label: Promise = _("channels it contributes to")

    def count(self, unit: Organization) -> int:
        """Such channels."""
        return Channel.objects.filter(contributors=unit).count()

    def carry(self, handover: Handover) -> int:
        """Open them to the successor and close them to the predecessor."""
        channels = list(Channel.objects.filter(contributors=handover.predecessor))
        handover.successor.contributed_channels.add(*channels)
        handover.predecessor.contributed_channels.clear()
        return len(channels)


def refresh_named_sites(unit: Organization) -> None:
    """A unit was renamed: pages that name it are made anew."""
    named = SiteRole.objects.filter(unit=unit).values("site_id")
    for site_id in Site.objects.filter(pk__in=named).order_by("pk").values_list("pk", flat=True):
        SITE_CHANGED.announce(site_id)


def register() -> None:
    """Enter this room's carriers and listen to renamed units."""
    CARRIERS.register("sites.roles", _ROLES)
    CARRIERS.register("sites.contributions", _CONTRIBUTIONS)
    UNIT_CHANGED.listen(refresh_named_sites)


_ROLES, _CONTRIBUTIONS = SiteRoles(), Contributions()

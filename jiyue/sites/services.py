"""Saying which unit is what for a site, and who answers for a channel.

Source: GL 二(一)、二(二)1-2; NT 3; HT 一¶2-3; NB 2-3 (ORG-02); GL 八(二)1; NT 16 (ORG-06).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import list_managed_units
from jiyue.sites.announcements import SITE_CHANGED
from jiyue.sites.enums import SINGLE_ROLES, SiteRoleName
from jiyue.sites.models import Channel, ChannelOwner, Site, SiteRole
from jiyue.sites.selectors import (
    get_missing_owners,
    get_missing_roles,
    list_governed_sites,
    list_possible_owners,
)


class SiteRoleRefused(DomainError):
    """A role on a site, or an owner of a channel, that the rules don't allow."""

    code = "site_role_refused"


def go_live_blockers(site: Site) -> list[SiteRoleRefused]:
    """Say why a site can't go online yet. Feeds the report, opening a site, and the test.

    Source: GL 二(二)1-4; NT 15-16 (ORG-02, ORG-05).
    """
    labels = [role.label for role in get_missing_roles(site.pk)]
    labels += [role.label for role in get_missing_owners(site.pk)]
    return [
        SiteRoleRefused(
            _("The site has no %(role)s.") % {"role": label},
            fix=_("Name one; without it the site can't go online."),
        )
        for label in labels
    ]


def assign_site_role(
    *,
    site: Site,
    unit: Organization,
    role: SiteRoleName,
    starts_on: date,
    actor: audit.AuditActor,
    ends_on: date | None = None,
) -> SiteRole:
    """Give a unit a role on a site, for the first set-up; people use `name_site_unit`.

    Raises:
        SiteRoleRefused: The unit is closed, the days don't fit, it holds the role
            then, or the role has another holder then.
    """
    with transaction.atomic():
        Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
        refusal = _role_refusal(site, unit, role, starts_on, ends_on)
        if refusal:
            raise refusal
        assigned = SiteRole.objects.create(
            site=site, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on
        )
        _record("site.role_assigned", assigned, actor)
        SITE_CHANGED.announce(site.pk)
    return assigned


def name_site_unit(
    *,
    site: Site,
    unit: Organization,
    role: SiteRoleName,
    starts_on: date,
    ends_on: date | None,
    actor: StaffAccount,
) -> SiteRole:
    """Give a unit of the own subtree a role on a site that the actor governs.

    Raises:
        SiteRoleRefused: The site or the unit is another administrator's, or as for `assign_site_role`.

    Source: NB 2-3 (ORG-02, ORG-04).
    """
    _require_governor(site, actor)
    if not list_managed_units(actor).filter(pk=unit.pk).exists():
        raise SiteRoleRefused(
            _("%(unit)s isn't in the part of the tree that you administer.") % {"unit": unit.name},
            fix=_("Ask the administrator of a unit above both."),
            field="unit",
        )
    return assign_site_role(
        site=site, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on, actor=actor.audit_actor()
    )


def _role_refusal(
    site: Site, unit: Organization, role: SiteRoleName, starts_on: date, ends_on: date | None
) -> SiteRoleRefused | None:
    if ends_on is not None and ends_on < starts_on:
        return SiteRoleRefused(
            _("The last day lies before the first one."), fix=_("Correct the days."), field="ends_on"
        )
    if unit.status != UnitStatus.ACTIVE:
        return SiteRoleRefused(
            _("%(unit)s is closed.") % {"unit": unit.name},
            fix=_("Choose the unit that took over its work."),
            field="unit",
        )
    overlapping = SiteRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=starts_on), site=site, role=role)
    if ends_on is not None:
        overlapping = overlapping.filter(starts_on__lte=ends_on)
    twin = overlapping.filter(unit=unit).first()
    holder = overlapping.select_related("unit").first() if role in SINGLE_ROLES else None
    if twin or holder:
        name = unit.name if twin or holder is None else holder.unit.name
        return SiteRoleRefused(
            _("%(unit)s is the %(role)s of this site in that time.")
            % {"unit": name, "role": SiteRoleName(role).label},
            fix=_("End that role first, or choose other days."),
            field="role",
        )
    return None


@transaction.atomic
def end_site_role(*, site_role: SiteRole, last_day: date, actor: StaffAccount) -> SiteRole:
    """End a role; the row stays for the history.

    Args:
        site_role: The role.
        last_day: Its last day, not before its first one; yesterday ends it at once.
        actor: An administrator who governs the site.

    Raises:
        SiteRoleRefused: The site is another administrator's, or the role has ended or hasn't begun by then.
    """
    _require_governor(site_role.site, actor)
    role = (
        SiteRole.objects.select_for_update(of=("self",)).select_related("site", "unit").get(pk=site_role.pk)
    )
    if role.ends_on is not None and role.ends_on < clock.today():
        raise SiteRoleRefused(_("This role has ended already."), fix=_("Reload the page."))
    if last_day < role.starts_on:
        raise SiteRoleRefused(
            _("The role begins only after that day."),
            fix=_("Choose its first day or a later one."),
            field="last_day",
        )
    role.ends_on = last_day
    role.save(update_fields=["ends_on"])
    _record("site.role_ended", role, actor.audit_actor())
    SITE_CHANGED.announce(role.site_id)
    return role


@transaction.atomic
def name_channel_owner(
    *, channel: Channel, person: Person, starts_on: date, ends_on: date | None, actor: StaffAccount
) -> ChannelOwner:
    """Name who answers for a channel.

    Raises:
        SiteRoleRefused: The site is another administrator's, the person belongs to
            no unit of the site, or the days don't fit.

    Source: GL 八(二)1; NT 16 (ORG-06).
    """
    _require_governor(channel.site, actor)
    if not list_possible_owners(channel.site).filter(pk=person.pk).exists():
        raise SiteRoleRefused(
            _("%(person)s holds no role in a unit of this site.") % {"person": person.name},
            fix=_("Choose somebody of the units that run the site or contribute to it."),
            field="person",
        )
    if ends_on is not None and ends_on < starts_on:
        raise SiteRoleRefused(
            _("The last day lies before the first one."), fix=_("Correct the days."), field="ends_on"
        )
    try:
        with transaction.atomic():
            owner = ChannelOwner.objects.create(
                channel=channel, person=person, starts_on=starts_on, ends_on=ends_on
            )
    except IntegrityError:
        raise SiteRoleRefused(
            _("%(person)s is named from that day already.") % {"person": person.name},
            fix=_("Look at the list."),
            field="person",
        ) from None
    _record_owner("channel.owner_named", owner, actor)
    return owner


@transaction.atomic
def end_channel_owner(*, owner: ChannelOwner, actor: StaffAccount) -> ChannelOwner:
    """End somebody's answering for a channel today.

    Raises:
        SiteRoleRefused: The site is another administrator's.
    """
    _require_governor(owner.channel.site, actor)
    owner = (
        ChannelOwner.objects.select_for_update(of=("self",))
        .select_related("channel__site", "person")
        .get(pk=owner.pk)
    )
    yesterday = clock.today() - timedelta(days=1)
    if owner.ends_on is None or owner.ends_on > yesterday:
        owner.ends_on = max(owner.starts_on, yesterday)
        owner.save(update_fields=["ends_on"])
        _record_owner("channel.owner_ended", owner, actor)
    return owner


def announce_dated_changes() -> Iterator[object]:
    """Have every site look whether a role began or ended; pages change only where one did."""
    for site_id in Site.objects.order_by("pk").values_list("pk", flat=True):
        SITE_CHANGED.announce(site_id)
        yield site_id


def _require_governor(site: Site, actor: StaffAccount) -> None:
    if not list_governed_sites(actor).filter(pk=site.pk).exists():
        raise SiteRoleRefused(
            _("This site isn't supervised, sponsored or managed by a unit that you administer."),
            fix=_("Ask the administrator of one of those units."),
        )


def _record(verb: str, role: SiteRole, actor: audit.AuditActor) -> None:
    facts = {
        "role": role.role,
        "unit": role.unit_id,
        "starts_on": role.starts_on.isoformat(),
        "ends_on": role.ends_on.isoformat() if role.ends_on else None,
    }
    audit.record_many(actor=actor, verb=verb, facts=[audit.Fact("site", role.site_id, facts)])


def _record_owner(verb: str, owner: ChannelOwner, actor: StaffAccount) -> None:
    facts = {
        "person": owner.person_id,
        "starts_on": owner.starts_on.isoformat(),
        "ends_on": owner.ends_on.isoformat() if owner.ends_on else None,
    }
    audit.record_many(
        actor=actor.audit_actor(), verb=verb, facts=[audit.Fact("channel", owner.channel_id, facts)]
    )

"""Sites and channels as other rooms see them, and who answers for them today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from jiyue.core import clock
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles, get_subtree_ids, get_unit_ids, list_managed_units
from jiyue.sites.enums import GOVERNING_ROLES, SiteRoleName
from jiyue.sites.models import Channel, ChannelOwner, Site, SiteRole

FOOTER_ROLES = (SiteRoleName.SPONSOR, SiteRoleName.OPERATOR)
RUNNING_ROLES = GOVERNING_ROLES | {SiteRoleName.OPERATOR}


def list_sites() -> QuerySet[Site]:
    """Every site."""
    return Site.objects.order_by("id")


def list_channels(site: Site) -> QuerySet[Channel]:
    """The site's channels in menu order."""
    return Channel.objects.filter(site=site).select_related("parent").order_by("position", "id")


def list_open_channels(unit_ids: Collection[int]) -> QuerySet[Channel]:
    """Channels into which one of the units may have its items placed (CHAN-06)."""
    return (
        Channel.objects.filter(contributors__in=unit_ids)
        .distinct()
        .select_related("site", "parent")
        .order_by("site_id", "position", "id")
    )


def list_site_roles(day: date | None = None) -> QuerySet[SiteRole]:
    """Roles on sites that hold on `day` (default: today), in the order they began."""
    day = day or clock.today()
    held = SiteRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
    return held.select_related("unit").order_by("starts_on", "pk")


@dataclass(frozen=True)
class SiteUnits:
    """The units a site's footer names.

    Attributes:
        sponsors: Several are possible (CQ 页脚).
        operators: Empty where none was named.
    """

    sponsors: tuple[Organization, ...]
    operators: tuple[Organization, ...]

    @property
    def operating(self) -> tuple[Organization, ...]:
        """Who operates the site: without an operator the sponsors do.

        Source: GL 二(二)1-2 (ORG-02).
        """
        return self.operators or self.sponsors


def get_site_units(site_id: int) -> SiteUnits:
    """Sponsors and operator of a site today."""
    held = list(list_site_roles().filter(site_id=site_id, role__in=FOOTER_ROLES))
    return SiteUnits(
        sponsors=tuple(each.unit for each in held if each.role == SiteRoleName.SPONSOR),
        operators=tuple(each.unit for each in held if each.role == SiteRoleName.OPERATOR),
    )


def is_run_for(site: Site, unit: Organization) -> bool:
    """Tell whether the site is the unit's own: it sponsors or operates it today.

    Source: NT 15 (REV-06): what goes to another unit's site needs the leader's consent first.
    """
    own = (SiteRoleName.SPONSOR, SiteRoleName.OPERATOR)
    return list_site_roles().filter(site=site, unit=unit, role__in=own).exists()


def list_footer_roles(unit_ids: Collection[int]) -> QuerySet[SiteRole]:
    """Roles of the given units as sponsor or operator of a site today."""
    return list_site_roles().filter(unit__in=unit_ids, role__in=FOOTER_ROLES).order_by()


def list_governed_sites(account: StaffAccount) -> QuerySet[Site]:
    """Sites for which the account says who has which role.

    Those that a unit of its own subtree supervises, sponsors or manages; what
    nobody answers for falls to the administrators of the units at the top.

    Source: NB 2-3; GL 二(二)1-2 (ORG-02, ORG-04).
    """
    managed = list_managed_units(account).order_by()
    governing = list_site_roles().filter(role__in=GOVERNING_ROLES).order_by()
    mine = Q(pk__in=governing.filter(unit__in=managed).values("site_id"))
    if managed.filter(superior=None, supervising_unit=None).exists():
        mine |= ~Q(pk__in=governing.values("site_id"))
    return Site.objects.filter(mine).order_by("pk")


def list_overseen_sites(account: StaffAccount, roles: Collection[StaffRole]) -> QuerySet[Site]:
    """Sites that are run for the units in which the account holds one of `roles`, or for units below them.

    What nobody answers for falls to the units at the top.

    Source: NB 2-3 (ORG-04): a unit sees its own data.
    """
    units = get_subtree_ids(get_unit_ids(account, roles))
    running = list_site_roles().filter(role__in=RUNNING_ROLES).order_by()
    mine = Q(pk__in=running.filter(unit__in=units).values("site_id"))
    if Organization.objects.filter(pk__in=units, superior=None, supervising_unit=None).exists():
        mine |= ~Q(pk__in=running.values("site_id"))
    return Site.objects.filter(mine).order_by("pk")


def list_active_owners(day: date | None = None) -> QuerySet[ChannelOwner]:
    """Channel owners on `day` (default: today) whose person hasn't lost every account."""
    day = day or clock.today()
    accounts = StaffAccount.objects.filter(person=OuterRef("person"))
    owners = ChannelOwner.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
    return owners.filter(
        Exists(accounts.filter(status=AccountStatus.ACTIVE)) | ~Exists(accounts)
    ).select_related("person")


def list_unowned_channels(site_ids: Collection[int]) -> QuerySet[Channel]:
    """Channels for which nobody answers today: a finding each.

    Source: GL 八(二)1; NT 16 (ORG-06).
    """
    owned = list_active_owners().order_by().values("channel_id")
    return (
        Channel.objects.filter(site__in=site_ids)
        .exclude(pk__in=owned)
        .select_related("site")
        .order_by("site_id", "position", "pk")
    )


def list_possible_owners(site: Site) -> QuerySet[Person]:
    """People who hold a role today in a unit that has a role on the site or contributes to it."""
    units = Q(unit__in=list_site_roles().filter(site=site).order_by().values("unit_id")) | Q(
        unit__contributed_channels__site=site
    )
    held = get_active_roles().filter(units).values("person_id")
    return Person.objects.filter(pk__in=held).order_by("name", "pk")


@dataclass(frozen=True)
class SiteFinding:
    """What a site lacks.

    Attributes:
        missing_roles: Of supervising unit and sponsor, those that nobody holds.
        missing_owners: Of general owner and security owner, those that no person is.
        unowned: Channels without an active owner.
    """

    site: Site
    missing_roles: tuple[SiteRoleName, ...]
    missing_owners: tuple[StaffRole, ...]
    unowned: tuple[Channel, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.missing_roles or self.missing_owners or self.unowned)


def get_missing_roles(site_id: int) -> tuple[SiteRoleName, ...]:
    """Which of supervising unit and sponsor a site lacks today.

    Source: GL 二(二)1-2 (ORG-02).
    """
    held = set(list_site_roles().filter(site_id=site_id).values_list("role", flat=True))
    return tuple(r for r in (SiteRoleName.SUPERVISING_UNIT, SiteRoleName.SPONSOR) if r not in held)


def get_missing_owners(site_id: int) -> tuple[StaffRole, ...]:
    """Which of general owner and security owner no person of the sponsor or operator is today.

    Source: GL 二(二)3-4; NT 15-16 (ORG-05).
    """
    units = get_site_units(site_id)
    ids = [unit.pk for unit in (*units.sponsors, *units.operators)]
    held = set(get_active_roles().filter(unit__in=ids).values_list("role", flat=True))
    return tuple(r for r in (StaffRole.GENERAL_OWNER, StaffRole.SECURITY_OWNER) if r not in held)


def list_findings(sites: QuerySet[Site]) -> list[SiteFinding]:
    """What each of the sites lacks today, in the order of the sites."""
    unowned = list_unowned_channels(list(sites.values_list("pk", flat=True)))
    rows = sites.prefetch_related(Prefetch("channels", unowned, to_attr="unowned_channels"))
    return [
        SiteFinding(
            site=site,
            missing_roles=get_missing_roles(site.pk),
            missing_owners=get_missing_owners(site.pk),
            unowned=tuple(site.unowned_channels),
        )
        for site in rows
    ]

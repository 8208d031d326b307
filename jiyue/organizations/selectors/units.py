"""The tree of units as lists, pages and other rooms see it. Visibility is decided here."""

from collections.abc import Collection, Iterator

from django.db.models import Q, QuerySet

from jiyue.core import clock
from jiyue.core.acts import once
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization, SharingGrant, StaffAccount, UnitReform
from jiyue.organizations.selectors.roles import get_role_pairs, get_unit_ids


def in_subtrees(paths: Collection[str], *, field: str = "path") -> Q:
    """A condition for the units whose path begins with one of `paths`; none for no path.

    Paths below another one of them are left out, so that a person with many
    units doesn't make a long query.
    """
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    condition = Q(pk__in=[])
    for path in kept:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


def paths_of(unit_ids: Collection[int]) -> list[str]:
    """Paths of the given units."""
    return list(Organization.objects.filter(pk__in=unit_ids).values_list("path", flat=True))


def list_managed_units(account: StaffAccount) -> QuerySet[Organization]:
    """Units the account may found, change, move and close: the subtrees it is platform manager of.

    Source: NB 2-3 (ORG-04): only inside the own subtree.
    """
    roots = get_unit_ids(account, {StaffRole.PLATFORM_MANAGER})
    return Organization.objects.filter(in_subtrees(paths_of(roots))).order_by("path")


def is_managed(account: StaffAccount, unit: Organization | None) -> bool:
    """Tell whether the unit lies in a subtree the account is platform manager of."""
    return unit is not None and list_managed_units(account).filter(pk=unit.pk).exists()


def list_visible_units(account: StaffAccount, administered_ids: Collection[int]) -> QuerySet[Organization]:
    """Units that exist for the account: those it administers, its own, and the line above them.

    Args:
        account: Who looks.
        administered_ids: Units in which it holds an administering role.
    """
    own = {unit_id for unit_id, _role in get_role_pairs(account)} | {account.unit_id}
    codes = {code for path in paths_of(own) for code in path.strip("/").split("/")}
    seen = in_subtrees(paths_of(administered_ids)) | Q(code__in=codes)
    return Organization.objects.filter(seen).order_by("path")


def list_active_units() -> QuerySet[Organization]:
    """Units that still exist, in the order of the tree."""
    return Organization.objects.filter(status=UnitStatus.ACTIVE).order_by("path")


def get_line_upward(unit: Organization) -> list[Organization]:
    """The units above, from the root down to the one directly above."""
    codes = unit.path_codes[:-1]
    return sorted(Organization.objects.filter(code__in=codes), key=lambda above: len(above.path))


def walk_upward(unit: Organization) -> Iterator[Organization]:
    """The units above one by one, as the relations say; what `path` must always equal."""
    above = unit.tree_parent
    while above is not None:
        yield above
        above = above.tree_parent


def list_reforms_of(unit: Organization) -> QuerySet[UnitReform]:
    """Reforms in which the unit came to an end, began or took over, newest first."""
    mine = Q(successions__predecessor=unit) | Q(successions__successor=unit)
    return (
        UnitReform.objects.filter(mine)
        .distinct()
        .prefetch_related("successions__predecessor", "successions__successor")
        .order_by("-effective_on", "-pk")
    )


def list_running_grants() -> QuerySet[SharingGrant]:
    """Grants that let somebody read today."""
    day = clock.today()
    return SharingGrant.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


def get_shared_unit_ids(reader_ids: Collection[int]) -> frozenset[int]:
    """Units whose library one of the given units may read today.

    Source: NB 2-3 (ORG-04): a unit sees its own data unless sharing is granted.
    """
    grants = list_running_grants().filter(reader__in=reader_ids)
    owners = grants.values_list("owner_id", flat=True)
    return once(("shared units", frozenset(reader_ids)), lambda: frozenset(owners))

"""Who has which role where, today, and which units lie below which."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from jiyue.core import clock
from jiyue.core.acts import once
from jiyue.organizations.enums import ADMINISTRATION_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import Organization, StaffAccount, UnitRole


def get_active_roles(day: date | None = None) -> QuerySet[UnitRole]:
    """Roles that hold on `day` (default: today)."""
    day = day or clock.today()
    return UnitRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


def get_held_roles(account_id: int | None) -> QuerySet[UnitRole]:
    """Roles that the person of an account holds today; none for an account that was switched off, or none.

    The one place that says for whom an account acts: every rule about who may do what starts here.
    """
    return get_active_roles().filter(
        person__accounts=account_id or 0, person__accounts__status=AccountStatus.ACTIVE
    )


def get_role_pairs(account: StaffAccount) -> frozenset[tuple[int, str]]:
    """(unit id, role) pairs the account's person holds today; none for an account that was closed."""
    return once(("role pairs", account.pk), lambda: _read_role_pairs(account))


def _read_role_pairs(account: StaffAccount) -> frozenset[tuple[int, str]]:
    return frozenset(get_held_roles(account.pk).values_list("unit_id", "role"))


def has_role(account: StaffAccount, role: StaffRole, *, unit_id: int | None = None) -> bool:
    """Tell whether the person holds `role` today, in the given unit or in any.

    An account that was closed acts for nobody, whatever its person still holds.
    """
    pairs = get_role_pairs(account)
    return any(held == role and unit_id in (None, held_in) for held_in, held in pairs)


def get_unit_ids(account: StaffAccount, roles: Collection[str]) -> frozenset[int]:
    """Units in which the person holds one of `roles` today."""
    return frozenset(unit_id for unit_id, role in get_role_pairs(account) if role in roles)


def get_units(account: StaffAccount, roles: Collection[str]) -> QuerySet[Organization]:
    """Units in which the person holds one of `roles` today."""
    return Organization.objects.filter(pk__in=get_unit_ids(account, roles)).order_by("code")


def get_subtree_ids(unit_ids: Collection[int]) -> frozenset[int]:
    """The given units and all below them in the tree of administration."""
    paths = Organization.objects.filter(pk__in=unit_ids).values_list("path", flat=True)
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    return (
        frozenset(Organization.objects.filter(below).values_list("pk", flat=True)) if below else frozenset()
    )


def get_administered_unit_ids(account: StaffAccount) -> frozenset[int]:
    """Units the account administers: the subtrees of those it administers itself.

    Source: NB 2-3 (ORG-04): only inside the own subtree.
    """
    return get_subtree_ids(get_unit_ids(account, ADMINISTRATION_ROLES))

"""Who may act on which unit, person and account: asked by forms, imports, bulk actions and services alike.

Every function returns the refusal instead of raising it, so that a button, a
service and a test ask the same thing. An actor without an account is the
platform itself: the set-up, the demonstration, the nightly jobs.

Source: NB 2-3 (ORG-04); GL 七(一)4 (ORG-08).
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import ADMINISTRATION_ROLES, OVERSIGHT_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import (
    AccountApplication,
    Organization,
    Person,
    StaffAccount,
    UnitRole,
)
from jiyue.organizations.selectors import get_active_roles, get_held_roles


class OutsideOwnUnits(DomainError):
    """The unit or the person lies outside the units that the actor administers."""

    code = "outside_own_units"


class GrantRefused(DomainError):
    """Nobody grants or takes away more than they hold, and nobody acts on themselves."""

    code = "grant_refused"


class LastManager(DomainError):
    """Without a platform manager nobody could let anybody in again."""

    code = "last_manager"


def is_platform(actor: AuditActor) -> bool:
    """Tell whether the platform itself acts, not a person."""
    return actor.account_id is None


def _administered_paths(actor: AuditActor) -> list[tuple[str, str]]:
    """(path of the unit, role) for each administering role that the actor holds today."""
    held = get_held_roles(actor.account_id).filter(role__in=ADMINISTRATION_ROLES)
    return list(held.values_list("unit__path", "role"))


def administration_refusal(actor: AuditActor, unit: Organization) -> DomainError | None:
    """Say why `actor` may not administer people and accounts of `unit`, or None.

    Source: NB 2-3 (ORG-04): only inside the own subtree.
    """
    if is_platform(actor) or any(unit.path.startswith(path) for path, _r in _administered_paths(actor)):
        return None
    return _outside()


def _outside() -> OutsideOwnUnits:
    return OutsideOwnUnits(
        _("This lies outside the units that you administer."),
        fix=_("Ask an administrator of that unit or of the unit above it."),
    )


def grant_refusal(
    actor: AuditActor, unit: Organization, role: str, person: Person | None
) -> DomainError | None:
    """Say why `actor` may not give, change or end `role` of `person` in `unit`, or None.

    The one rule behind the form, the import, the bulk action, the application
    and the API: only inside the own subtree, never for oneself, only people
    who belong to the own units, and never more than one holds. A platform
    manager may appoint platform managers and inspectors, an account manager
    may not; and account managers only in units below the own one.

    Args:
        actor: Who asks; the platform itself may do everything.
        unit: Unit in which the role is held.
        role: Name of the role.
        person: Who holds or would hold it; None where that is still open.

    Source: NB 2-3 (ORG-04); GL 七(一)4: separated duties, needed users only.
    """
    if is_platform(actor):
        return None
    paths = _administered_paths(actor)
    covering = [(path, held) for path, held in paths if unit.path.startswith(path)]
    if not covering:
        return _outside()
    return _rank_refusal(covering, unit, role) or _person_refusal(actor, paths, person)


def _rank_refusal(covering: list[tuple[str, str]], unit: Organization, role: str) -> DomainError | None:
    is_manager = any(held == StaffRole.PLATFORM_MANAGER for _path, held in covering)
    if is_manager or role not in ADMINISTRATION_ROLES | OVERSIGHT_ROLES:
        return None
    if role == StaffRole.ACCOUNT_MANAGER and any(unit.path != path for path, _held in covering):
        return None
    return GrantRefused(
        _("As account manager you can't decide on the role “%(role)s” of this unit: nobody gives more than"
          " they hold.")
        % {"role": StaffRole(role).label},
        fix=_("Ask the platform manager."),
        field="role",
    )  # fmt: skip


def _person_refusal(
    actor: AuditActor, paths: list[tuple[str, str]], person: Person | None
) -> DomainError | None:
    if person is None:
        return None
    if person.pk == actor.person_id:
        return GrantRefused(
            _("Nobody decides on their own roles and accounts."),
            fix=_("Ask another administrator."),
            field="person",
        )
    return None if _is_reachable(person, [path for path, _role in paths]) else _outside()


def _is_reachable(person: Person, paths: list[str]) -> bool:
    """Whether the person belongs to one of the subtrees, or to no unit at all yet."""
    below = Q()
    for path in paths:
        below |= Q(unit__path__startswith=path)
    ties = (
        UnitRole.objects.filter(person=person),
        StaffAccount.objects.filter(person=person),
        AccountApplication.objects.filter(person=person),
    )
    return any(tie.filter(below).exists() for tie in ties) or not any(tie.exists() for tie in ties)


def account_refusal(actor: AuditActor, account: StaffAccount) -> DomainError | None:
    """Say why `actor` may not change what `account` may do, or None.

    Whoever acts on the account of an administrator or inspector must be able
    to decide on those roles too.

    Source: NB 2-3 (ORG-04); NB 26 (ORG-12).
    """
    if is_platform(actor):
        return None
    return grant_refusal(actor, account.unit, "", account.person) or standing_refusal(actor, account.person)


def standing_refusal(actor: AuditActor, person: Person) -> DomainError | None:
    """Say why `actor` may not change what makes `person` hold accounts at all, or None.

    Never the own person; and of an administrator or inspector only whoever may decide on those roles.

    Source: NB 2-3 (ORG-04); NB 26 (ORG-09).
    """
    if is_platform(actor):
        return None
    paths = _administered_paths(actor)
    refusal = _person_refusal(actor, paths, person)
    if refusal:
        return refusal
    held = get_active_roles().filter(person=person, role__in=ADMINISTRATION_ROLES | OVERSIGHT_ROLES)
    for role in held.select_related("unit"):
        refusal = grant_refusal(actor, role.unit, role.role, person)
        if refusal:
            return refusal
    return None


def applicant_refusal(actor: AuditActor, unit: Organization, person: Person) -> DomainError | None:
    """Say why nobody like `actor` states a need of `person` in `unit`, or None.

    Only people of the unit, of units the actor administers, or of none yet: an
    application makes its person's data visible in the unit.

    Source: NB 2-3 (ORG-04).
    """
    paths = [path for path, _role in _administered_paths(actor)]
    return None if _is_reachable(person, [unit.path, *paths]) else _outside()


def is_administrator(person_id: int) -> bool:
    """Tell whether the person holds an administering role today or later."""
    return (
        UnitRole.objects.filter(person=person_id, role__in=ADMINISTRATION_ROLES)
        .exclude(ends_on__lt=clock.today())
        .exists()
    )


def lock_roots() -> None:
    """Make changes to administrators wait for each other: the last one is counted under this lock."""
    list(Organization.objects.select_for_update().filter(superior=None, supervising_unit=None))


def last_manager_refusal(
    *, role: UnitRole | None = None, account: StaffAccount | None = None
) -> DomainError | None:
    """Say that without this role, or this account, a root unit has no platform manager, or None.

    Another manager counts only with an active account and for at least as long.

    Args:
        role: The role that would end; or
        account: the account that would be locked.

    Source: product decision for ORG-04: the last administrator can't remove himself.
    """
    managers = get_active_roles().filter(
        role=StaffRole.PLATFORM_MANAGER, unit__superior=None, unit__supervising_unit=None
    )
    leaving = managers.filter(pk=role.pk) if role else managers.filter(person__accounts=account)
    for manager in leaving:
        others = managers.filter(unit=manager.unit_id, person__accounts__status=AccountStatus.ACTIVE)
        others = others.exclude(pk=role.pk) if role else others.exclude(person__accounts=account)
        longest = Q(ends_on=None)
        if manager.ends_on is not None:
            longest |= Q(ends_on__gte=manager.ends_on)
        if not others.filter(longest).exists():
            return LastManager(
                _("%(person)s is the last platform manager of %(unit)s with an active account.")
                % {"person": manager.person.name, "unit": manager.unit.name},
                fix=_("Appoint another platform manager first."),
            )
    return None

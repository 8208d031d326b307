"""By what somebody may decide a step: an office held, a delegation, or duty."""

from dataclasses import dataclass

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value

from jiyue.core import clock
from jiyue.core.acts import once
from jiyue.organizations.enums import (
    ADMINISTRATION_ROLES,
    EDITING_ROLES,
    REVIEWING_ROLES,
    AccountStatus,
    StaffRole,
)
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles, get_role_pairs, has_role
from jiyue.review.enums import Authority, ReviewVerb, StepStatus
from jiyue.review.models import CaseAuthor, DutyShift, ReviewAction, ReviewCase, ReviewDelegation, ReviewStep


@dataclass(frozen=True)
class Warrant:
    """By what an account decides, and in whose place."""

    authority: Authority
    on_behalf_of: Person | None = None


def _neither_edits_nor_administers(person: str) -> Q:
    """Condition: the person holds no role today that excludes reviewing (REV-02).

    It was so when the delegation was given; roles change.
    """
    others = get_active_roles().filter(person=OuterRef(person), role__in=EDITING_ROLES | ADMINISTRATION_ROLES)
    return ~Q(Exists(others))


def _still_has_such_work(person: str) -> Q:
    """Condition on turns: the person edits, or reviews, somewhere today, as the turn says (REV-31)."""
    roles = get_active_roles().filter(person=OuterRef(person))
    return Q(Exists(roles.filter(role__in=EDITING_ROLES)), role__in=EDITING_ROLES) | Q(
        Exists(roles.filter(role__in=REVIEWING_ROLES)), role__in=REVIEWING_ROLES
    )


def list_running_delegations(account: StaffAccount) -> QuerySet[ReviewDelegation]:
    """Delegations that the account may use today; whoever gave one must still hold the role."""
    today = clock.today()
    held = get_active_roles().filter(
        person=OuterRef("delegator"), unit=OuterRef("unit"), role=OuterRef("role")
    )
    return ReviewDelegation.objects.filter(
        Exists(held),
        _neither_edits_nor_administers("delegate__person"),
        delegate=account,
        delegate__status=AccountStatus.ACTIVE,
        starts_on__lte=today,
        ends_on__gte=today,
        ended_at=None,
    ).select_related("delegator")


def _read_delegations(account: StaffAccount) -> list[ReviewDelegation]:
    return once(("delegations", account.pk), lambda: list(list_running_delegations(account)))


def list_running_shifts(account: StaffAccount) -> QuerySet[DutyShift]:
    """Turns of duty that the account has at this moment."""
    now = clock.now()
    return DutyShift.objects.filter(
        _still_has_such_work("account__person"),
        account=account,
        account__status=AccountStatus.ACTIVE,
        starts_at__lte=now,
        ends_at__gt=now,
        cancelled_at=None,
    ).select_related("unit")


def read_shifts(account: StaffAccount) -> list[DutyShift]:
    """The same turns, read once in an act or a request that only reads."""
    return once(("shifts", account.pk), lambda: list(list_running_shifts(account)))


def is_on_duty(account: StaffAccount, role: StaffRole, unit: Organization) -> bool:
    """Tell whether the account has duty in a role for a unit now (REV-31)."""
    return any(shift.role == role and unit.path.startswith(shift.unit.path) for shift in read_shifts(account))


@dataclass(frozen=True)
class Barred:
    """Persons who may neither decide a case's open step nor have it decided in their place.

    Attributes:
        authors: Those who wrote or changed what is pinned.
        approvers: Those who approved an earlier level of this round, or in whose place somebody did.
    """

    authors: frozenset[int]
    approvers: frozenset[int]

    @property
    def all(self) -> frozenset[int]:
        """All of them."""
        return self.authors | self.approvers


def read_barred(case: ReviewCase) -> Barred:
    """Who is barred from the case's open step.

    Source: NT 15; GL 七(一)4 (REV-01, REV-02).
    """
    approvals = case.actions.filter(verb=ReviewVerb.APPROVE, round=case.round)
    rows = case.authors.values_list("person_id", Value(None, BigIntegerField()), Value(True)).union(
        approvals.order_by().values_list("person_id", "on_behalf_of_id", Value(False))
    )
    authors: set[int] = set()
    approvers: set[int] = set()
    for person_id, on_behalf_of_id, is_author in rows:
        (authors if is_author else approvers).update({person_id, on_behalf_of_id} - {None})
    return Barred(frozenset(authors), frozenset(approvers))


def find_warrant(
    account: StaffAccount, step: ReviewStep, barred: frozenset[int] = frozenset()
) -> Warrant | None:
    """By what the account may decide the step now; None where nothing allows it.

    A delegate decides in the place of somebody who could decide themselves:
    what a barred person can't do, nobody does for them.

    Args:
        account: Who wants to decide.
        step: The step, with its case and unit.
        barred: Persons in whose place nobody decides; see `Barred`.

    Source: NT 15 (REV-01); GL 八(二)2 (REV-31: duty counts for urgent items only).
    """
    role = StaffRole(step.role)
    if has_role(account, role, unit_id=step.unit_id):
        return Warrant(Authority.ROLE)
    for delegation in _read_delegations(account):
        is_for_step = (delegation.unit_id, delegation.role) == (step.unit_id, step.role)
        if is_for_step and delegation.delegator_id not in barred:
            return Warrant(Authority.DELEGATION, delegation.delegator)
    if step.case.is_urgent and is_on_duty(account, role, step.unit):
        return Warrant(Authority.DUTY)
    return None


def steps_in_reach(account: StaffAccount) -> Q:
    """Condition on steps: those the account may decide by office, delegation or duty now."""
    reach = Q(pk__in=[])
    by_role: dict[str, list[int]] = {}
    for unit_id, role in get_role_pairs(account):
        by_role.setdefault(role, []).append(unit_id)
    for role, unit_ids in by_role.items():
        reach |= Q(role=role, unit_id__in=unit_ids)
    for row in _read_delegations(account):
        reach |= Q(role=row.role, unit_id=row.unit_id) & ~_is_barred(row.delegator_id)
    for shift in read_shifts(account):
        reach |= Q(role=shift.role, case__is_urgent=True, unit__path__startswith=shift.unit.path)
    return reach & ~_is_barred(account.person_id) & Q(status=StepStatus.OPEN)


def _is_barred(person_id: int) -> Q:
    """Condition on steps: the person is barred from their case; as `read_barred` says."""
    approved = ReviewAction.objects.filter(
        Q(person=person_id) | Q(on_behalf_of=person_id),
        case=OuterRef("case"),
        round=OuterRef("round"),
        verb=ReviewVerb.APPROVE,
    )
    written = CaseAuthor.objects.filter(case=OuterRef("case"), person=person_id)
    return Q(Exists(written)) | Q(Exists(approved))


def list_deciders(step: ReviewStep, barred: frozenset[int] | None = None) -> list[StaffAccount]:
    """Accounts that could decide the step now, by name; empty where the case is stuck.

    Args:
        step: The step, with its case and unit.
        barred: Persons who may not, where the caller has read them already.
    """
    barred = read_barred(step.case).all if barred is None else barred
    today, now = clock.today(), clock.now()
    holders = get_active_roles().filter(unit=step.unit_id, role=step.role).values("person_id")
    delegates = (
        ReviewDelegation.objects.filter(
            _neither_edits_nor_administers("delegate__person"),
            unit=step.unit_id,
            role=step.role,
            starts_on__lte=today,
            ends_on__gte=today,
            ended_at=None,
            delegator__in=holders,
        )
        .exclude(delegator__in=barred)
        .values("delegate_id")
    )
    reach = Q(person__in=holders) | Q(pk__in=delegates)
    if step.case.is_urgent:
        codes = step.unit.path_codes
        above = [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
        shifts = DutyShift.objects.filter(
            _still_has_such_work("account__person"),
            unit__path__in=above,
            role=step.role,
            starts_at__lte=now,
            ends_at__gt=now,
            cancelled_at=None,
        )
        reach |= Q(pk__in=shifts.values("account_id"))
    accounts = StaffAccount.objects.filter(reach, status=AccountStatus.ACTIVE).exclude(person__in=barred)
    return list(accounts.select_related("person", "unit").order_by("person__name", "pk"))

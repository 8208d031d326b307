"""By what somebody may decide a step: an office held, a delegation, or duty."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.core import clock
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles, get_role_pairs, has_role
from jiyue.review.enums import Authority, ReviewVerb, StepStatus
from jiyue.review.models import CaseAuthor, DutyShift, ReviewAction, ReviewCase, ReviewDelegation, ReviewStep


@dataclass(frozen=True)
class Warrant:
    """By what an account decides, and in whose place."""

    authority: Authority
    on_behalf_of: Person | None = None


def list_running_delegations(account: StaffAccount) -> QuerySet[ReviewDelegation]:
    """Delegations that the account may use today; whoever gave one must still hold the role."""
    today = clock.today()
    rows = ReviewDelegation.objects.filter(
        delegate=account,
        delegate__status=AccountStatus.ACTIVE,
        starts_on__lte=today,
        ends_on__gte=today,
        ended_at=None,
    ).select_related("delegator")
    held = set(
        get_active_roles()
        .filter(person__in=rows.values("delegator"))
        .values_list("person_id", "unit_id", "role")
    )
    return rows.filter(pk__in=[row.pk for row in rows if (row.delegator_id, row.unit_id, row.role) in held])


def list_running_shifts(account: StaffAccount) -> QuerySet[DutyShift]:
    """Turns of duty that the account has at this moment."""
    now = clock.now()
    return DutyShift.objects.filter(
        account=account,
        account__status=AccountStatus.ACTIVE,
        starts_at__lte=now,
        ends_at__gt=now,
        cancelled_at=None,
    ).select_related("unit")


def is_on_duty(account: StaffAccount, role: StaffRole, unit: Organization) -> bool:
    """Tell whether the account has duty in a role for a unit now (REV-31)."""
    return any(
        shift.role == role and unit.path.startswith(shift.unit.path) for shift in list_running_shifts(account)
    )


def list_barred_person_ids(case: ReviewCase) -> frozenset[int]:
    """Persons who may neither decide the case's open step nor have it decided in their place.

    Those who wrote or changed what is pinned, those who approved an earlier
    level of this round, and those in whose place somebody approved one.

    Source: NT 15; GL 七(一)4 (REV-01, REV-02).
    """
    approvals = case.actions.filter(verb=ReviewVerb.APPROVE, round=case.round)
    rows = list(approvals.values_list("person_id", "on_behalf_of_id"))
    authors = set(case.authors.values_list("person_id", flat=True))
    return frozenset(authors.union(*rows) - {None}) if rows else frozenset(authors)


def find_warrant(
    account: StaffAccount, step: ReviewStep, barred: frozenset[int] = frozenset()
) -> Warrant | None:
    """By what the account may decide the step now; None where nothing allows it.

    A delegate decides in the place of somebody who could decide themselves:
    what a barred person can't do, nobody does for them.

    Args:
        account: Who wants to decide.
        step: The step, with its case and unit.
        barred: Persons in whose place nobody decides; see `list_barred_person_ids`.

    Source: NT 15 (REV-01); GL 八(二)2 (REV-31: duty counts for urgent items only).
    """
    role = StaffRole(step.role)
    if has_role(account, role, unit_id=step.unit_id):
        return Warrant(Authority.ROLE)
    for delegation in list_running_delegations(account):
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
    for row in list_running_delegations(account):
        reach |= Q(role=row.role, unit_id=row.unit_id) & ~_is_barred(row.delegator_id)
    for shift in list_running_shifts(account):
        reach |= Q(role=shift.role, case__is_urgent=True, unit__path__startswith=shift.unit.path)
    return reach & ~_is_barred(account.person_id) & Q(status=StepStatus.OPEN)


def _is_barred(person_id: int) -> Q:
    """Condition on steps: the person is barred from their case; as `list_barred_person_ids` says."""
    approved = ReviewAction.objects.filter(
        Q(person=person_id) | Q(on_behalf_of=person_id),
        case=OuterRef("case"),
        round=OuterRef("round"),
        verb=ReviewVerb.APPROVE,
    )
    written = CaseAuthor.objects.filter(case=OuterRef("case"), person=person_id)
    return Q(Exists(written)) | Q(Exists(approved))


def list_deciders(step: ReviewStep) -> list[StaffAccount]:
    """Accounts that could decide the step now, by name; empty where the case is stuck."""
    barred = list_barred_person_ids(step.case)
    today, now = clock.today(), clock.now()
    holders = get_active_roles().filter(unit=step.unit_id, role=step.role).values("person_id")
    delegates = (
        ReviewDelegation.objects.filter(
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
            unit__path__in=above, role=step.role, starts_at__lte=now, ends_at__gt=now, cancelled_at=None
        )
        reach |= Q(pk__in=shifts.values("account_id"))
    accounts = StaffAccount.objects.filter(reach, status=AccountStatus.ACTIVE).exclude(person__in=barred)
    return list(accounts.select_related("person", "unit").order_by("person__name", "pk"))

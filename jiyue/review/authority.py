"""By what somebody may decide a step: an office held, a delegation, or duty."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jiyue.core import clock
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles, get_role_pairs, has_role
from jiyue.review.enums import Authority, StepStatus
from jiyue.review.models import DutyShift, ReviewDelegation, ReviewStep


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


def find_warrant(account: StaffAccount, step: ReviewStep) -> Warrant | None:
    """By what the account may decide the step now; None where nothing allows it.

    Args:
        account: Who wants to decide.
        step: The step, with its case and unit.

    Source: NT 15 (REV-01); GL 八(二)2 (REV-31: duty counts for urgent items only).
    """
    role = StaffRole(step.role)
    if has_role(account, role, unit_id=step.unit_id):
        return Warrant(Authority.ROLE)
    for delegation in list_running_delegations(account):
        if (delegation.unit_id, delegation.role) == (step.unit_id, step.role):
            return Warrant(Authority.DELEGATION, delegation.delegator)
    if step.case.is_urgent and is_on_duty(account, role, step.unit):
        return Warrant(Authority.DUTY)
    return None


def steps_in_reach(account: StaffAccount) -> Q:
    """Condition on steps: those the account may decide by office, delegation or duty now."""
    reach = Q(pk__in=[])
    pairs = set(get_role_pairs(account))
    pairs |= {(row.unit_id, row.role) for row in list_running_delegations(account)}
    by_role: dict[str, list[int]] = {}
    for unit_id, role in pairs:
        by_role.setdefault(role, []).append(unit_id)
    for role, unit_ids in by_role.items():
        reach |= Q(role=role, unit_id__in=unit_ids)
    for shift in list_running_shifts(account):
        reach |= Q(role=shift.role, case__is_urgent=True, unit__path__startswith=shift.unit.path)
    return reach & Q(status=StepStatus.OPEN)

"""Cases as lists and pages see them; visibility is decided here."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs
from jiyue.review.enums import StepStatus
from jiyue.review.models import CaseItem, ReviewCase, ReviewStep


def list_steps_waiting_for(account: StaffAccount) -> QuerySet[ReviewStep]:
    """Open steps that the account may decide today, oldest first."""
    mine = Q(pk__in=[])
    for unit_id, role in get_role_pairs(account):
        mine |= Q(case__unit_id=unit_id, role=role)
    return (
        ReviewStep.objects.filter(mine, status=StepStatus.OPEN)
        .exclude(case__authors__person_id=account.person_id)
        .exclude(case__actions__verb="approve", case__actions__person_id=account.person_id)
        .select_related("case__unit", "case__submitter__person")
        .order_by("opened_at")
    )


def list_visible_cases(account: StaffAccount) -> QuerySet[ReviewCase]:
    """Cases of the units in which the account holds any role today."""
    units = {unit_id for unit_id, _role in get_role_pairs(account)}
    return (
        ReviewCase.objects.filter(unit_id__in=units)
        .select_related("unit", "submitter__person")
        .order_by("-id")
    )


def get_history(subject_type: str, subject_key: object) -> list[ReviewCase]:
    """Every case a subject has been through, oldest first, with steps and actions."""
    ids = CaseItem.objects.filter(subject_type=subject_type, subject_key=str(subject_key)).values("case_id")
    return list(
        ReviewCase.objects.filter(pk__in=ids)
        .select_related("unit", "submitter__person")
        .prefetch_related("steps", "actions__person", "actions__step")
        .order_by("pk")
    )


@dataclass(frozen=True)
class LevelDuration:
    """How long one level had a case, (REV-32)."""

    level: int
    role: str
    duration: timedelta | None


def get_level_durations(case: ReviewCase) -> list[LevelDuration]:
    """Time each level took, in route order; None where it isn't decided."""
    return [
        LevelDuration(
            step.level,
            step.role,
            step.decided_at - step.opened_at if step.decided_at and step.opened_at else None,
        )
        for step in case.steps.all()
    ]

"""Cases as lists and pages see them; visibility is decided here."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs
from jiyue.review.authority import steps_in_reach
from jiyue.review.enums import ReviewVerb
from jiyue.review.models import CaseAuthor, CaseItem, ReviewAction, ReviewCase, ReviewStep


def list_steps_waiting_for(account: StaffAccount) -> QuerySet[ReviewStep]:
    """Open steps that the account may decide now, urgent ones first, then the oldest."""
    approved = ReviewAction.objects.filter(
        case=OuterRef("case"), round=OuterRef("round"), verb=ReviewVerb.APPROVE, person=account.person_id
    )
    written = CaseAuthor.objects.filter(case=OuterRef("case"), person=account.person_id)
    return (
        ReviewStep.objects.filter(steps_in_reach(account))
        .filter(~Exists(written), ~Exists(approved))
        .select_related("case__unit", "case__submitter__person", "unit")
        .order_by("-case__is_urgent", "opened_at", "pk")
    )


def list_visible_cases(account: StaffAccount) -> QuerySet[ReviewCase]:
    """Cases of the units in which the account holds any role today, and those that one of them decides on."""
    units = {unit_id for unit_id, _role in get_role_pairs(account)}
    decided = ReviewStep.objects.filter(case=OuterRef("pk"), unit_id__in=units)
    reached = ReviewStep.objects.filter(steps_in_reach(account), case=OuterRef("pk"))
    return (
        ReviewCase.objects.filter(Q(unit_id__in=units) | Exists(decided) | Exists(reached))
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

"""Cases as lists and pages see them; visibility is decided here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.organizations.enums import EDITING_ROLES
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs, in_subtrees
from jiyue.review.authority import read_shifts, steps_in_reach
from jiyue.review.enums import Authority, ReviewVerb, SecrecyResult
from jiyue.review.models import CaseItem, ReviewAction, ReviewCase, ReviewStep


def list_steps_waiting_for(account: StaffAccount) -> QuerySet[ReviewStep]:
    """Open steps that the account may decide now, urgent ones first, then the oldest."""
    return (
        ReviewStep.objects.filter(steps_in_reach(account))
        .select_related("case__unit", "case__submitter__person", "unit")
        .order_by("-case__is_urgent", "opened_at", "pk")
    )


def list_visible_cases(account: StaffAccount) -> QuerySet[ReviewCase]:
    """Cases of the units in which the account holds any role today, and those that came before it elsewhere.

    A reviewer of an office sees the case of another unit from the moment it
    reaches the office, as long as they hold the role; nobody else there does.
    Whoever decided in somebody's place, or on duty, may look at it again.

    Source: NB 2-3 (ORG-04): a unit sees its own data unless sharing is granted.
    """
    pairs = get_role_pairs(account)
    reached = Q(pk__in=[])
    by_role: dict[str, list[int]] = {}
    for unit_id, role in pairs:
        by_role.setdefault(role, []).append(unit_id)
    for role, unit_ids in by_role.items():
        reached |= Q(role=role, unit_id__in=unit_ids, opened_at__isnull=False)
    came = ReviewStep.objects.filter(reached, case=OuterRef("pk"))
    waiting = ReviewStep.objects.filter(steps_in_reach(account), case=OuterRef("pk"))
    stood_in = ReviewAction.objects.filter(case=OuterRef("pk"), person=account.person_id).exclude(
        authority=Authority.ROLE
    )
    covered = [shift.unit.path for shift in read_shifts(account) if shift.role in EDITING_ROLES]
    edited = Q(pk__in=[])  # a duty editor follows what goes through the urgent lane
    if covered:
        edited = in_subtrees(covered, field="unit__path") & Q(is_urgent=True)
    units = {unit_id for unit_id, _role in pairs}
    return (
        ReviewCase.objects.filter(
            Q(unit_id__in=units) | edited | Exists(came) | Exists(waiting) | Exists(stood_in)
        )
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
    """How long one level had a case in one round (REV-32)."""

    round: int
    level: int
    role: str
    duration: timedelta | None


def get_level_durations(case: ReviewCase) -> list[LevelDuration]:
    """Time each level took, round by round in route order; None where it wasn't reached or isn't decided."""
    return [
        LevelDuration(
            step.round,
            step.level,
            step.role,
            step.decided_at - step.opened_at if step.decided_at and step.opened_at else None,
        )
        for step in case.steps.all()
    ]


@dataclass(frozen=True)
class SecrecyReview:
    """One secrecy review as it stands in the record (REV-14)."""

    person_name: str
    result: SecrecyResult
    basis: str
    reviewed_at: datetime
    is_approved: bool  # with an approval; otherwise the item was returned with it
    round: int
    case_id: int


def list_secrecy_reviews(subject_type: str, subject_key: object) -> list[SecrecyReview]:
    """Every secrecy review of a subject, newest first: reviewer, result, basis, time.

    Source: GL 二(二)2; HT 一¶4; NB 15; CQ (三) (REV-14).
    """
    ids = CaseItem.objects.filter(subject_type=subject_type, subject_key=str(subject_key)).values("case_id")
    actions = ReviewAction.objects.filter(case__in=ids, record_json__has_key="secrecy")
    return [
        SecrecyReview(
            person_name=action.person.name,
            result=SecrecyResult(action.record_json["secrecy"]["result"]),
            basis=action.record_json["secrecy"]["basis"],
            reviewed_at=action.created_at,
            is_approved=action.verb == ReviewVerb.APPROVE,
            round=action.round,
            case_id=action.case_id,
        )
        for action in actions.select_related("person").order_by("-pk")
    ]

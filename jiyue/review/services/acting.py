"""The record of what people do in a case (REV-03)."""

from collections.abc import Mapping, Sequence
from typing import Any

from jiyue.core import audit, clock
from jiyue.organizations.models import StaffAccount
from jiyue.policy.selectors import Rules
from jiyue.review.authority import Warrant
from jiyue.review.enums import Authority, CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import CaseItem, ReviewAction, ReviewCase, ReviewStep
from jiyue.review.routing import Route, list_deciding_levels

FIRST_LEVEL = 2  # the submission itself is the first one
OFFICE_WARRANT = Warrant(Authority.ROLE)


def act(
    case: ReviewCase,
    verb: ReviewVerb,
    actor: StaffAccount,
    *,
    opinion: str,
    step: ReviewStep | None = None,
    warrant: Warrant = OFFICE_WARRANT,
    record: Mapping[str, Any] | None = None,
) -> None:
    """Write down one act, in the case and in the audit trail."""
    ReviewAction.objects.create(
        case=case,
        step=step,
        verb=verb,
        account=actor,
        person_id=actor.person_id,
        round=case.round,
        authority=warrant.authority,
        on_behalf_of=warrant.on_behalf_of,
        opinion=opinion,
        record_json=dict(record or {}),
        created_at=clock.now(),
    )
    audit.record(
        actor=actor.audit_actor(),
        verb=f"case.{verb}",
        subject_type="case",
        subject_id=case.pk,
        level=step.level if step else 1,
        round=case.round,
        authority=warrant.authority,
        on_behalf_of=warrant.on_behalf_of.pk if warrant.on_behalf_of else None,
        opinion=opinion,
        record=dict(record or {}),
        manifest_digest=case.manifest_digest,
        item_count=case.item_count,
    )


def take_case(case_id: int) -> tuple[ReviewCase, ReviewStep | None]:
    """Lock a case and read its open step.

    Whoever changes a case locks its row first, and the row of what it pins
    afterwards: so nobody waits for somebody who waits for them.
    """
    case = lock_case(pk=case_id)
    step = case.steps.select_related("unit").filter(status=StepStatus.OPEN).first()
    return case, step


def lock_case(**which: int) -> ReviewCase:
    """Lock one case, found by its own number or by that of one of its steps."""
    known = ("unit", "submitter__person", "submitter__unit")
    return ReviewCase.objects.select_for_update(of=("self",)).select_related(*known).get(**which)


def take_case_of(subject_type: str, subject_key: object) -> None:
    """Lock the open case of a subject, where there is one: before its room locks the subject itself."""
    item = CaseItem.objects.filter(subject_type=subject_type, subject_key=str(subject_key), is_open=True)
    case_id = item.values_list("case_id", flat=True).first()
    if case_id is not None:
        take_case(case_id)


def close(case: ReviewCase, status: CaseStatus) -> None:
    """End a case."""
    case.status, case.closed_at = status, clock.now()
    case.save(update_fields=["status", "closed_at"])


def lay_out_steps(case: ReviewCase, route: Route, rules: Rules) -> list[ReviewStep]:
    """Make the steps of the case's present round; the first one is open.

    Where no level of the route makes the secrecy review, the first one does.

    Raises:
        RouteUnusable: No unit holds an office of the route.
    """
    has_secrecy_level = any(level.secrecy for level in route.levels)  # nothing goes out unreviewed (REV-14)
    gates = list(rules.value("review.gates").items)
    steps = [
        ReviewStep(
            case=case,
            round=case.round,
            level=number,
            unit=decider,
            label=level.name,
            role=level.role,
            gates=gates if level.gates else [],
            needs_secrecy_review=level.secrecy or (not has_secrecy_level and number == FIRST_LEVEL),
        )
        for number, (level, decider) in enumerate(
            list_deciding_levels(route, case.unit, rules), start=FIRST_LEVEL
        )
    ]
    return _open_first(steps)


def repeat_steps(case: ReviewCase, earlier: Sequence[ReviewStep]) -> list[ReviewStep]:
    """Make the steps of a new round like those of an earlier one: route and offices stay as they were."""
    steps = [
        ReviewStep(
            case=case,
            round=case.round,
            level=step.level,
            unit=step.unit,
            label=step.label,
            role=step.role,
            gates=step.gates,
            needs_secrecy_review=step.needs_secrecy_review,
        )
        for step in earlier
    ]
    return _open_first(steps)


def _open_first(steps: list[ReviewStep]) -> list[ReviewStep]:
    steps[0].status, steps[0].opened_at = StepStatus.OPEN, clock.now()
    return ReviewStep.objects.bulk_create(steps)

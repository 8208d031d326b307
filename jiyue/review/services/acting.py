"""The record of what people do in a case (REV-03)."""

from collections.abc import Mapping, Sequence
from typing import Any

from jiyue.core import audit, clock
from jiyue.organizations.models import StaffAccount
from jiyue.review.authority import Warrant
from jiyue.review.enums import Authority, CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from jiyue.review.routing import Route, deciding_unit

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


def close(case: ReviewCase, status: CaseStatus) -> None:
    """End a case."""
    case.status, case.closed_at = status, clock.now()
    case.save(update_fields=["status", "closed_at"])


def lay_out_steps(case: ReviewCase, route: Route, gates: Sequence[str]) -> list[ReviewStep]:
    """Make the steps of the case's present round; the first one is open.

    Raises:
        RouteUnusable: No unit holds an office of the route.
    """
    steps = [
        ReviewStep(
            case=case,
            round=case.round,
            level=number,
            unit=deciding_unit(level, case.unit),
            label=level.name,
            role=level.role,
            gates=list(gates) if level.gates else [],
            needs_secrecy_review=level.secrecy,
        )
        for number, level in enumerate(route.levels, start=2)
    ]
    steps[0].status, steps[0].opened_at = StepStatus.OPEN, clock.now()
    return ReviewStep.objects.bulk_create(steps)

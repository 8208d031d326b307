"""Starting, moving and stopping clocks."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.obligations.enums import EventVerb, ObligationStatus
from jiyue.obligations.kinds import KINDS
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.reckoning import (
    Plan,
    compute_deadline,
    first_position,
    moment_at,
    plan_steps,
    remaining,
    replan,
    rules_for,
    working_of,
)
from jiyue.organizations.models import Organization
from jiyue.policy.work_calendar.selectors import get_calendar


class ObligationRefused(DomainError):
    """A clock can't be started, moved or stopped like this."""

    code = "obligation_refused"


@dataclass(frozen=True)
class Owed:
    """What is owed, by whom, about what.

    Attributes:
        kind: Registered kind of obligation.
        subject_type: What it is about, e.g. `personnel_change`.
        subject_key: Identifier of the subject; kind and subject have one open clock at most.
        title: What is to be done, in the words of the to-do list.
        unit: Who owes it.
        person_id: The person, where it is one person's.
        path: Page of the back office where it is done.
    """

    kind: str
    subject_type: str
    subject_key: str
    title: str
    unit: Organization
    person_id: int | None = None
    path: str = ""


@transaction.atomic
def open_obligation(
    *,
    owed: Owed,
    opened_at: datetime,
    actor: AuditActor,
    due_at: datetime | None = None,
    is_new_subject: bool = False,
) -> Obligation:
    """Start a clock; where the same one runs already, bring it up to date instead.

    Term, reminders and escalation are those of the unit's profile now; a later
    change of the profile doesn't touch them.

    Args:
        owed: What is owed by whom.
        opened_at: Moment of the start.
        actor: Who caused it.
        due_at: The due moment, where the kind leaves it to somebody; otherwise the term of the kind counts.
        is_new_subject: The subject comes up for the first time, so no clock of it can be running.

    Raises:
        ObligationRefused: The kind has no term and no moment was given.
        LookupError: The kind isn't registered.
        CalendarMissing: The date lies in a year without calendar.

    Source: PROF-05; GL 前言 (every time limit is a clock).
    """
    running = None if is_new_subject else _running(owed.kind, owed.subject_type, owed.subject_key)
    if running is not None:
        return _bring_up_to_date(running, owed, due_at, actor)
    rules, calendar = rules_for(owed.kind, owed.unit), get_calendar()
    obligation = Obligation(
        kind=owed.kind,
        unit=owed.unit,
        person_id=owed.person_id,
        subject_type=owed.subject_type,
        subject_key=owed.subject_key,
        title=storable(owed.title)[:300],
        path=owed.path[:300],
        clause=KINDS.get(owed.kind).clause,
        opened_at=opened_at,
    )
    if due_at is not None:
        obligation.due_at = due_at
    elif rules.term is not None:
        found = compute_deadline(opened_at, rules.term.term, calendar)
        obligation.due_at, obligation.is_provisional = found.due_at, found.is_provisional
        obligation.working = working_of(found)
        obligation.term_number, obligation.term_unit = rules.term.term.number, rules.term.term.unit
        obligation.policy_origin, obligation.policy_version = rules.term.origin, rules.term.version
        obligation.clause = rules.term.clause
    else:
        raise ObligationRefused(
            _("This task has no due date."), fix=_("Set the day it is due."), field="due_at"
        )
    obligation.plan = plan_steps(
        due_at=obligation.due_at, lead=rules.lead, escalation=rules.escalation, calendar=calendar
    )
    obligation.steps_taken = first_position(obligation.plan, opened_at)
    obligation.next_step_at = moment_at(obligation.plan, obligation.steps_taken)
    obligation.save()
    _write_down(obligation, EventVerb.OPENED, actor, new_due_at=obligation.due_at)
    return obligation


def _bring_up_to_date(
    running: Obligation, owed: Owed, due_at: datetime | None, actor: AuditActor
) -> Obligation:
    """Take over what was said anew about a clock that runs: title, page, owner, and a moment somebody set."""
    if (running.title, running.path) != (owed.title[:300], owed.path[:300]):
        running.title, running.path = storable(owed.title)[:300], owed.path[:300]
        running.save(update_fields=["title", "path"])
    if (running.unit_id, running.person_id) != (owed.unit.pk, owed.person_id):
        hand_over(obligation_id=running.pk, unit=owed.unit, person_id=owed.person_id, actor=actor)
    if due_at is not None and due_at != running.due_at:
        reschedule(obligation_id=running.pk, due_at=due_at, actor=actor)
    return Obligation.objects.get(pk=running.pk)


@transaction.atomic
def reschedule(*, obligation_id: int, due_at: datetime, actor: AuditActor) -> Obligation:
    """Set the due moment of a clock anew, where somebody set it; its steps start again.

    Raises:
        ObligationRefused: The clock has stopped, or its date follows from a rule.
    """
    obligation = _take(obligation_id)
    if obligation.term_number is not None:
        raise ObligationRefused(
            _("This date follows from a rule and can't be set by hand."),
            fix=_("Excuse it with a reason, or have it done in time."),
            field="due_at",
        )
    before = obligation.due_at
    plan: Plan = replan(obligation.plan, due_at=due_at, calendar=get_calendar(), is_next_round=True)
    obligation.due_at, obligation.plan = due_at, plan
    obligation.steps_taken = first_position(plan, clock.now())
    obligation.next_step_at = moment_at(plan, obligation.steps_taken)
    obligation.escalation_level = 0
    obligation.save()
    _write_down(obligation, EventVerb.RESCHEDULED, actor, old_due_at=before, new_due_at=due_at)
    return obligation


@transaction.atomic
def satisfy(
    *, kind: str, subject_type: str, subject_key: str, actor: AuditActor, at: datetime | None = None
) -> Obligation | None:
    """Stop a clock because what was owed is done; None where none runs.

    Args:
        kind: Kind of the clock.
        subject_type: What it is about.
        subject_key: Identifier of the subject.
        actor: Who did it.
        at: When it was done; now without one. Never before the start.

    Source: PROF-04; whether it was late, and by how much, is kept for the assessment (HT 附件).
    """
    obligation = _running(kind, subject_type, subject_key)
    if obligation is None:
        return None
    stop(obligation, ObligationStatus.SATISFIED, actor, at=at)
    return obligation


@transaction.atomic
def lapse(
    *, kind: str, subject_type: str, subject_key: str, reason: str, actor: AuditActor
) -> Obligation | None:
    """Stop a clock because its reason fell away; None where none runs."""
    obligation = _running(kind, subject_type, subject_key)
    if obligation is None:
        return None
    stop(obligation, ObligationStatus.LAPSED, actor, reason=reason)
    return obligation


@transaction.atomic
def hand_over(
    *, obligation_id: int, unit: Organization, person_id: int | None, actor: AuditActor, note: str = ""
) -> Obligation:
    """Give a running clock to another unit or person; its date stays.

    Raises:
        ObligationRefused: The clock has stopped.

    Source: HT 一¶3; NB 8 (open work follows the successor).
    """
    obligation = _take(obligation_id)
    before = f"{obligation.unit_id}/{obligation.person_id or ''}"
    obligation.unit, obligation.person_id = unit, person_id
    obligation.save(update_fields=["unit", "person"])
    _write_down(
        obligation,
        EventVerb.HANDED_OVER,
        actor,
        note=note,
        before=before,
        after=f"{unit.pk}/{person_id or ''}",
    )
    return obligation


def stop(
    obligation: Obligation,
    status: ObligationStatus,
    actor: AuditActor,
    *,
    at: datetime | None = None,
    reason: str = "",
) -> None:
    """Close a locked, open clock and write down whether it was late."""
    closed_at = max(
        at or clock.now(), obligation.opened_at
    )  # a clock set back doesn't end it before its start
    left = remaining(
        due_at=obligation.due_at, term_unit=obligation.term_unit, at=closed_at, calendar=get_calendar()
    )
    obligation.status, obligation.closed_at, obligation.is_late = status, closed_at, left.is_late
    if left.is_late:
        obligation.late_number, obligation.late_unit = left.length.number, left.length.unit
    obligation.reason = storable(reason).strip()
    obligation.next_step_at, obligation.needs_recomputing = None, False
    obligation.save()
    _write_down(obligation, EventVerb(status.value), actor, note=obligation.reason)


def _running(kind: str, subject_type: str, subject_key: str) -> Obligation | None:
    return (
        Obligation.objects.select_for_update()
        .filter(kind=kind, subject_type=subject_type, subject_key=subject_key, status=ObligationStatus.OPEN)
        .first()
    )


def _take(obligation_id: int) -> Obligation:
    obligation = Obligation.objects.select_for_update().get(pk=obligation_id)
    if not obligation.is_open:
        raise ObligationRefused(_("This task is closed already."), fix=_("Reload the page."))
    return obligation


def _write_down(
    obligation: Obligation,
    verb: EventVerb,
    actor: AuditActor,
    *,
    note: str = "",
    old_due_at: datetime | None = None,
    new_due_at: datetime | None = None,
    **facts: object,
) -> None:
    ObligationEvent.objects.create(
        obligation=obligation,
        verb=verb,
        occurred_at=clock.now(),
        person_id=actor.person_id,
        person_name=actor.person_name,
        note=note,
        old_due_at=old_due_at,
        new_due_at=new_due_at,
    )
    audit.record(
        actor=actor,
        verb=f"obligation.{verb.value}",
        subject_type="obligation",
        subject_id=obligation.pk,
        kind=obligation.kind,
        title=obligation.title,
        unit=obligation.unit_id,
        due_at=obligation.due_at.isoformat(),
        reason=note,
        **facts,
    )

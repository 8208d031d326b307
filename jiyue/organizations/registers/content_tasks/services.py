"""Assigning, accepting, delivering: who may do what with a task, and when.

Source: CQ (十九); CQ (三); NT 7 (ORG-20).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.files import store_file
from jiyue.core.text import storable
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import get_holdings
from jiyue.organizations.registers.base import LONG
from jiyue.organizations.registers.content_tasks.bookkeeping import (
    TaskRefused,
    clean_note,
    refuse_due,
    refuse_link,
    start_clock,
    stop_clock,
    write_down,
)
from jiyue.organizations.registers.content_tasks.models import (
    ContentTask,
    TaskKind,
    TaskStatus,
    TaskVerb,
)
from jiyue.organizations.registers.content_tasks.sides import is_office_of, is_supplier_of, offices_of
from jiyue.organizations.registers.kinds.meetings import CoordinationMeeting

FILE_PURPOSE = "content_task"

__all__ = [
    "Assignment",
    "Delivery",
    "TaskRefused",
    "accept_task",
    "ask_for_date",
    "assign_tasks",
    "decide_on_date",
    "deliver_task",
    "hand_back_delivery",
    "task_refusal",
    "withdraw_task",
]


@dataclass(frozen=True)
class Assignment:
    """What the office asks for.

    Attributes:
        due_at: Moment by which it must be delivered.
        meeting: Meeting that decided it.
    """

    kind: TaskKind
    topic: str
    due_at: datetime
    details: str = ""
    meeting: CoordinationMeeting | None = None


@dataclass(frozen=True)
class Delivery:
    """What the unit delivers: a note, an address, a file, or several of them."""

    note: str = ""
    link: str = ""
    data: bytes | None = None
    original_name: str = ""


@dataclass(frozen=True)
class _Step:
    """One act: from which states, on whose side, to which state."""

    from_statuses: frozenset[TaskStatus]
    is_office: bool
    to_status: TaskStatus | None
    wrong_state: Promise


_OPEN = frozenset({TaskStatus.ASSIGNED, TaskStatus.ACCEPTED})
_CLOSED = _("The task is delivered or withdrawn.")
_STEPS: dict[TaskVerb, _Step] = {
    TaskVerb.ACCEPT: _Step(
        frozenset({TaskStatus.ASSIGNED}), False, TaskStatus.ACCEPTED, _("The task was accepted already.")
    ),
    TaskVerb.DELIVER: _Step(
        frozenset({TaskStatus.ACCEPTED}),
        False,
        TaskStatus.DELIVERED,
        _("The task isn't accepted, or was delivered already."),
    ),
    TaskVerb.ASK_DATE: _Step(_OPEN, False, None, _CLOSED),
    TaskVerb.GRANT_DATE: _Step(_OPEN, True, None, _CLOSED),
    TaskVerb.REFUSE_DATE: _Step(_OPEN, True, None, _CLOSED),
    TaskVerb.HAND_BACK: _Step(
        frozenset({TaskStatus.DELIVERED}), True, TaskStatus.ACCEPTED, _("Nothing was delivered.")
    ),
    TaskVerb.WITHDRAW: _Step(_OPEN, True, TaskStatus.WITHDRAWN, _CLOSED),
}


def task_refusal(task: ContentTask, verb: TaskVerb, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not do `verb` with `task` now, or None. Feeds the buttons, services and tests."""
    step, holdings = _STEPS[verb], get_holdings(actor)
    is_theirs = is_office_of(task, holdings) if step.is_office else is_supplier_of(task, holdings)
    if not is_theirs:
        who = _("the coordinating office") if step.is_office else _("the unit that was asked")
        return TaskRefused(
            _("Only %(who)s can do this.") % {"who": who}, fix=_("Ask somebody there to do it.")
        )
    if task.status not in step.from_statuses:
        return TaskRefused(step.wrong_state, fix=_("Reload the page to see where it stands."))
    is_decision = verb in (TaskVerb.GRANT_DATE, TaskVerb.REFUSE_DATE)
    if is_decision and task.wanted_due_at is None:
        return TaskRefused(_("Nobody asked for another date."), fix=_("Reload the page."))
    return None


@transaction.atomic
def assign_tasks(
    *, office: Organization, unit_ids: Collection[int], assignment: Assignment, actor: AuditActor
) -> list[ContentTask]:
    """Give the same task to one or several units of the office's subtree; each owes it for itself.

    Args:
        office: The unit whose coordinator, or administrator, assigns.
        unit_ids: Who is asked.
        assignment: What is asked for.
        actor: Who assigns.

    Raises:
        TaskRefused: Not the actor's office, no such unit below it, no topic, or a date that can't be kept.

    Source: CQ (十九); CQ (三); NT 7 (ORG-20).
    """
    if office.pk not in {unit.pk for unit in offices_of(get_holdings(actor))} and actor.account_id:
        raise TaskRefused(
            _("You can't assign tasks for this office."), fix=_("Ask its coordinator."), field="office"
        )
    units = list(
        Organization.objects.filter(
            pk__in=unit_ids, path__startswith=office.path, status=UnitStatus.ACTIVE
        ).order_by("path")
    )
    if not units or len(units) != len(set(unit_ids)):
        raise TaskRefused(
            _("Tasks can be given to living units below the office only."),
            fix=_("Choose one or more of the list."),
            field="units",
        )
    _refuse_assignment(assignment, office)
    return [_assign(office, unit, assignment, actor) for unit in units]


def _refuse_assignment(assignment: Assignment, office: Organization) -> None:
    topic, details = storable(assignment.topic).strip(), storable(assignment.details)
    if not 0 < len(topic) <= 200 or len(details) > LONG:
        raise TaskRefused(
            _("The topic is missing or the text is too long."),
            fix=_("Write a topic of at most 200 characters."),
            field="topic",
        )
    refuse_due(assignment.due_at, "due_at")
    meeting = assignment.meeting
    if meeting is not None and (meeting.unit_id != office.pk or meeting.struck_at is not None):
        raise TaskRefused(
            _("The office held no such meeting."), fix=_("Choose one of the list."), field="meeting"
        )


def _assign(
    office: Organization, unit: Organization, assignment: Assignment, actor: AuditActor
) -> ContentTask:
    task = ContentTask.objects.create(
        office=office,
        unit=unit,
        kind=assignment.kind,
        topic=storable(assignment.topic).strip(),
        details=storable(assignment.details).strip(),
        meeting=assignment.meeting,
        due_at=assignment.due_at,
        assigned_at=clock.now(),
    )
    write_down(task, TaskVerb.ASSIGN, actor, due_at=task.due_at)
    start_clock(task, actor)
    return task


@transaction.atomic
def accept_task(*, task_id: int, actor: AuditActor, note: str = "") -> ContentTask:
    """Accept a task; from now on the unit works on it.

    Raises:
        TaskRefused: Another unit's, accepted already, withdrawn.
    """
    task = _take(task_id, TaskVerb.ACCEPT, actor)
    task.status, task.accepted_at = TaskStatus.ACCEPTED, clock.now()
    task.save()
    write_down(task, TaskVerb.ACCEPT, actor, note=clean_note(note, is_needed=False))
    return task


@transaction.atomic
def ask_for_date(*, task_id: int, wanted_due_at: datetime, note: str, actor: AuditActor) -> ContentTask:
    """Ask the office for another date; the clock runs on until it agrees.

    Raises:
        TaskRefused: Another unit's, delivered or withdrawn, no reason, or a date that can't be.
    """
    task = _take(task_id, TaskVerb.ASK_DATE, actor)
    note = clean_note(note, is_needed=True)
    refuse_due(wanted_due_at, "wanted_due_at")
    task.wanted_due_at = wanted_due_at
    task.save(update_fields=["wanted_due_at"])
    write_down(task, TaskVerb.ASK_DATE, actor, note=note, due_at=wanted_due_at)
    return task


@transaction.atomic
def decide_on_date(*, task_id: int, is_granted: bool, actor: AuditActor, note: str = "") -> ContentTask:
    """Agree to the date that the unit asked for, or keep the old one with a reason.

    Raises:
        TaskRefused: Another office's, nothing asked for, or no reason for keeping the date.
    """
    verb = TaskVerb.GRANT_DATE if is_granted else TaskVerb.REFUSE_DATE
    task = _take(task_id, verb, actor)
    note = clean_note(note, is_needed=not is_granted)
    if is_granted and task.wanted_due_at is not None:
        refuse_due(task.wanted_due_at, "note")
        task.due_at = task.wanted_due_at
    task.wanted_due_at = None
    task.save(update_fields=["due_at", "wanted_due_at"])
    write_down(task, verb, actor, note=note, due_at=task.due_at)
    if is_granted:
        start_clock(task, actor)
    return task


@transaction.atomic
def deliver_task(*, task_id: int, delivery: Delivery, actor: AuditActor) -> ContentTask:
    """Deliver what was asked for; the clock stops.

    Raises:
        TaskRefused: Another unit's, not accepted, delivered already, or nothing in it.
        FileRefused: The file isn't what the platform takes.
    """
    task = _take(task_id, TaskVerb.DELIVER, actor)
    note, link = clean_note(delivery.note, is_needed=False), storable(delivery.link).strip()
    if not note and not link and delivery.data is None:
        raise TaskRefused(
            _("There is nothing in this delivery."),
            fix=_("Write a note, give an address or add a file."),
            field="note",
        )
    refuse_link(link)
    file = None
    if delivery.data is not None:
        file = store_file(
            data=delivery.data,
            original_name=delivery.original_name,
            purpose=FILE_PURPOSE,
            unit_id=task.unit_id,
            actor=actor,
        )
    task.status, task.delivered_at, task.wanted_due_at = TaskStatus.DELIVERED, clock.now(), None
    task.save()
    write_down(task, TaskVerb.DELIVER, actor, note=note, link=link, file=file)
    stop_clock(task, actor)
    return task


@transaction.atomic
def hand_back_delivery(*, task_id: int, due_at: datetime, note: str, actor: AuditActor) -> ContentTask:
    """Hand a delivery back with a reason and a new date; the clock starts again.

    Raises:
        TaskRefused: Another office's, nothing delivered, no reason, or a date that can't be.
    """
    task = _take(task_id, TaskVerb.HAND_BACK, actor)
    note = clean_note(note, is_needed=True)
    refuse_due(due_at, "due_at")
    task.status, task.delivered_at, task.due_at = TaskStatus.ACCEPTED, None, due_at
    task.save()
    write_down(task, TaskVerb.HAND_BACK, actor, note=note, due_at=due_at)
    start_clock(task, actor)
    return task


@transaction.atomic
def withdraw_task(*, task_id: int, note: str, actor: AuditActor) -> ContentTask:
    """Take a task back; nobody owes it any longer.

    Raises:
        TaskRefused: Another office's, delivered or withdrawn already, or no reason.
    """
    task = _take(task_id, TaskVerb.WITHDRAW, actor)
    note = clean_note(note, is_needed=True)
    task.status, task.wanted_due_at = TaskStatus.WITHDRAWN, None
    task.save()
    write_down(task, TaskVerb.WITHDRAW, actor, note=note)
    stop_clock(task, actor, reason=note)
    return task


def _take(task_id: int, verb: TaskVerb, actor: AuditActor) -> ContentTask:
    task = ContentTask.objects.select_for_update().get(pk=task_id)
    refusal = task_refusal(task, verb, actor)
    if refusal:
        raise refusal
    return task

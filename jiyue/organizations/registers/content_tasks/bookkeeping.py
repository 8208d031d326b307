"""What every step with a task has in common: clean texts, possible dates, the record, the clock."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.organizations.registers.base import LONG
from jiyue.organizations.registers.content_tasks.models import ContentTask, ContentTaskEvent, TaskVerb

SUBJECT = "content_task"
CLOCK_KIND = "content_task.delivery"
LATEST_DUE = timedelta(days=5 * 366)  # further off, a date is a slip of the pen
_is_web_address = URLValidator(schemes=["http", "https"])


class TaskRefused(DomainError):
    """Something that can't be done with a task as it stands, or not by this person."""

    code = "task_refused"


def refuse_due(due_at: datetime, field: str) -> None:
    """Refuse a moment that lies in the past or years ahead."""
    now = clock.now()
    if not now < due_at <= now + LATEST_DUE:
        raise TaskRefused(
            _("The date lies in the past or years ahead."), fix=_("Set a later moment."), field=field
        )


def clean_note(text: str, *, is_needed: bool) -> str:
    """Return the text as stored; refuse one that is missing or too long."""
    text = storable(text).strip()
    if is_needed and not text:
        raise TaskRefused(_("A reason is missing."), fix=_("Write why."), field="note")
    if len(text) > LONG:
        raise TaskRefused(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": LONG},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field="note",
        )
    return text


def refuse_link(link: str) -> None:
    """Refuse what is no web address."""
    try:
        if link:
            _is_web_address(link)
    except ValidationError:
        link = "x" * 501
    if len(link) > 500:
        raise TaskRefused(
            _("This is no web address."), fix=_("Copy the whole address, with https://."), field="link"
        )


def write_down(
    task: ContentTask,
    verb: TaskVerb,
    actor: AuditActor,
    *,
    note: str = "",
    link: str = "",
    file: PrivateFile | None = None,
    due_at: datetime | None = None,
) -> None:
    """Record one act with a task, on the task and in the trail."""
    ContentTaskEvent.objects.create(
        task=task,
        verb=verb,
        person_name=actor.person_name,
        unit_name=actor.unit_name,
        note=note,
        link=link,
        file=file,
        due_at=due_at,
        happened_at=clock.now(),
    )
    audit.record(
        actor=actor,
        verb="content_task.handled",
        subject_type=SUBJECT,
        subject_id=task.pk,
        act=str(verb),
        title=task.topic,
        unit=task.unit_id,
        status=str(task.status),
        reason=note,
        due_at=due_at.isoformat() if due_at else None,
    )


def start_clock(task: ContentTask, actor: AuditActor) -> None:
    """Start the clock of the delivery, or set its date anew."""
    CLOCK_STARTED.announce(
        ClockStarted(
            kind=CLOCK_KIND,
            subject_type=SUBJECT,
            subject_key=str(task.pk),
            title=task.topic,
            unit_id=task.unit_id,
            opened_at=clock.now(),
            due_at=task.due_at,
            path=f"/content-tasks/{task.pk}/",
            actor=actor,
        )
    )


def stop_clock(task: ContentTask, actor: AuditActor, reason: str = "") -> None:
    """Stop the clock: delivered, or with a reason no longer owed."""
    CLOCK_STOPPED.announce(
        ClockStopped(
            kind=CLOCK_KIND,
            subject_type=SUBJECT,
            subject_key=str(task.pk),
            actor=actor,
            is_satisfied=not reason,
            reason=reason,
        )
    )

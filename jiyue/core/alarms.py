"""Alarms: what isn't as it should be, told once, counted after that, and kept with what was done about it.

A room registers its kinds in `KINDS` and raises; rooms above listen to `RAISED`
and tell people. GL 七(二)1 (SEC-14).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import Alarm, AlarmState
from jiyue.core.registries import Announcement, Registry

SUBJECT_MAX_CHARS = 400  # column width


@dataclass(frozen=True)
class AlarmKind:
    """One sort of alarm.

    Attributes:
        label: What people read.
        advice: What to do.
        is_grave: Whether somebody has to be told at once.
    """

    label: Promise
    advice: Promise
    is_grave: bool = True


KINDS: Registry[AlarmKind] = Registry("alarm kinds")
RAISED: Announcement[Alarm] = Announcement("alarm raised")


class AlarmEnded(DomainError):
    """The alarm was handled, or its cause went away, meanwhile."""


@transaction.atomic
def raise_alarm(
    kind: str, subject: str, *, site_key: str = "", details: Mapping[str, Any] | None = None
) -> Alarm:
    """Raise an alarm; one that is open already for the same thing counts up instead and tells nobody again.

    Args:
        kind: A name in `KINDS`.
        subject: What it is about; cut to `SUBJECT_MAX_CHARS`.
        site_key: The site it concerns, if one.
        details: JSON values that help whoever looks into it.
    """
    KINDS.get(kind)
    now, subject = clock.now(), subject[:SUBJECT_MAX_CHARS]
    again = Alarm.objects.filter(kind=kind, subject=subject, state=AlarmState.OPEN)
    values = {"seen_at": now, "details": dict(details or {})}
    if again.update(times=F("times") + 1, **values):
        return again.get()
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(
                kind=kind, subject=subject, site_key=site_key, raised_at=now, **values
            )
    except IntegrityError:  # alarm_open_once: somebody raised it at the same moment
        again.update(times=F("times") + 1, **values)
        return again.get()
    audit.record(
        actor=audit.PLATFORM,
        verb="alarm.raised",
        subject_type="alarm",
        subject_id=alarm.pk,
        kind=kind,
        subject=subject,
        details=values["details"],
    )
    RAISED.announce(alarm)
    return alarm


@transaction.atomic
def end_alarm(kind: str, subject: str, *, how: str) -> bool:
    """Note that the cause of an alarm is gone; return whether there was an open one.

    Args:
        kind: Its kind.
        subject: What it was about.
        how: A short English sentence for the record, e.g. "restored from the edition".
    """
    row = Alarm.objects.filter(kind=kind, subject=subject[:SUBJECT_MAX_CHARS], state=AlarmState.OPEN).first()
    if row is None:
        return False
    _close(row, AlarmState.OVER, audit.PLATFORM, how)
    return True


@transaction.atomic
def handle_alarm(*, alarm_id: int, handling: str, actor: AuditActor) -> Alarm:
    """Record what a person found and did about an alarm.

    Raises:
        DomainError: Nothing was written.
        AlarmEnded: It isn't open any more.
    """
    if not handling.strip():
        raise DomainError(
            _("What was done about the alarm is missing."),
            fix=_("Write what you found and what you did."),
            field="handling",
        )
    alarm = Alarm.objects.select_for_update().get(pk=alarm_id)
    if alarm.state != AlarmState.OPEN:
        raise AlarmEnded(_("This alarm isn't open any more."), fix=_("Load the page again."))
    _close(alarm, AlarmState.HANDLED, actor, handling.strip())
    return alarm


def _close(alarm: Alarm, state: AlarmState, actor: AuditActor, handling: str) -> None:
    alarm.state, alarm.ended_at, alarm.handling = state, clock.now(), handling
    alarm.handled_by_person_id = actor.person_id
    alarm.save(update_fields=["state", "ended_at", "handling", "handled_by_person_id"])
    audit.record(
        actor=actor, verb=f"alarm.{state}", subject_type="alarm", subject_id=alarm.pk, handling=handling
    )

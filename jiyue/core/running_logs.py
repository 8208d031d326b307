"""Keeping the running logs: a closed day is recorded, compared later, and deleted only past its time.

Source: GL 七(二)1 (SEC-17: at least six months; deletion before that is impossible). The files
themselves are an administrator's; what can't be prevented is found, because the digests lie in the trail.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.core.schedule import JOBS, Job

CLOSED, PRUNED, SUBJECT = "log.closed", "log.pruned", "running_log"
CLOSING_TIME = time(0, 10)  # the last lines of the day are written by then
_NAME = re.compile(r"^[a-z]+-(\d{4}-\d{2}-\d{2})\.jsonl$")


class DeletionTooEarly(DomainError):
    """A running log is younger than the time it has to be kept."""

    code = "deletion_too_early"


@dataclass(frozen=True)
class LogBreach:
    """One file that isn't what the trail says."""

    name: str
    reason: str  # missing, changed, unrecorded


def _folder() -> Path:
    return Path(settings.JIYUE_LOG_DIR)


def _day_of(name: str) -> date | None:
    found = _NAME.match(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:  # no such day: not one of ours
        return None


def _closed_files(before: date) -> list[Path]:
    """Files of days before `before`, oldest first."""
    if not _folder().is_dir():
        return []
    days = {path: _day_of(path.name) for path in _folder().iterdir()}
    return sorted((path for path, day in days.items() if day and day < before), key=lambda path: path.name)


def _recorded() -> dict[str, str]:
    """File name → SM3 for every closed file that wasn't deleted in time."""
    entries = AuditEntry.objects.filter(subject_type=SUBJECT, verb__in=(CLOSED, PRUNED)).order_by("pk")
    digests: dict[str, str] = {}
    for verb, name, body in entries.values_list("verb", "subject_id", "text__body"):
        if verb == PRUNED:
            digests.pop(name, None)
        else:
            digests.setdefault(name, json.loads(body)["facts"]["sm3"])  # the first record counts
    return digests


def close_days() -> Iterator[str]:
    """Record every file of an earlier day in the trail; yields one name at a time (a job of the schedule)."""
    recorded = _recorded()
    for path in _closed_files(clock.today()):
        if path.name not in recorded:
            audit.record(
                actor=audit.PLATFORM,
                verb=CLOSED,
                subject_type=SUBJECT,
                subject_id=path.name,
                sm3=crypto.sm3_file_hex(path),
                size_bytes=path.stat().st_size,
            )
            yield path.name


def verify_logs() -> list[LogBreach]:
    """Compare the closed files with the trail.

    Returns:
        Files that are missing, were changed, or were never recorded.
    """
    recorded = _recorded()
    present = {path.name: path for path in _closed_files(clock.today())}
    breaches = [LogBreach(name, "missing") for name in recorded if name not in present]
    for name, path in present.items():
        if name not in recorded:
            breaches.append(LogBreach(name, "unrecorded"))
        elif crypto.sm3_file_hex(path) != recorded[name]:
            breaches.append(LogBreach(name, "changed"))
    return sorted(breaches, key=lambda breach: breach.name)


def prune_logs(*, before: date, keep_from: date, actor: AuditActor) -> list[str]:
    """Delete the files of days before `before`; each deletion is an entry of the trail.

    Args:
        before: First day whose files stay.
        keep_from: First day that has to be kept under the policy (`security.log_retention`).
        actor: Who deletes.

    Returns:
        Names of the deleted files.

    Raises:
        DeletionTooEarly: `before` lies after `keep_from`; nothing is deleted.

    Source: GL 七(二)1 (SEC-17).
    """
    if before > keep_from:
        raise DeletionTooEarly(
            _("Running logs from %(day)s on have to be kept.") % {"day": keep_from.isoformat()},
            fix=_("Choose an earlier day."),
            field="before",
        )
    recorded, deleted = _recorded(), []
    for path in _closed_files(before):
        audit.record(
            actor=actor,
            verb=PRUNED,
            subject_type=SUBJECT,
            subject_id=path.name,
            sm3=recorded.get(path.name, ""),
        )
        path.unlink()
        deleted.append(path.name)
    return deleted


def register() -> None:
    """Enter the daily closing into the schedule."""
    JOBS.register("core.running_logs", Job(steps=close_days, at=CLOSING_TIME))

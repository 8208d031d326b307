"""Backups and restore tests with their records, and the handling of alarms."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import alarms, audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import Alarm
from jiyue.operations.alarm_kinds import (
    BACKUP_FAILED,
    BACKUP_OVERDUE,
    RESTORE_TEST_FAILED,
    RESTORE_TEST_OVERDUE,
)
from jiyue.operations.backup import databases
from jiyue.operations.backup.keys import open_keys
from jiyue.operations.backup.making import BackupMade, BackupPlan, Progress, back_up
from jiyue.operations.backup.places import live_place
from jiyue.operations.backup.refusals import BackupDamaged
from jiyue.operations.backup.restoring import (
    Source,
    bring_up_to_date,
    check_contents,
    open_backup,
    restore,
    restore_blockers,
)
from jiyue.operations.backup.scratch import scratch_place
from jiyue.operations.models import BackupRun, RestoreTest, RunResult, WorkerHeartbeat
from jiyue.operations.selectors import answers_for_alarm
from jiyue.organizations.models import StaffAccount

PLATFORM_SUBJECT = "platform"
MAX_ERROR_CHARS = 2_000


def make_backup(plan: BackupPlan, *, actor: AuditActor, made: BackupMade | None = None) -> Iterator[Progress]:
    """Make a backup and record how it ended; an alarm is raised when it failed.

    A refusal (folders that don't fit, no key) is recorded like a failure: the
    daily run has nobody who would read it otherwise.

    Raises:
        BackupRefused, BackupFailed.

    Source: GL 七(三)3 (SEC-22).
    """
    made = made or BackupMade()
    started_at = clock.now()
    try:
        yield from back_up(plan, made)
    except Exception as failure:  # recorded and raised again
        _record_run(plan, made, started_at, actor=actor, error=_words(failure))
        raise
    _record_run(plan, made, started_at, actor=actor)


@transaction.atomic
def _record_run(
    plan: BackupPlan, made: BackupMade, started_at: datetime, *, actor: AuditActor, error: str = ""
) -> BackupRun:
    run = BackupRun.objects.create(
        name=made.name,
        target=str(plan.target)[:400],
        result=RunResult.FAILED if error else RunResult.GOOD,
        started_at=started_at,
        finished_at=max(clock.now(), started_at),
        files=made.files,
        total_bytes=made.total_bytes,
        new_bytes=made.new_bytes,
        digest=made.digest,
        has_keys=plan.keys_to is not None and not error,
        error=error[:MAX_ERROR_CHARS],
    )
    audit.record(
        actor=actor,
        verb="backup.failed" if error else "backup.made",
        subject_type="backup",
        subject_id=made.name,
        digest=made.digest,
        files=made.files,
        size_bytes=made.total_bytes,
        removed=made.removed,
        error=error[:200],
    )
    if error:
        alarms.raise_alarm(BACKUP_FAILED, PLATFORM_SUBJECT, details={"error": error[:500]})
    else:
        for kind in (BACKUP_FAILED, BACKUP_OVERDUE):
            alarms.end_alarm(kind, PLATFORM_SUBJECT, how=f"backup {made.name} is complete")
    return run


def check_backup(folder: Path, *, keys_from: Path, passphrase: str) -> Source:
    """Open the keys and check the list of a backup.

    Raises:
        BackupDamaged, RestoreRefused.
    """
    return open_backup(folder, open_keys(keys_from, passphrase))


def verify_backup(
    folder: Path, *, keys_from: Path, passphrase: str, actor: AuditActor, scratch: Path | None = None
) -> Iterator[Progress]:
    """Restore a backup into a scratch place, compare it with its list, and record the test.

    Args:
        folder: A backup, or the folder of backups: then the newest.
        keys_from: Folder of the keys.
        passphrase: Opens them.
        actor: Who tests.
        scratch: Folder for the trial, on a disk with room for everything; the data folder's by default.

    Raises:
        BackupDamaged, BackupFailed, RestoreRefused: The test failed; that is recorded as well.

    Source: GL 七(三)3 (SEC-22: restore tests).
    """
    source = check_backup(folder, keys_from=keys_from, passphrase=passphrase)
    started, error = time.monotonic(), ""
    try:
        with _trial_folder(scratch) as trial, scratch_place(trial) as place:
            yield from restore(source, place)
            _compare(source, place.databases)
    except Exception as failure:  # recorded and raised again
        error = _words(failure)
        raise
    finally:
        _record_test(source, started, actor=actor, error=error)


@contextmanager
def _trial_folder(parent: Path | None) -> Iterator[Path]:
    parent = parent or live_place().scratch
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="restore-test-", dir=parent))
    try:
        yield folder
    finally:
        rmtree(folder)


def _compare(source: Source, restored: Mapping[str, databases.Description]) -> None:
    for stored in source.listing.databases:
        found = databases.count_rows(restored[stored.alias])
        for table in sorted(stored.counts.keys() | found.keys()):
            if stored.counts.get(table) != found.get(table):
                raise BackupDamaged(
                    _("Table %(table)s has %(found)s rows after the restore, not %(wanted)s.")
                    % {"table": table, "found": found.get(table), "wanted": stored.counts.get(table)},
                    fix=_("Take another backup and test it."),
                )


@transaction.atomic
def _record_test(source: Source, started: float, *, actor: AuditActor, error: str) -> None:
    counts = [number for stored in source.listing.databases for number in stored.counts.values()]
    RestoreTest.objects.create(
        backup_name=source.listing.name,
        backup_digest=source.digest,
        backup_made_at=source.listing.moment,
        result=RunResult.FAILED if error else RunResult.GOOD,
        tested_at=clock.now(),
        duration_ms=round((time.monotonic() - started) * 1000),
        tables=len(counts),
        rows=sum(counts),
        files=source.listing.files,
        error=error[:MAX_ERROR_CHARS],
    )
    audit.record(
        actor=actor,
        verb="backup.test_failed" if error else "backup.tested",
        subject_type="backup",
        subject_id=source.listing.name,
        digest=source.digest,
        error=error[:200],
    )
    if error:
        details = {"error": error[:500], "backup": source.listing.name}
        alarms.raise_alarm(RESTORE_TEST_FAILED, PLATFORM_SUBJECT, details=details)
    else:
        for kind in (RESTORE_TEST_FAILED, RESTORE_TEST_OVERDUE):
            alarms.end_alarm(kind, PLATFORM_SUBJECT, how=f"backup {source.listing.name} was restored")


def restore_backup(source: Source, *, actor: AuditActor) -> Iterator[Progress]:
    """Verify a backup to its last byte, restore it into this empty installation, bring it up to date.

    Everybody has to sign in anew afterwards.

    Raises:
        RestoreRefused: This installation isn't empty, or its code is older; nothing was written.
        BackupDamaged: A piece isn't what was backed up; nothing was written.

    Source: GL 七(三)3 (SEC-22).
    """
    place = live_place()
    for refusal in restore_blockers(source, place):
        raise refusal
    yield from check_contents(source)
    yield from restore(source, place)
    yield Progress("migrations", source.listing.files)
    was_older = bring_up_to_date(source)
    _note_restore(source, was_older=was_older, actor=actor)


@transaction.atomic
def _note_restore(source: Source, *, was_older: bool, actor: AuditActor) -> None:
    from django.contrib.sessions.models import Session  # noqa: PLC0415  # the public process has none

    Session.objects.all().delete()
    WorkerHeartbeat.objects.all().delete()
    audit.record(
        actor=actor,
        verb="backup.restored",
        subject_type="backup",
        subject_id=source.listing.name,
        digest=source.digest,
        made_at=source.listing.made_at,
        migrated=was_older,
    )


def handle_alarm(*, alarm: Alarm, handling: str, account: StaffAccount, actor: AuditActor) -> Alarm:
    """Record what a platform manager found and did about an alarm.

    Raises:
        PermissionDenied: Not the person's to handle.
        AlarmEnded: It isn't open any more.
        DomainError: Nothing was written.

    Source: GL 七(二)1 (SEC-14: anomalies alarm and are handled).
    """
    if not answers_for_alarm(alarm, account):
        raise PermissionDenied
    return alarms.handle_alarm(alarm_id=alarm.pk, handling=handling, actor=actor)


def _words(failure: Exception) -> str:
    if isinstance(failure, DomainError):
        return f"{failure.message} {failure.fix}".strip()
    return f"{type(failure).__name__}: {failure}"

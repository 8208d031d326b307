"""The watch over machine, data and jobs: what leaves its bounds raises an alarm, what returns ends it.

Source: GL 七(二)1 (SEC-14: real-time monitoring of hardware, software, application and data state).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min

from jiyue.core import alarms, clock
from jiyue.core.models import Alarm, AlarmState, InboxSubmission, ScheduledJob
from jiyue.core.schedule import JOBS, Job
from jiyue.operations import alarm_kinds as kinds
from jiyue.operations import machine
from jiyue.operations.heartbeats import watch_workers
from jiyue.operations.selectors import is_backup_overdue, is_restore_test_overdue
from jiyue.operations.services import PLATFORM_SUBJECT
from jiyue.publishing.work.selectors import queue_depth

EVERY_SECONDS = 30
STUCK_SECONDS = 300  # an urgent publication takes a second
_GIGABYTE = 1024**3
Reading = dict[str, dict[str, Any]]  # subject → details of what is out of bounds


def watch() -> Iterator[str]:
    """Look at everything once; yields the kind looked at."""
    watch_workers()
    yield kinds.WORKER_SILENT
    for kind, read in _READINGS.items():
        settle(kind, read())
        yield kind


def settle(kind: str, found: Reading) -> None:
    """Raise alarms for what is out of bounds, and end those of what isn't any more."""
    was_open = set(Alarm.objects.filter(kind=kind, state=AlarmState.OPEN).values_list("subject", flat=True))
    for subject, details in found.items():
        alarms.raise_alarm(kind, subject, details=details)
    for subject in was_open - {subject[: alarms.SUBJECT_MAX_CHARS] for subject in found}:
        alarms.end_alarm(kind, subject, how="within its bounds again")


def _disks() -> Reading:
    return {
        disk.path: {"free_percent": round(disk.free_percent, 1), "folders": list(disk.folders)}
        for disk in machine.read_disks()
        if disk.free_percent < settings.JIYUE_MIN_FREE_DISK_PERCENT
    }


def _memory() -> Reading:
    free = machine.read_free_memory_percent()
    is_low = free is not None and free < settings.JIYUE_MIN_FREE_MEMORY_PERCENT
    return _platform({"free_percent": round(free or 0, 1)}, is_wrong=is_low)


def _load() -> Reading:
    load = machine.read_load_percent()
    return _platform({"load_percent": round(load)}, is_wrong=load > settings.JIYUE_MAX_LOAD_PERCENT)


def _clock() -> Reading:
    skew = machine.read_clock_skew_seconds() or 0.0
    is_off = skew > settings.JIYUE_MAX_CLOCK_SKEW_SECONDS
    return _platform({"seconds": round(skew, 1)}, is_wrong=is_off)


def _certificates() -> Reading:
    limit = clock.now() + timedelta(days=settings.JIYUE_CERTIFICATE_DAYS)
    return {
        each.name: {"ends_at": each.ends_at.isoformat() if each.ends_at else ""}
        for each in machine.read_certificates()
        if each.ends_at is None or each.ends_at < limit
    }


def _database() -> Reading:
    limit = settings.JIYUE_MAX_DATABASE_GB * _GIGABYTE
    size = machine.read_database_bytes()
    return _platform({"bytes": size}, is_wrong=0 < limit < size)


def _jobs() -> Reading:
    failing = ScheduledJob.objects.exclude(last_error="").values_list("name", "last_error")
    return {name: {"error": error[:500]} for name, error in failing if name in dict(JOBS)}


def _queue() -> Reading:
    depths = queue_depth()
    return {
        lane: {"waiting": depths[lane].count, "oldest_seconds": round(depths[lane].oldest_seconds)}
        for lane in ("withdrawal", "urgent")
        if depths[lane].oldest_seconds > STUCK_SECONDS
    }


def _inbox() -> Reading:
    oldest = InboxSubmission.objects.filter(processed_at=None).aggregate(oldest=Min("received_at"))["oldest"]
    is_stuck = oldest is not None and oldest < clock.now() - timedelta(seconds=STUCK_SECONDS)
    return _platform({"oldest": oldest.isoformat() if oldest else ""}, is_wrong=is_stuck)


def _backups() -> Reading:
    return _platform({}, is_wrong=is_backup_overdue())


def _restore_tests() -> Reading:
    return _platform({}, is_wrong=is_restore_test_overdue())


def _platform(details: dict[str, Any], *, is_wrong: bool) -> Reading:
    return {PLATFORM_SUBJECT: details} if is_wrong else {}


_READINGS = {
    kinds.DISK_LOW: _disks,
    kinds.MEMORY_LOW: _memory,
    kinds.LOAD_HIGH: _load,
    kinds.CLOCK_SKEW: _clock,
    kinds.CERTIFICATE_ENDING: _certificates,
    kinds.DATABASE_LARGE: _database,
    kinds.JOB_FAILING: _jobs,
    kinds.QUEUE_STUCK: _queue,
    kinds.INBOX_STUCK: _inbox,
    kinds.BACKUP_OVERDUE: _backups,
    kinds.RESTORE_TEST_OVERDUE: _restore_tests,
}


def register() -> None:
    """Enter the watch into the schedule."""
    JOBS.register("operations.watch", Job(watch, every=timedelta(seconds=EVERY_SECONDS)))

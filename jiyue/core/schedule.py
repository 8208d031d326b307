"""What the worker does at set times: sweeps, reminders, clean-up.

A job works in short steps, so that an urgent publication never waits behind a
long sweep: the worker takes one step and looks at the outbox again. Every job
has one row; several workers share it by lease, and a job missed while nothing
ran is made up for at the next start.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from jiyue.core import clock
from jiyue.core.models import ScheduledJob
from jiyue.core.registries import Registry

logger = logging.getLogger(__name__)

LEASE_SECONDS = 120  # longer than the slowest single step
RETRY_MINUTES = 10  # a job that failed is tried again then, however seldom it comes round
MAX_ERROR_CHARS = 2_000
Steps = Callable[[], Iterator[object]]


@dataclass(frozen=True)
class Job:
    """One piece of work that comes round.

    Attributes:
        steps: Starts a run; each item it yields ends one step of at most a few seconds.
        every: Time between two runs.
        at: Time of day in Asia/Shanghai for a daily job; `every` is one day then.
    """

    steps: Steps
    every: timedelta = timedelta(days=1)
    at: time | None = None


JOBS: Registry[Job] = Registry("scheduled jobs")


def next_run_after(job: Job, moment: datetime) -> datetime:
    """When the job is due again after a run that started at `moment`."""
    if job.at is None:
        return moment + job.every
    local = timezone.localtime(moment)
    today = local.replace(hour=job.at.hour, minute=job.at.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


class Scheduler:
    """Runs due jobs for one worker, one step at a time."""

    def __init__(self, owner: str):
        self._owner = owner
        self._running: tuple[str, Iterator[object], datetime] | None = None

    def run_step(self) -> bool:
        """Take one step of the job at hand, or start one that is due; return whether there was any."""
        if self._running is None:
            self._running = self._start_due()
        if self._running is None:
            return False
        name, steps, started_at = self._running
        try:
            next(steps)
        except StopIteration:
            self._finish(name, started_at, error="")
        except Exception as failure:  # one job must not stop the worker; its row shows it
            logger.exception("schedule.job_failed", extra={"job": name})
            self._finish(name, started_at, error=repr(failure))
        else:
            self._hold(name)
        return True

    def _start_due(self) -> tuple[str, Iterator[object], datetime] | None:
        now = clock.now()
        known = dict(ScheduledJob.objects.values_list("name", "next_at"))
        for name, job in JOBS:
            due_at = known.get(name)
            if due_at is None:
                row, _created = ScheduledJob.objects.get_or_create(name=name, defaults={"next_at": now})
                due_at = row.next_at
            if now < due_at <= next_run_after(job, now):
                continue  # not due; a time further off means that the clock was set back
            if self._claim(name, due_at, now):
                return name, iter(job.steps()), now
        return None

    def _claim(self, name: str, due_at: datetime, now: datetime) -> bool:
        """Take the run that was due at `due_at`, unless another worker has it or has finished it."""
        is_free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * _lease())
        return bool(
            ScheduledJob.objects.filter(is_free, name=name, next_at=due_at).update(
                lease_owner=self._owner, lease_until=now + _lease(), started_at=now
            )
        )

    def _hold(self, name: str) -> None:
        mine = ScheduledJob.objects.filter(name=name, lease_owner=self._owner)
        if not mine.update(lease_until=clock.now() + _lease()):
            self._running = None  # another worker took over after a long pause

    def _finish(self, name: str, started_at: datetime, *, error: str) -> None:
        # Let go first: where the database is away, the lease runs out and the run is made up for.
        self._running = None
        now = clock.now()
        next_at = next_run_after(JOBS.get(name), started_at)
        if error:
            next_at = min(next_at, now + timedelta(minutes=RETRY_MINUTES))
        ScheduledJob.objects.filter(name=name, lease_owner=self._owner).update(
            lease_owner="",
            lease_until=None,
            finished_at=now,
            next_at=next_at,
            duration_ms=max(0, int((now - started_at).total_seconds() * 1000)),
            last_error=error[:MAX_ERROR_CHARS],
        )


def _lease() -> timedelta:
    return timedelta(seconds=LEASE_SECONDS)

"""The worker: carries out side effects, takes in citizens' input, seals the audit trail.

One loop, no queue of its own: the outbox rows are the queue (ADR 1). Several
workers may run side by side; the rows' leases keep them apart.
"""

import logging
import signal
import time
from types import FrameType

from django.db import Error, close_old_connections

from jiyue.core import audit, inbox, outbox, steady_clock
from jiyue.core.registries import Announcement
from jiyue.core.schedule import Scheduler

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.05  # between two looks at an empty outbox
SEAL_SECONDS = 0.5  # an entry is sealed well within a second
SCHEDULE_SECONDS = 1  # between two looks for jobs that are due
SWEEP_SECONDS = 10  # between two looks for leases of dead workers
_NEVER = float("-inf")
# Told with the worker's name: every `SWEEP_SECONDS` while it lives, and when it stops as asked.
ALIVE: Announcement[str] = Announcement("worker is alive")
STOPPED: Announcement[str] = Announcement("worker stopped")


class Worker:
    """Runs until it is asked to stop by SIGTERM or SIGINT; outlives failures of database and disk."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._owner = outbox.worker_name()
        self._sealed_at = _NEVER
        self._swept_at = _NEVER
        self._has_sealed_everywhere = False
        self._scheduler = Scheduler(self._owner)
        self._scheduled_at = _NEVER
        self._is_job_running = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Finish the present batch and leave; a signal handler."""
        self.is_stopping = True

    def run(self) -> None:
        """Work until stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        logger.info("worker.started", extra={"owner": self._owner})
        while not self.is_stopping:
            try:
                is_busy = self.run_once()
            except (Error, OSError):  # database or disk is away or full: the rows are still there
                logger.exception("worker.interrupted")
                close_old_connections()
                self._swept_at = _NEVER
                is_busy = False
                time.sleep(1)
            if not is_busy:
                time.sleep(IDLE_SECONDS)
        self._say_stopped()
        logger.info("worker.stopped", extra={"owner": self._owner})

    def _say_stopped(self) -> None:
        try:
            STOPPED.announce(self._owner)
        except Error:  # the database is away: the worker counts as silent until another one starts
            logger.exception("worker.interrupted")

    def run_once(self) -> bool:
        """Do what is due now; return whether there was anything."""
        if steady_clock.WATCH.look():
            self._swept_at = _NEVER
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            outbox.release_dead_leases(idle_owner=self._owner)
            outbox.wake_after_clock_change()
            ALIVE.announce(self._owner)
            self._swept_at = now
        messages = outbox.claim(self._owner)
        if messages:
            outbox.carry_out(messages)
        handled = inbox.process()
        is_job_running = self._take_scheduled_step(now)
        if now - self._sealed_at >= SEAL_SECONDS:
            self._seal()
            self._sealed_at = now
        return bool(messages or handled or is_job_running)

    def _take_scheduled_step(self, now: float) -> bool:
        """Go on with the job at hand; look for due ones every `SCHEDULE_SECONDS`."""
        if not self._is_job_running and now - self._scheduled_at < SCHEDULE_SECONDS:
            return False
        self._scheduled_at = now
        self._is_job_running = self._scheduler.run_step()
        return self._is_job_running

    def _seal(self) -> None:
        if self._has_sealed_everywhere:
            audit.seal_entries()
            return
        while audit.seal_entries(everywhere=True):
            pass
        self._has_sealed_everywhere = True

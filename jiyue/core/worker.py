"""The worker: carries out side effects, takes in citizens' input, seals the audit trail.

One loop, no queue of its own: the outbox rows are the queue (ADR 1). Several
workers may run side by side; the rows' leases keep them apart.
"""

import logging
import signal
import time
from types import FrameType

from django.db import OperationalError, close_old_connections

from jiyue.core import audit, inbox, outbox

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.05  # between two looks at an empty outbox
SEAL_SECONDS = 0.5  # an entry is sealed well within a second
SWEEP_SECONDS = 10  # between two looks for leases of dead workers


class Worker:
    """Runs until it is asked to stop by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._owner = outbox.worker_name()
        self._sealed_at = 0.0
        self._swept_at = 0.0

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Finish the present batch and leave; a signal handler."""
        self.is_stopping = True

    def run(self) -> None:
        """Work until stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        audit.seal_entries(everywhere=True)
        logger.info("worker.started", extra={"owner": self._owner})
        while not self.is_stopping:
            try:
                is_busy = self.run_once()
            except OperationalError:  # the database is away or locked: the rows are still there
                logger.exception("worker.database")
                close_old_connections()
                is_busy = False
                time.sleep(1)
            if not is_busy:
                time.sleep(IDLE_SECONDS)
        logger.info("worker.stopped", extra={"owner": self._owner})

    def run_once(self) -> bool:
        """Do what is due now; return whether there was anything."""
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            outbox.release_dead_leases()
            self._swept_at = now
        messages = outbox.claim(self._owner)
        if messages:
            outbox.carry_out(messages)
        handled = inbox.process()
        if now - self._sealed_at >= SEAL_SECONDS:
            audit.seal_entries()
            self._sealed_at = now
        return bool(messages or handled)

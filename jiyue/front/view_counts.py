"""Counts views, and where readers come from, in memory and sends them to the inbox in batches.

One submission carries the sums of `FLUSH_SECONDS`, so that neither the inbox
nor anything else can tell readers apart; views and referrals are summed apart
from each other. What was counted since the last batch
is lost when the process is killed; a view count can bear that.
"""

import logging
import threading
import uuid
from collections import Counter
from datetime import date
from multiprocessing.util import Finalize

from django.db import DatabaseError, connections

from jiyue.core import clock, inbox
from jiyue.front.referrers import UNNAMED
from jiyue.interaction.services import REFERRAL_PREFIX, VIEWS_TOPIC

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 30
MAX_IDS = 10_000  # resources counted between two batches; bounds memory and size of a batch
MAX_HOSTS = 1_000  # sending hosts told apart between two batches; the rest counts without a name


class ViewCounter:
    """Views and referrals not sent yet; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: Counter[int] = Counter()
        self._referrals: Counter[tuple[date, str, str]] = Counter()  # day, site, host
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Send batches from now on, the last one when the process ends.

        The embedded server's worker is a child of `multiprocessing`, which runs
        its own finalizers at the end and no `atexit` functions.
        """
        self._thread = threading.Thread(target=self._run, name="view-counts", daemon=True)
        self._thread.start()
        Finalize(None, self.stop, exitpriority=1)

    def add(self, resource_id: int) -> None:
        """Count one view."""
        with self._lock:
            if resource_id in self._views or len(self._views) < MAX_IDS:
                self._views[resource_id] += 1

    def add_referral(self, site_key: str, host: str) -> None:
        """Count one reader whom another website sent.

        Args:
            site_key: The site that is read.
            host: From `referrers.referring_host`.
        """
        key = (clock.today(), site_key, host)
        with self._lock:
            if key not in self._referrals and len(self._referrals) >= MAX_HOSTS:
                key = (key[0], site_key, UNNAMED)
            self._referrals[key] += 1

    def pending(self, resource_id: int) -> int:
        """Views of a resource that aren't sent yet."""
        return self._views.get(resource_id, 0)

    def flush(self) -> int:
        """Send what was counted as one submission; return how many views it holds.

        What can't be stored is kept for the next time.
        """
        with self._lock:
            views, self._views = self._views, Counter()
            referrals, self._referrals = self._referrals, Counter()
        if not views and not referrals:
            return 0
        fields = {str(resource_id): str(number) for resource_id, number in views.items()}
        for (day, site_key, host), number in referrals.items():
            fields[f"{REFERRAL_PREFIX}{day}:{site_key}:{host}"] = str(number)
        try:
            inbox.store(submission_id=uuid.uuid4(), topic=VIEWS_TOPIC, site_key="", fields=fields)
        except (DatabaseError, OSError):
            logger.exception("front.views_not_stored", extra={"ids": len(views)})
            with self._lock:
                self._views.update(views)
                self._referrals.update(referrals)
            return 0
        return views.total()

    def stop(self) -> None:
        """Send the rest and let the thread end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.wait(FLUSH_SECONDS):
            self._flush_and_close()
        self._flush_and_close()

    def _flush_and_close(self) -> None:
        self.flush()
        connections.close_all()


COUNTER = ViewCounter()

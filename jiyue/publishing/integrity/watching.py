"""The watch: hears of changes in the public folders, compares, restores, signs, tells.

It follows what the kernel reports and compares everything from time to time;
where the kernel can't report, or its queue ran over, it compares sooner. It
does nothing to a file that the publisher is at work on, and needs no state of
its own: killed at any instant, it compares everything when it starts again.

Source: GL 七(二)1; GL 七(三)2; HT 附件(单项否决6) (SEC-14, SEC-15).
"""

import logging
import os
import signal
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import FrameType

from django.conf import settings
from django.db import Error, close_old_connections

from jiyue.core import clock
from jiyue.core.alarms import end_alarm, raise_alarm
from jiyue.core.errors import ExternalFailure
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity.comparing import ROOT
from jiyue.publishing.integrity.models import SignedManifest, TamperEvent, TamperState, WatchSign
from jiyue.publishing.integrity.notifying import Changes, FolderNotifier
from jiyue.publishing.integrity.objects import lies_in_objects
from jiyue.publishing.integrity.platform_files import mend_sites_file
from jiyue.publishing.integrity.recording import BLIND, note_restored, record_remedies
from jiyue.publishing.integrity.restoring import is_text, settle
from jiyue.publishing.integrity.sealing import list_unsealed_sites, seal_site
from jiyue.publishing.integrity.sweeping import SETTLE_PATHS, SweepReport, sweep_site
from jiyue.publishing.models import OutputFile
from jiyue.publishing.sites_file import FILE_NAME
from jiyue.sites.models import Site

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.25  # for the kernel to report something
SETTLE_SECONDS = 0.2  # after a change was heard of: most are the publisher's, recorded by then
SEAL_SECONDS = 0.5  # a change is signed well within a second
SEAL_SHARE = 4  # the sealer pauses that many times as long as it worked: bulk work stays fast
LOOK_SECONDS = 1  # between two looks at requests, and at what is being restored
SIGN_SECONDS = 10  # between two signs of life
BLIND_SWEEP_SECONDS = 60  # between two comparisons of a site where the kernel doesn't report
RETRY_SECONDS = 60  # what isn't restored by then is asked for again
PATIENCE_SECONDS = 30  # an unfinished batch excuses its files so long
PENDING_MAX_PATHS = 5_000  # of one site; beyond, comparing everything is cheaper
_NEVER = float("-inf")


class Watch:
    """Runs until it is asked to stop by SIGTERM or SIGINT; outlives failures of database and disk."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._stack = ExitStack()
        self._notifier: FolderNotifier | None = None
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._started_at = clock.now()
        self._sites: dict[str, Site] = {}
        self._pending: dict[str, dict[str, float]] = defaultdict(dict)  # by site: paths, when heard of
        self._deferred: dict[tuple[str, str], float] = {}  # site and path: first seen unfinished
        self._swept_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._told_blind: bool | None = None
        self._sweep: Iterator[SweepReport | None] | None = None
        self._sweeping = ""
        self._due = {"seal": _NEVER, "look": _NEVER, "sign": _NEVER}

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Finish the present step and leave; a signal handler."""
        self.is_stopping = True

    def run(self) -> None:
        """Watch until stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        logger.info("watch.started", extra={"name_of_watch": self._name})
        with self._stack:
            self.start()
            while not self.is_stopping:
                try:
                    self.step()
                except (
                    Error,
                    OSError,
                    ExternalFailure,
                ):  # database or disk is away: the files are still there
                    logger.exception("watch.interrupted")
                    close_old_connections()
                    self._stop_sweep()
                    time.sleep(1)
            self._stop_sweep()
        WatchSign.objects.filter(pk=self._name).delete()
        logger.info("watch.stopped", extra={"name_of_watch": self._name})

    def start(self) -> None:
        """Have the kernel report changes; where it can't, say so and go on by comparing."""
        root = output_root()
        root.mkdir(parents=True, exist_ok=True)
        self._look()
        mend_sites_file()
        if lies_in_objects():
            return  # nothing reports there: comparing only, as set
        try:
            self._notifier = self._stack.enter_context(FolderNotifier(root))
        except OSError as error:
            logger.warning("watch.blind", extra={"reason": str(error)})
        self._tell_blindness()

    def _tell_blindness(self) -> None:
        """Have the alarm follow; a flood of planted folders may have taken all watches for a while."""
        if self._notifier is not None and self._notifier.is_limited:
            self._notifier.watch_again()
        if self.is_blind == self._told_blind:
            return
        self._told_blind = self.is_blind
        if self.is_blind:
            raise_alarm(BLIND, "inotify")
        else:
            end_alarm(BLIND, "inotify", how="the kernel reports changes again")

    @property
    def is_blind(self) -> bool:
        """Whether changes are found by comparing only."""
        return self._notifier is None or self._notifier.is_limited

    def step(self) -> None:
        """Do what is due now; waits shortly for the kernel when nothing is."""
        is_busy = self._sweep is not None
        self._hear(0 if is_busy else WAIT_SECONDS)
        self._settle_pending()
        self._every("seal", SEAL_SECONDS, self._seal)
        self._every("look", LOOK_SECONDS, self._look)
        self._every("sign", SIGN_SECONDS, self._give_sign)
        self._take_sweep_step()

    def _every(self, what: str, seconds: float, action: Callable[[], None]) -> None:
        started = time.monotonic()
        if started < self._due[what]:
            return
        action()
        ended = time.monotonic()
        pause = SEAL_SHARE * (ended - started) if what == "seal" else 0
        self._due[what] = ended + max(seconds, pause)

    def _hear(self, seconds: float) -> None:
        if self._notifier is None:
            if seconds:
                time.sleep(seconds)
            return
        changes = self._notifier.wait(seconds)
        self._sort(changes)

    def _sort(self, changes: Changes) -> None:
        for path in changes.paths:
            key, _, below = path.partition("/")
            if path == FILE_NAME:
                mend_sites_file()
            elif key in self._sites:
                self._pending[key].setdefault(below or ROOT, time.monotonic())
        for path in changes.moved_folders:
            if self._had_own_files(path):
                self._swept_at.pop(path.partition("/")[0], None)  # compare everything of that site
        if changes.is_incomplete and not self.is_blind:
            logger.warning("watch.overflow")
            self._swept_at.clear()  # compare everything now

    def _had_own_files(self, folder: str) -> bool:
        """Whether the publisher's files lay in a folder that is gone; planted ones are moved away by us."""
        key, _, below = folder.partition("/")
        if key not in self._sites or not below:
            return True
        if not is_text(below):
            return False  # nothing of ours is called so
        return OutputFile.objects.filter(site=self._sites[key], path__startswith=f"{below}/").exists()

    def _settle_pending(self) -> None:
        for key, paths in list(self._pending.items()):
            if len(paths) > PENDING_MAX_PATHS:
                self._swept_at.pop(key, None)
                del self._pending[key]
                continue
            now = time.monotonic()
            due = [path for path, heard_at in paths.items() if now - heard_at >= SETTLE_SECONDS]
            batch = set(due[:SETTLE_PATHS])
            if not batch:
                continue
            try:
                left = self._settle(self._sites[key], batch)
            except BlockingIOError:
                continue  # the publisher is at work: next step
            except OSError:  # of this site; the others don't wait for it
                logger.exception("watch.not_settled", extra={"site": key})
                paths.update(dict.fromkeys(batch, now + LOOK_SECONDS))
                continue
            for path in batch - left:
                del paths[path]
            paths.update(dict.fromkeys(left, now + LOOK_SECONDS))
            if not paths:
                del self._pending[key]

    def _settle(self, site: Site, paths: set[str]) -> set[str]:
        """Put right what differs at these paths; return those that an unfinished batch excuses for now."""
        now = time.monotonic()
        impatient = frozenset(
            path for path in paths if now - self._deferred.get((site.key, path), now) > PATIENCE_SECONDS
        )
        settled = settle(site, paths, impatient=impatient)
        record_remedies(site, settled.remedies)
        deferred = set(settled.deferred)
        for path in paths - deferred:
            self._deferred.pop((site.key, path), None)
        for path in deferred:
            self._deferred.setdefault((site.key, path), now)
        return deferred

    def _seal(self) -> None:
        for site_id in list_unsealed_sites():
            seal_site(site_id)

    def _look(self) -> None:
        """Look at sites, at requests of people and at what is being restored."""
        self._sites = {site.key: site for site in Site.objects.all()}
        requested = SignedManifest.objects.filter(sweep_requested_at__isnull=False)
        for key in requested.values_list("site__key", flat=True):
            if key != self._sweeping:
                self._swept_at.pop(key, None)
        requested.update(sweep_requested_at=None)
        waiting = TamperEvent.objects.filter(state=TamperState.OPEN, site__isnull=False)
        for key in set(waiting.values_list("site__key", flat=True)):
            self._follow(self._sites[key])

    def _follow(self, site: Site) -> None:
        left = note_restored(site)
        now = time.monotonic()
        if not left:
            self._asked_at.pop(site.key, None)
        elif now - self._asked_at.setdefault(site.key, now) > RETRY_SECONDS:
            self._asked_at[site.key] = now
            self._pending[site.key].update(dict.fromkeys(left, now))

    def _give_sign(self) -> None:
        if not lies_in_objects():
            self._tell_blindness()
        folders = self._notifier.folders if self._notifier else 0
        WatchSign.objects.update_or_create(
            pk=self._name,
            defaults={
                "started_at": self._started_at,
                "seen_at": clock.now(),
                "is_blind": self.is_blind,
                "folders": folders,
            },
        )

    def _take_sweep_step(self) -> None:
        if self._sweep is None:
            self._start_sweep()
            return
        try:
            report = next(self._sweep, None)
        except OSError:  # of this site; it is its turn again when the others were
            logger.exception("watch.sweep_failed", extra={"site": self._sweeping})
            self._swept_at[self._sweeping] = time.monotonic() - self._sweep_every() + RETRY_SECONDS
            self._sweep, self._sweeping = None, ""
            return
        if report is not None:
            self._pending[self._sweeping].update(dict.fromkeys(report.settled.deferred, time.monotonic()))
            self._sweep, self._sweeping = None, ""

    def _start_sweep(self) -> None:
        """Begin with the site that waits longest, if one is due."""
        every = self._sweep_every()
        now = time.monotonic()
        due = [key for key in self._sites if now - self._swept_at.get(key, _NEVER) >= every]
        if due:
            self._sweeping = min(due, key=lambda key: self._swept_at.get(key, _NEVER))
            self._swept_at[self._sweeping] = now
            self._sweep = sweep_site(self._sites[self._sweeping], in_background=True)

    def _sweep_every(self) -> float:
        """Seconds between two comparisons of a site."""
        is_blind = self.is_blind and not lies_in_objects()
        return BLIND_SWEEP_SECONDS if is_blind else int(settings.JIYUE_SWEEP_MINUTES) * 60

    def _stop_sweep(self) -> None:
        if self._sweep is not None:
            self._sweep.close()  # type: ignore[attr-defined]  # a generator
            self._swept_at.pop(self._sweeping, None)
            self._sweep, self._sweeping = None, ""

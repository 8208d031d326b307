"""The full comparison of a site: every file digested, every name looked at, the manifest proved.

It runs in steps, so that the watch hears of changes meanwhile, and on several
cores: processes that are forked for it digest slices of the files and send back
only what differs. What differs is looked at again under the site's lock.

Source: GL 七(二)1; GL 七(三)2 (SEC-14, SEC-15).
"""

import errno
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections

from jiyue.core import clock
from jiyue.publishing.delivery.stores import site_root
from jiyue.publishing.integrity.comparing import FolderReader, Listing, list_differences
from jiyue.publishing.integrity.models import Sweep
from jiyue.publishing.integrity.objects import lies_in_objects, list_object_differences, reading
from jiyue.publishing.integrity.platform_files import mend_manifest_files
from jiyue.publishing.integrity.recording import note_manifest, record_remedies
from jiyue.publishing.integrity.restoring import Settled, settle
from jiyue.publishing.integrity.verifying import verify_manifest
from jiyue.publishing.manifest import is_sealed_row
from jiyue.publishing.models import OutputFile
from jiyue.publishing.publisher import exclusive
from jiyue.publishing.store import WrittenFile
from jiyue.sites.models import Site

SLICE_FILES = 250  # digested in one step
MIN_PARALLEL_SLICES = 8  # below, starting processes costs more than it saves
SETTLE_PATHS = 200  # put right under one hold of the lock
LOCK_PATIENCE_SECONDS = 600  # a rebuild may hold the lock for minutes
BACKGROUND_NICENESS = 10
KEPT_SWEEPS = 200  # per site


@dataclass
class SweepReport:
    """What one sweep saw.

    Attributes:
        files: Compared with the manifest.
        size_bytes: Of these.
        seconds: Until everything was compared; putting right comes on top.
        suspects: Paths that differed when they were first looked at.
        settled: What was done about those that still differed under the lock.
        reasons: Why the manifest doesn't hold, if so.
    """

    files: int = 0
    size_bytes: int = 0
    seconds: float = 0.0
    suspects: list[str] = field(default_factory=list)
    settled: Settled = field(default_factory=Settled)
    reasons: list[str] = field(default_factory=list)


def sweep_site(
    site: Site, *, workers: int | None = None, in_background: bool = False
) -> Iterator[SweepReport | None]:
    """Compare a site with its manifest and put right what differs; the last thing yielded is the report.

    Args:
        site: The site.
        workers: Processes that digest; by default one per core where there is enough to do.
        in_background: Leave the cores to others.
    """
    report, started_at, started = SweepReport(), clock.now(), time.monotonic()
    report.reasons = [problem.reason for problem in verify_manifest(site)]
    rows, forged = _load(site.pk)
    report.files, report.size_bytes = len(rows), sum(row.size_bytes for row in rows)
    yield None
    listing = Listing([], [], [])
    for step in _list(site, {row.path for row in rows}):
        listing = step or listing
        yield None
    missing = set(listing.missing)
    present = [row for row in rows if row.path not in missing]
    slices = [present[start : start + SLICE_FILES] for start in range(0, len(present), SLICE_FILES)]
    with _examined(site.key, slices, workers, niceness=BACKGROUND_NICENESS * in_background) as results:
        for found in results:
            report.suspects += found
            yield None
    report.seconds = time.monotonic() - started
    report.suspects += [*listing.missing, *listing.extra, *forged]
    # Things without a row come first: a link in place of a folder hides all files below it.
    yield from _settle_all(site, [*listing.extra, *listing.empty, *report.suspects], report)
    _tidy(site, listing.empty)
    mend_manifest_files(site)
    note_manifest(site, report.reasons)
    _save(site, report, started_at)
    yield report


def _load(site_id: int) -> tuple[list[WrittenFile], list[str]]:
    """Manifest rows in the order of their paths, and the paths of those that the publisher didn't write."""
    rows: list[WrittenFile] = []
    forged: list[str] = []
    found = OutputFile.objects.filter(site=site_id).order_by("path")
    for path, size, sm3, seal in found.values_list("path", "size_bytes", "sm3", "seal").iterator(10_000):
        row = WrittenFile(path, size, sm3)
        rows.append(row)
        if not is_sealed_row(site_id, row, seal):
            forged.append(path)
    return rows, forged


def _list(site: Site, known: set[str]) -> Iterator[Listing | None]:
    if lies_in_objects():
        return list_object_differences(site.key, known)
    return list_differences(site_root(site.key), known)


@contextmanager
def _examined(
    site_key: str, slices: Sequence[list[WrittenFile]], workers: int | None, *, niceness: int
) -> Iterator[Iterator[list[str]]]:
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 2 or len(slices) < MIN_PARALLEL_SLICES or lies_in_objects():
        yield (_examine_slice(site_key, each) for each in slices)
        return
    # A forked child must not share the parent's database connections.
    connections.close_all()
    context = multiprocessing.get_context("fork")
    with context.Pool(count, _start_child, (site_key, slices, niceness)) as pool:
        yield pool.imap_unordered(_child_slice, range(len(slices)))


def _examine_slice(site_key: str, rows: Sequence[WrittenFile]) -> list[str]:
    with reading(site_key) as reader:
        return [row.path for row in rows if reader.examine(row) is not None]


_child_work: tuple[str, Sequence[list[WrittenFile]]]


def _start_child(site_key: str, slices: Sequence[list[WrittenFile]], niceness: int) -> None:
    global _child_work  # inherited by the fork, never sent
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the watch's own handlers aren't the child's
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _child_work = (site_key, slices)
    os.nice(niceness)


def _child_slice(number: int) -> list[str]:
    site_key, slices = _child_work
    return _examine_slice(site_key, slices[number])


def _settle_all(site: Site, suspects: Sequence[str], report: SweepReport) -> Iterator[None]:
    """Put right what differs, in batches; whatever the publisher is at work on is waited for."""
    paths = list(dict.fromkeys(suspects))
    give_up_at = time.monotonic() + LOCK_PATIENCE_SECONDS
    while paths:
        batch, later = paths[:SETTLE_PATHS], paths[SETTLE_PATHS:]
        try:
            settled = settle(site, batch)
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                report.settled.deferred += paths
                return
            time.sleep(0.02)
        else:
            record_remedies(site, settled.remedies)
            report.settled.remedies += settled.remedies
            report.settled.deferred += settled.deferred
            paths = later
        yield None


def _tidy(site: Site, empty: Sequence[str]) -> None:
    """Remove folders that the publisher has emptied."""
    if not empty:
        return
    try:
        with exclusive(site.key, waits=False), FolderReader(site_root(site.key)) as reader:
            for path in sorted(empty, reverse=True):
                folder, _, name = path.rpartition("/")
                parent = reader.open_folder(folder)
                if parent is not None:
                    _remove_empty(name, parent)
    except BlockingIOError:  # the publisher may be about to fill them
        return


def _remove_empty(name: str, parent: int) -> None:
    try:
        os.rmdir(name, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.ENOTDIR):
            raise


def _save(site: Site, report: SweepReport, started_at: datetime) -> None:
    Sweep.objects.create(
        site=site,
        started_at=started_at,
        duration_ms=int(report.seconds * 1000),
        files=report.files,
        size_bytes=report.size_bytes,
        found=len(report.settled.remedies),
        is_manifest_valid=not report.reasons,
    )
    kept = Sweep.objects.filter(site=site).order_by("-pk").values_list("pk", flat=True)[:KEPT_SWEEPS]
    Sweep.objects.filter(site=site, pk__lt=min(kept)).delete()

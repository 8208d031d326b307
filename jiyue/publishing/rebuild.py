"""Writing every page of a site anew, at full speed on all cores, without the queue.

Every step takes the locks of its own files only, so publications and
withdrawals go on meanwhile.
"""

import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction

from jiyue.publishing import topics
from jiyue.publishing.archive import publish_archive_stretch
from jiyue.publishing.lists import write_channel, write_home
from jiyue.publishing.models import Placement, PublishedSite
from jiyue.publishing.publisher import SitePublisher, publishing
from jiyue.publishing.selectors import get_last_shard
from jiyue.publishing.shared_files import stretches, write_shared_files
from jiyue.publishing.sitemaps import write_shard
from jiyue.publishing.sites_file import write_sites_file
from jiyue.publishing.webarchive.captured import count_parts
from jiyue.publishing.webarchive.captured_output import write_captured

MIN_PARALLEL_STRETCHES = 3  # below, starting processes costs more than it saves

Progress = Callable[[int], None]
Step = tuple[str, int, str]  # topic, site, key


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild did."""

    pages: int  # detail pages
    seconds: float


def count_pages(site_id: int) -> int:
    """How many detail pages a rebuild of the site writes."""
    return Placement.objects.filter(site=site_id, is_live=True).count()


def rebuild_site(
    site_id: int, *, workers: int | None = None, progress: Progress | None = None
) -> RebuildReport:
    """Write every file of a site from the live editions.

    Visitors see old or new pages meanwhile, never half of one. Files that
    nothing needs any more are left to `jiyue reconcile`. All of it survives a
    power cut when this returns.

    Args:
        site_id: The site.
        workers: Processes; by default one per core when there is enough to do.
        progress: Called with the number of detail pages of every finished step.
    """
    started = time.monotonic()
    total = 0
    with publishing(site_id, is_durable=False) as publisher:
        write_shared_files(publisher)
        _save(publisher)
        digest = publisher.pages.digest
        archive = stretches(publisher.pages)
        can_fork = publisher.store.survives_fork
    steps = [(topics.ARCHIVE, site_id, key) for key in archive]
    steps += [(topics.SITEMAP, site_id, str(shard)) for shard in range(1, get_last_shard(site_id) + 1)]
    with _results(steps, workers if can_fork else 1) as results:
        for pages in results:
            total += pages
            if progress:
                progress(pages)
    with publishing(site_id, is_durable=False) as publisher:
        for channel_id in publisher.pages.channels:
            write_channel(publisher, channel_id)
        write_home(publisher)
        _save(publisher)
        for part in range(count_parts(site_id)):
            write_captured(publisher, part)
    os.sync()  # nothing was durable before: once is cheaper than for every step
    PublishedSite.objects.update_or_create(site_id=site_id, defaults={"frame_digest": digest})
    write_sites_file()
    return RebuildReport(total, time.monotonic() - started)


def _save(publisher: SitePublisher) -> None:
    publisher.flush()
    with transaction.atomic():
        publisher.save_manifest()


@contextmanager
def _results(steps: Sequence[Step], workers: int | None) -> Iterator[Iterable[int]]:
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 2 or len(steps) < MIN_PARALLEL_STRETCHES:
        yield map(_carry_out, steps)
        return
    # A forked child must not share the parent's database connections.
    connections.close_all()
    gc.freeze()  # what is there already is neither looked at nor copied by the children's collectors
    try:
        with multiprocessing.get_context("fork").Pool(count) as pool:
            yield pool.imap_unordered(_carry_out, steps)
    finally:
        gc.unfreeze()


def _carry_out(step: Step) -> int:
    """Write one stretch or one part of the sitemap; return the number of detail pages."""
    topic, site_id, key = step
    if topic == topics.ARCHIVE:
        channel_id, first = topics.parse_pair(key)
        return publish_archive_stretch(site_id, channel_id, first, is_durable=False)
    with publishing(site_id, is_durable=False) as publisher:
        write_shard(publisher, int(key))
        _save(publisher)
    return 0

"""Writing every page of a site anew, at full speed on all cores."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction
from django.utils import translation

from jiyue.publishing import topics
from jiyue.publishing.archive import publish_stretch
from jiyue.publishing.delivery.stores import open_store
from jiyue.publishing.frames import LANGUAGE, SitePages
from jiyue.publishing.lists import write_channel, write_home
from jiyue.publishing.models import Placement, PublishedSite
from jiyue.publishing.publisher import SitePublisher, publishing
from jiyue.publishing.selectors import get_last_shard
from jiyue.publishing.shared_files import stretches, write_shared_files
from jiyue.publishing.sitemaps import write_shard
from jiyue.publishing.sites_file import write_sites_file

MIN_PARALLEL_STRETCHES = 3  # below, starting processes costs more than it saves

Progress = Callable[[int], None]


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

    The site stays locked meanwhile and visitors see old or new pages, never
    half of one. Files that nothing needs any more are left to `jiyue reconcile`.

    Args:
        site_id: The site.
        workers: Processes; by default one per core when there is enough to do.
        progress: Called with the number of detail pages of every finished step.
    """
    started = time.monotonic()
    total = 0
    with publishing(site_id, is_durable=False) as publisher:
        write_shared_files(publisher)
        steps = stretches(publisher.pages)
        with _stretch_results(publisher, steps, workers) as results:
            for pages in results:
                total += pages
                if progress:
                    progress(pages)
        for channel_id in publisher.pages.channels:
            write_channel(publisher, channel_id)
        write_home(publisher)
        for shard in range(1, get_last_shard(site_id) + 1):
            write_shard(publisher, shard)
        publisher.flush()
        os.sync()
        with transaction.atomic():
            publisher.save_manifest()
            PublishedSite.objects.update_or_create(
                site_id=site_id, defaults={"frame_digest": publisher.pages.digest}
            )
    write_sites_file()
    return RebuildReport(total, time.monotonic() - started)


@contextmanager
def _stretch_results(
    publisher: SitePublisher, steps: list[str], workers: int | None
) -> Iterator[Iterator[int]]:
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 2 or not publisher.store.survives_fork or len(steps) < MIN_PARALLEL_STRETCHES:
        yield (_write_stretch(publisher, step) for step in steps)
        return
    # A forked child must not share the parent's database connections.
    connections.close_all()
    context = multiprocessing.get_context("fork")
    with context.Pool(count, _start_child, (publisher.pages,)) as pool:
        yield pool.imap_unordered(_child_stretch, steps)


def _write_stretch(publisher: SitePublisher, step: str) -> int:
    channel_id, first = topics.parse_pair(step)
    return publish_stretch(publisher, channel_id, first)


_child_pages: SitePages


def _start_child(pages: SitePages) -> None:
    global _child_pages  # one site per child process
    _child_pages = pages
    translation.activate(LANGUAGE)


def _child_stretch(step: str) -> int:
    """Write one stretch in a child; the parent holds the site's lock."""
    with open_store(_child_pages.site.key) as store:
        return _write_stretch(SitePublisher(_child_pages, store, is_durable=False), step)

"""Writing a whole site anew as a batch, with processes of one's own if one likes."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from django.db import connections, transaction

from jiyue.core import outbox
from jiyue.organizations.models import StaffAccount
from jiyue.publishing import topics
from jiyue.publishing.frames import load_site_pages
from jiyue.publishing.models import PublishedSite
from jiyue.publishing.selectors import get_last_shard
from jiyue.publishing.shared_files import stretches
from jiyue.publishing.work.batches import STEP_TOPIC, Work, open_batch
from jiyue.publishing.work.enums import BatchKind, BatchState
from jiyue.publishing.work.models import PublishingBatch

IDLE_SECONDS = 0.05


@transaction.atomic
def open_rebuild(*, site_id: int, asked_by: StaffAccount | None = None) -> PublishingBatch:
    """Have every file of a site written from the live editions.

    Visitors see old or new pages meanwhile, never half of one. Files that
    nothing needs any more are left to `jiyue reconcile`.

    Source: product decision (issue 5: batches resume, urgent publications overtake).
    """
    pages = load_site_pages(site_id)
    PublishedSite.objects.update_or_create(site_id=site_id, defaults={"frame_digest": pages.digest})
    first = [Work(topics.SITE, str(site_id)), Work(topics.HOME, str(site_id))]
    first += [Work(topics.CHANNEL, str(channel_id)) for channel_id in pages.channels]
    archive = [Work(topics.ARCHIVE, key) for key in stretches(pages)]
    shards = range(1, get_last_shard(site_id) + 1)
    maps = [Work(topics.SITEMAP, topics.pair(site_id, shard)) for shard in shards]
    return open_batch(
        kind=BatchKind.REBUILD, site_id=site_id, work=[*first, *archive, *maps], asked_by=asked_by
    )


def carry_out_next_step() -> bool:
    """Take one step of any batch; return whether there was one."""
    messages = outbox.claim(outbox.worker_name(), topics=[STEP_TOPIC])
    if messages:
        outbox.carry_out(messages)
    return bool(messages)


def carry_out(batches: Sequence[PublishingBatch], *, processes: int, report: Callable[[], None]) -> None:
    """Work on batches beside the workers until they are finished, paused or cancelled.

    Args:
        batches: What to wait for.
        processes: How many to start; with one the work is done in this process.
        report: Called several times a second.
    """
    wanted = PublishingBatch.objects.filter(pk__in=[batch.pk for batch in batches], state=BatchState.OPEN)
    outbox.release_dead_leases()
    with _helpers(processes if processes > 1 else 0):
        while wanted.exists():
            if processes > 1 or not carry_out_next_step():
                time.sleep(IDLE_SECONDS)
            report()


@contextmanager
def _helpers(count: int) -> Iterator[None]:
    if not count:
        yield
        return
    connections.close_all()  # a forked child must not share the parent's connections
    context = multiprocessing.get_context("fork")
    is_over = context.Event()
    children = [context.Process(target=_help, args=(is_over, os.getpid())) for _ in range(count)]
    for child in children:
        child.start()
    try:
        yield
    finally:
        is_over.set()
        for child in children:
            child.join()


def _help(is_over: Event, parent: int) -> None:
    """Take steps until it is over, or nobody waits for us any more."""
    while not is_over.is_set() and os.getppid() == parent:
        if not carry_out_next_step():
            time.sleep(IDLE_SECONDS)

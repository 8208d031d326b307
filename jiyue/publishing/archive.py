"""Long stretches of a channel at once: for a new frame and for a full rebuild.

A stretch that shows nothing new touches no file that others write, so it is
written under its own lock alone, beside other stretches and publications. One
that finds news (an edition whose page isn't out yet, an item withdrawn) goes
through the site's lock like any publication, because neighbours elsewhere have
to be told of it (ADR 9).
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet

from jiyue.publishing.addresses import list_path
from jiyue.publishing.entries import ShownItem
from jiyue.publishing.lists import frozen_page
from jiyue.publishing.locks import stretches_of_pages
from jiyue.publishing.media import copy_media
from jiyue.publishing.models import Placement
from jiyue.publishing.publisher import SitePublisher, archiving, publishing
from jiyue.publishing.rendering import Batch, follow_up, load_batch, save_batch, write_pages
from jiyue.publishing.selectors import get_full_pages
from jiyue.publishing.splice import ListWriter
from jiyue.publishing.topics import STRETCH_PAGES


def publish_archive_stretch(site_id: int, channel_id: int, first: int, *, is_durable: bool = True) -> int:
    """Write a stretch of a site's archive, taking no more locks than it needs.

    Args:
        site_id: The site.
        channel_id: A channel of it.
        first: Number of the stretch's first list page.
        is_durable: Whether news survive a power cut when this returns. A stretch
            without news isn't worth waiting for the disk: if the power goes within
            the half minute until the kernel has written it, the sweep over the
            published files finds what is old and has it written again.

    Returns:
        Number of detail pages.
    """
    with _collector_paused():
        with archiving(site_id, channel_id, first, is_durable=False) as publisher:
            batch = load_batch(_placements(channel_id, first))
            if not has_news(batch):
                _write_stretch(publisher, channel_id, first, batch)
                return len(batch.live)
        with publishing(site_id, is_durable=is_durable) as publisher:
            return publish_stretch(publisher, channel_id, first)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave cyclic garbage for later: a stretch makes many objects and hardly a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def publish_stretch(publisher: SitePublisher, channel_id: int, first: int) -> int:
    """Write the items of `STRETCH_PAGES` list pages from page `first` on, and those list pages.

    The site must be locked by `publishing`. Returns the number of detail pages.
    """
    with stretches_of_pages(publisher.pages.site.key, [(channel_id, first)]):
        batch = load_batch(_placements(channel_id, first))
        _write_stretch(publisher, channel_id, first, batch)
    return len(batch.live)


def has_news(batch: Batch) -> bool:
    """Whether somebody outside the batch has to follow what its pages show."""
    return bool(batch.changed or batch.gone or batch.redated()) or any(
        placement.rendered_edition_id != batch.editions[placement.resource_id].edition_id
        for placement, _item in batch.live
    )


def _placements(channel_id: int, first: int) -> QuerySet[Placement]:
    last = first + STRETCH_PAGES - 1
    return Placement.objects.filter(
        channel=channel_id, is_live=True, list_page__gte=first, list_page__lte=last
    )


def _write_stretch(publisher: SitePublisher, channel_id: int, first: int, batch: Batch) -> None:
    copy_media(publisher, {name for names in batch.needs.values() for name in names})
    write_pages(publisher, batch, is_complete=True)
    _write_list_pages(publisher, channel_id, batch, range(first, first + STRETCH_PAGES))
    publisher.flush()
    with transaction.atomic():
        follow_up(publisher.pages, batch, {}).send()
        save_batch(publisher, batch)


def _write_list_pages(publisher: SitePublisher, channel_id: int, batch: Batch, numbers: range) -> None:
    frame = publisher.pages.channels[channel_id]
    full_pages = get_full_pages(channel_id)
    items: dict[int, list[ShownItem]] = defaultdict(list)
    for placement, item in batch.live:
        items[placement.list_page].append(item)
    writer = ListWriter(publisher.pages.site.theme)
    for number in numbers:
        if number <= full_pages:
            newest_first = sorted(items[number], key=lambda item: item.sequence, reverse=True)
            page = frozen_page(frame, number, full_pages, newest_first)
            publisher.write(list_path(frame.channel.path, number), writer.render(page))

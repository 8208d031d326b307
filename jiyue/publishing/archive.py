"""Long stretches of a channel at once: for a new frame and for a full rebuild."""

from collections import defaultdict

from django.db import transaction

from jiyue.publishing.addresses import list_path
from jiyue.publishing.entries import ShownItem
from jiyue.publishing.lists import frozen_page
from jiyue.publishing.media import copy_media
from jiyue.publishing.models import Placement
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.rendering import Batch, follow_up, load_batch, save_batch, write_pages
from jiyue.publishing.selectors import get_full_pages
from jiyue.publishing.splice import ListWriter
from jiyue.publishing.topics import STRETCH_PAGES


def publish_stretch(publisher: SitePublisher, channel_id: int, first: int) -> int:
    """Write the items of `STRETCH_PAGES` list pages from page `first` on, and those list pages.

    The site must be locked. Returns the number of detail pages.
    """
    last = first + STRETCH_PAGES - 1
    live = Placement.objects.filter(
        channel=channel_id, is_live=True, list_page__gte=first, list_page__lte=last
    )
    batch = load_batch(live)
    copy_media(publisher, {name for names in batch.needs.values() for name in names})
    write_pages(publisher, batch, is_complete=True)
    _write_list_pages(publisher, channel_id, batch, range(first, last + 1))
    publisher.flush()
    with transaction.atomic():
        save_batch(publisher, batch)
        follow_up(publisher.pages, batch, {}).send()
    return len(batch.live)


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

"""Pages that list: newest and frozen pages of a channel, home page, site map.

Frozen pages are numbered from the oldest and written when they are full; after
that only a withdrawal, a correction or a new frame changes them. The newest
page shows everything since the last full page began, so no item is on two
pages that link to each other, and a publication never pushes items from one
numbered page to the next.
"""

from collections.abc import Sequence

from jiyue.publishing.addresses import index_path, list_path
from jiyue.publishing.entries import ShownItem
from jiyue.publishing.feeds import write_feeds
from jiyue.publishing.frames import ChannelFrame
from jiyue.publishing.manifest import has_file
from jiyue.publishing.pages import ChannelPage, HomePage, Section
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import (
    get_full_pages,
    list_index_items,
    list_newest_of_channels,
    list_newest_of_site,
    list_older,
    list_page_items,
)
from jiyue.publishing.splice import ListWriter
from jiyue.publishing.theme import render_page

GROUP_ITEMS = 20  # on the page of a channel that only holds channels
SECTION_ITEMS = 6
LEAD_ITEMS = 5
LEAD_WINDOW = 100  # newest items of the site among which pictures are looked for
_NEWEST = 2**31 - 1  # above every sequence


def write_channel(publisher: SitePublisher, channel_id: int) -> None:
    """Write a channel's newest list page and its feeds."""
    frame = publisher.pages.channels[channel_id]
    full_pages = get_full_pages(channel_id)
    items = list_index_items(channel_id)
    if not items and frame.child_ids:
        items = list_newest_of_channels(frame.child_ids, GROUP_ITEMS)
    older = full_pages - 1
    page = _channel_page(frame, items, number=None, older_url=f"{frame.url}{older}.html" if older > 0 else "")
    path = frame.channel.path
    publisher.write(index_path(path), render_page("channel.html", page, theme=publisher.pages.site.theme))
    write_feeds(publisher, title=f"{page.name} - {page.frame.name}", url=frame.url, items=items)


def write_list_page(publisher: SitePublisher, channel_id: int, number: int) -> None:
    """Write a frozen list page, if it is full; the first time also the one before it, which links to it."""
    full_pages = get_full_pages(channel_id)
    if not 0 < number <= full_pages:
        return
    frame = publisher.pages.channels[channel_id]
    is_new = not has_file(publisher.site_id, list_path(frame.channel.path, number))
    writer = ListWriter(publisher.pages.site.theme)
    for each in (number - 1, number) if is_new and number > 1 else (number,):
        page = frozen_page(frame, each, full_pages, list_page_items(channel_id, each))
        publisher.write(list_path(frame.channel.path, each), writer.render(page))


def frozen_page(frame: ChannelFrame, number: int, full_pages: int, items: Sequence[ShownItem]) -> ChannelPage:
    """Return a frozen list page.

    Args:
        frame: The channel.
        number: Of the page, counted from the oldest.
        full_pages: How many frozen pages the channel has.
        items: The newest first.
    """
    return _channel_page(
        frame,
        items,
        number=number,
        older_url=f"{frame.url}{number - 1}.html" if number > 1 else "",
        newer_url=f"{frame.url}{number + 1}.html" if number < full_pages else frame.url,
    )


def _channel_page(
    frame: ChannelFrame,
    items: Sequence[ShownItem],
    *,
    number: int | None,
    older_url: str,
    newer_url: str = "",
) -> ChannelPage:
    return ChannelPage(
        frame=frame.frame,
        name=frame.channel.name,
        url=frame.url,
        breadcrumbs=frame.breadcrumbs,
        siblings=frame.siblings,
        items=tuple(item.list_item for item in items),
        number=number,
        older_url=older_url,
        newer_url=newer_url,
        feed_url=f"{frame.url}feed.xml",
        atom_url=f"{frame.url}atom.xml",
        archived_on=frame.archived_on,
        column_type=frame.column_type,
    )


def write_home(publisher: SitePublisher) -> None:
    """Write a site's home page and its feeds."""
    pages = publisher.pages
    newest = list_newest_of_site(publisher.site_id, LEAD_WINDOW)
    lead = [item.list_item for item in newest if item.entry.picture][:LEAD_ITEMS]
    chosen = [channel for channel in pages.channels.listed if channel.home_position is not None]
    chosen.sort(key=lambda channel: (channel.home_position or 0, channel.pk))
    sections = tuple(
        Section(frame.channel.name, frame.url, tuple(item.list_item for item in _section_items(frame)))
        for frame in (pages.channels[channel.pk] for channel in chosen)
    )
    page = HomePage(frame=pages.frame, lead=tuple(lead), sections=sections)
    publisher.write("index.html", render_page("home.html", page, theme=pages.site.theme))
    write_feeds(publisher, title=pages.frame.name, url="/", items=newest)


def _section_items(frame: ChannelFrame) -> list[ShownItem]:
    own = list_older(frame.channel.pk, _NEWEST, SECTION_ITEMS)
    return own or list_newest_of_channels(frame.child_ids, SECTION_ITEMS)

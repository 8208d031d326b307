"""RSS 2.0 and Atom 1.0 feeds of a site and of each of its channels.

Nothing in them depends on the moment of writing: the same state gives the same
bytes. An item has one identity in all feeds of a site, whichever channel's
feed names it: a tag: address that stays the same when the item is placed
elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jiyue.library.media.recordings import PLAYED_TYPES
from jiyue.publishing.addresses import media_path
from jiyue.publishing.entries import ShownItem
from jiyue.publishing.models import OutputFile
from jiyue.publishing.pages import SiteFrame
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.xml_text import DECLARATION, rfc_2822, rfc_3339, xml_text

FEED_ITEMS = 20
RSS_NAME = "feed.xml"
ATOM_NAME = "atom.xml"
GENERATOR = "Jiyue"

_NAMESPACES = 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_NEVER = "1970-01-01 08:00"  # Atom wants a moment also of a feed that never had an item


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says, in either format.

    Attributes:
        title: Its name.
        url: Site-relative address of the page it belongs to; the feeds lie beside it.
        items: The newest first.
        categories: Names of the site's channels by path.
        sizes: Bytes of the recordings that items play, by media name.
    """

    frame: SiteFrame
    title: str
    url: str
    items: Sequence[ShownItem]
    categories: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def changed_at(self) -> str:
        """Moment of the newest change in it."""
        return max((item.entry.changed_at for item in self.items), default=_NEVER)

    def identity(self, item: ShownItem) -> str:
        """The item's tag: address (RFC 4151): the site's name, the year of publication, the item's number."""
        host, year = self.frame.primary_domain, item.entry.published_at[:4]
        return f"tag:{host},{year}:{item.resource_id}"

    def category(self, item: ShownItem) -> str:
        """Name of the channel under which the item's address lies; "" when that channel has moved."""
        return self.categories.get(item.path.rsplit("/", 2)[0], "")

    def author(self, item: ShownItem) -> str:
        """Who wrote it, else where it is from, else the site's sponsor."""
        return item.entry.author or item.entry.source or self.frame.sponsor or self.frame.name


def write_feeds(publisher: SitePublisher, *, title: str, url: str, items: Sequence[ShownItem]) -> None:
    """Write both feeds of a page beside it.

    Args:
        publisher: The site.
        title: Name of the feeds.
        url: Site-relative address of the page, ending in "/".
        items: The newest first; the first `FEED_ITEMS` are told.
    """
    newest = items[:FEED_ITEMS]
    feed = Feed(
        frame=publisher.pages.frame,
        title=title,
        url=url,
        items=newest,
        categories={channel.path: channel.name for channel in publisher.pages.channels.listed},
        sizes=_sizes_of(publisher.site_id, newest),
    )
    folder = url.lstrip("/")
    publisher.write(f"{folder}{RSS_NAME}", render_rss(feed))
    publisher.write(f"{folder}{ATOM_NAME}", render_atom(feed))


def _sizes_of(site_id: int, items: Sequence[ShownItem]) -> dict[str, int]:
    names = {media_path(item.entry.recording): item.entry.recording for item in items if item.entry.recording}
    if not names:
        return {}
    rows = OutputFile.objects.filter(site=site_id, path__in=names).values_list("path", "size_bytes")
    return {names[path]: size for path, size in rows}


def render_rss(feed: Feed) -> str:
    """Return an RSS 2.0 feed."""
    base = xml_text(feed.frame.base_url)
    built = f"<lastBuildDate>{rfc_2822(feed.changed_at)}</lastBuildDate>" if feed.items else ""
    return (
        f'{DECLARATION}<rss version="2.0" {_NAMESPACES}><channel>\n'
        f"<title>{xml_text(feed.title)}</title><link>{base}{feed.url}</link>"
        f'<atom:link href="{base}{feed.url}{RSS_NAME}" rel="self" type="application/rss+xml"/>\n'
        f"<description>{xml_text(feed.title)}</description><language>{feed.frame.language}</language>"
        f"{built}<generator>{GENERATOR}</generator>\n"
        f"{''.join(_rss_item(feed, item, base) for item in feed.items)}</channel></rss>\n"
    )


def _rss_item(feed: Feed, item: ShownItem, base: str) -> str:
    entry, category = item.entry, xml_text(feed.category(item))
    in_category = f"<category>{category}</category>" if category else ""
    recording = _recording(feed, item, base, '<enclosure url="{}" length="{}" type="{}"/>')
    return (
        f"<item><title>{xml_text(entry.title)}</title><link>{base}{item.url}</link>"
        f'<guid isPermaLink="false">{xml_text(feed.identity(item))}</guid>'
        f"<pubDate>{rfc_2822(entry.published_at)}</pubDate>"
        f"<dc:creator>{xml_text(feed.author(item))}</dc:creator>"
        f"{in_category}{recording}"
        f"<description>{xml_text(entry.summary or entry.title)}</description></item>\n"
    )


def render_atom(feed: Feed) -> str:
    """Return an Atom 1.0 feed (RFC 4287)."""
    frame = feed.frame
    base = xml_text(frame.base_url)
    return (
        f'{DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{frame.language}">\n'
        f"<id>{base}{feed.url}{ATOM_NAME}</id><title>{xml_text(feed.title)}</title>"
        f"<updated>{rfc_3339(feed.changed_at)}</updated>\n"
        f'<link rel="self" type="application/atom+xml" href="{base}{feed.url}{ATOM_NAME}"/>'
        f'<link rel="alternate" type="text/html" href="{base}{feed.url}"/>\n'
        f"<author><name>{xml_text(frame.sponsor or frame.name)}</name></author>"
        f"<generator>{GENERATOR}</generator>\n"
        f"{''.join(_atom_entry(feed, item, base) for item in feed.items)}</feed>\n"
    )


def _atom_entry(feed: Feed, item: ShownItem, base: str) -> str:
    entry, category = item.entry, xml_text(feed.category(item))
    in_category = f'<category term="{category}"/>' if category else ""
    recording = _recording(feed, item, base, '<link rel="enclosure" href="{}" length="{}" type="{}"/>')
    return (
        f"<entry><id>{xml_text(feed.identity(item))}</id><title>{xml_text(entry.title)}</title>"
        f'<link rel="alternate" type="text/html" href="{base}{item.url}"/>'
        f"{recording}<published>{rfc_3339(entry.published_at)}</published>"
        f"<updated>{rfc_3339(entry.changed_at)}</updated>"
        f"<author><name>{xml_text(feed.author(item))}</name></author>"
        f"{in_category}<summary>{xml_text(entry.summary or entry.title)}</summary></entry>\n"
    )


def _recording(feed: Feed, item: ShownItem, base: str, element: str) -> str:
    """Name the item's first recording, once its file is out."""
    name = item.entry.recording
    if name not in feed.sizes:
        return ""
    content_type = PLAYED_TYPES[name.rpartition(".")[2]]
    return element.format(f"{base}/{media_path(name)}", feed.sizes[name], content_type)

"""RSS feeds, sitemaps and robots.txt.

Nothing in them depends on the moment of writing: the same state gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from django.utils import timezone

from jiyue.publishing.addresses import sitemap_path
from jiyue.publishing.entries import MOMENT_FORMAT, ShownItem
from jiyue.publishing.pages import SiteFrame

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _text(value: str) -> str:
    """Escape text and leave out characters that XML can't hold."""
    return escape("".join(char for char in value if char >= " " or char in "\t\n"), {'"': "&quot;"})


def render_feed(frame: SiteFrame, *, title: str, url: str, feed_url: str, items: Sequence[ShownItem]) -> str:
    """Return an RSS 2.0 feed.

    Args:
        frame: The site.
        title: Name of the feed.
        url: Site-relative address of the page it belongs to.
        feed_url: Site-relative address of the feed itself.
        items: The newest first.
    """
    base = _text(frame.base_url)
    entries = "".join(
        f"<item><title>{_text(item.entry.title)}</title><link>{base}{item.url}</link>"
        f'<guid isPermaLink="true">{base}{item.url}</guid>'
        f"<pubDate>{_rfc_2822(item.entry.published_at)}</pubDate>"
        f"<description>{_text(item.entry.summary or item.entry.title)}</description></item>\n"
        for item in items
    )
    return (
        f'{_DECLARATION}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{_text(title)}</title><link>{base}{url}</link>"
        f'<atom:link href="{base}{feed_url}" rel="self" type="application/rss+xml"/>\n'
        f"<description>{_text(title)}</description><language>{frame.language}</language>\n"
        f"{entries}</channel></rss>\n"
    )


def _rfc_2822(moment: str) -> str:
    naive = datetime.strptime(moment, MOMENT_FORMAT)  # noqa: DTZ007 - the zone follows
    return format_datetime(timezone.make_aware(naive))


def render_sitemap(frame: SiteFrame, addresses: Iterable[tuple[str, str]]) -> str:
    """Return one part of a sitemap.

    Args:
        frame: The site.
        addresses: Site-relative address and day of the last change ("" when not stated).
    """
    base = _text(frame.base_url)
    entries = "".join(
        f"<url><loc>{base}{url}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
        for url, day in addresses
    )
    return f'{_DECLARATION}<urlset xmlns="{_SITEMAP_NAMESPACE}">\n{entries}</urlset>\n'


def render_sitemap_index(frame: SiteFrame, last_shard: int) -> str:
    """Return the index of the parts 0 to `last_shard` of a site's sitemap."""
    base = _text(frame.base_url)
    entries = "".join(
        f"<sitemap><loc>{base}/{sitemap_path(shard)}</loc></sitemap>\n" for shard in range(last_shard + 1)
    )
    return f'{_DECLARATION}<sitemapindex xmlns="{_SITEMAP_NAMESPACE}">\n{entries}</sitemapindex>\n'


def render_robots(frame: SiteFrame) -> str:
    """Return robots.txt: pages are open, forms and searches aren't worth a crawler's time."""
    closed = "".join(
        f"Disallow: {url}\n" for url in (frame.search_url, frame.correction_url, frame.comment_url)
    )
    return f"User-agent: *\n{closed}\nSitemap: {frame.base_url}/sitemap.xml\n"

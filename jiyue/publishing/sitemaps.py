"""Sitemap parts and robots.txt.

Parts are numbered from the oldest placement, so that a publication changes the
last one only. 1,000 addresses a part stay far below the protocol's 50,000
addresses and 50 MB; the index may name 50,000 parts.

Source: CQ (十一) (PUB-20); sitemaps.org protocol 0.9.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from jiyue.publishing.addresses import sitemap_path
from jiyue.publishing.manifest import has_file
from jiyue.publishing.pages import SiteFrame
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import get_last_shard, list_sitemap_rows
from jiyue.publishing.webarchive.captured import list_map_paths
from jiyue.publishing.xml_text import DECLARATION, rfc_3339, xml_text

INDEX = "sitemap.xml"

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class MappedPage:
    """One address in a sitemap.

    Attributes:
        url: Site-relative.
        changed_at: "2026-11-21 09:30", Asia/Shanghai; "" when not stated.
        is_archived: A page of the web archive doesn't change any more.
    """

    url: str
    changed_at: str = ""
    is_archived: bool = False


def write_shard(publisher: SitePublisher, shard: int) -> None:
    """Write one part; a new part also changes the index."""
    if not 0 < shard <= get_last_shard(publisher.site_id):
        return
    is_new = not has_file(publisher.site_id, sitemap_path(shard))
    pages = [
        MappedPage(f"/{path}", entry["changed_at"], bool(entry["archived_on"]))
        for path, entry in list_sitemap_rows(publisher.site_id, shard)
    ]
    publisher.write(sitemap_path(shard), render_sitemap(publisher.pages.frame, pages))
    if is_new:
        write_index(publisher)


def write_index(publisher: SitePublisher) -> None:
    """Write the index of all parts."""
    last = get_last_shard(publisher.site_id)
    captured = list_map_paths(publisher.site_id)
    publisher.write(INDEX, render_sitemap_index(publisher.pages.frame, last, captured))


def write_channel_part(publisher: SitePublisher) -> None:
    """Write part 0: home page, site map for people and channels."""
    urls = ["/", "/sitemap.html", *(frame.url for frame in publisher.pages.channels.values())]
    pages = [MappedPage(url) for url in urls]
    publisher.write(sitemap_path(0), render_sitemap(publisher.pages.frame, pages))


def render_sitemap(frame: SiteFrame, pages: Iterable[MappedPage]) -> str:
    """Return one part of a sitemap; a part without a page names the home page, as the protocol wants one."""
    base = xml_text(frame.base_url)
    entries = "".join(_page(base, page) for page in pages) or _page(base, MappedPage("/"))
    return f'{DECLARATION}<urlset xmlns="{_NAMESPACE}">\n{entries}</urlset>\n'


def _page(base: str, page: MappedPage) -> str:
    changed = f"<lastmod>{rfc_3339(page.changed_at)}</lastmod>" if page.changed_at else ""
    never = "<changefreq>never</changefreq>" if page.is_archived else ""
    return f"<url><loc>{base}{page.url}</loc>{changed}{never}</url>\n"


def render_sitemap_index(frame: SiteFrame, last_shard: int, captured: Iterable[str] = ()) -> str:
    """Return the index of the parts 0 to `last_shard` of a sitemap, and of captured pages' parts."""
    base = xml_text(frame.base_url)
    paths = (*(sitemap_path(shard) for shard in range(last_shard + 1)), *captured)
    entries = "".join(f"<sitemap><loc>{base}/{path}</loc></sitemap>\n" for path in paths)
    return f'{DECLARATION}<sitemapindex xmlns="{_NAMESPACE}">\n{entries}</sitemapindex>\n'


def render_robots(frame: SiteFrame) -> str:
    """Return robots.txt: pages are open, forms and searches aren't worth a crawler's time."""
    closed = "".join(
        f"Disallow: {url}\n" for url in (frame.search_url, frame.correction_url, frame.comment_url)
    )
    return f"User-agent: *\n{closed}\nSitemap: {frame.base_url}/sitemap.xml\n"

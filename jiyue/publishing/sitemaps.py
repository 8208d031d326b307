"""Sitemap parts: numbered from the oldest placement, so that a publication changes the last one only."""

from jiyue.publishing.addresses import sitemap_path
from jiyue.publishing.feeds import render_sitemap, render_sitemap_index
from jiyue.publishing.manifest import has_file
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import get_last_shard, list_sitemap_rows

INDEX = "sitemap.xml"


def write_shard(publisher: SitePublisher, shard: int) -> None:
    """Write one part; a new part also changes the index."""
    if not 0 < shard <= get_last_shard(publisher.site_id):
        return
    is_new = not has_file(publisher.site_id, sitemap_path(shard))
    rows = [(f"/{path}", day) for path, day in list_sitemap_rows(publisher.site_id, shard)]
    publisher.write(sitemap_path(shard), render_sitemap(publisher.pages.frame, rows))
    if is_new:
        write_index(publisher)


def write_index(publisher: SitePublisher) -> None:
    """Write the index of all parts."""
    last = get_last_shard(publisher.site_id)
    publisher.write(INDEX, render_sitemap_index(publisher.pages.frame, last))


def write_channel_part(publisher: SitePublisher) -> None:
    """Write part 0: home page and channels."""
    urls = ["/", *(frame.url for frame in publisher.pages.channels.values())]
    publisher.write(sitemap_path(0), render_sitemap(publisher.pages.frame, [(url, "") for url in urls]))

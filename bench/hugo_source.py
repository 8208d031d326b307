"""Our published site as content of Hugo's, so that both build the same pages.

Import after `open_platform`.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.hugo import HugoArticle, HugoChannel, write_site
from jiyue.library.models import Edition
from jiyue.publishing.entries import local_moment
from jiyue.publishing.frames import load_site_pages
from jiyue.publishing.models import Placement
from jiyue.publishing.qr import draw_qr
from jiyue.sites.models import Channel, Site


def write_hugo_source(source: Path, site: Site, channels: list[Channel]) -> None:
    """Write the site's articles and our theme as Hugo reads them."""
    frame = load_site_pages(site.pk).frame
    sections = [HugoChannel(channel.path, channel.name, _articles(channel)) for channel in channels]
    write_site(source, frame, sections, qr_svg=draw_qr(f"{frame.base_url}/c0/202610/1.html"))


def _articles(channel: Channel) -> Iterator[HugoArticle]:
    placements = Placement.objects.filter(channel=channel).order_by("sequence")
    rows = placements.values_list(
        "path", "resource__live__first_published_at", "resource__live__edition__content_json"
    )
    for path, published_at, data in rows.iterator():
        content = Edition(content_json=data).content
        yield HugoArticle(
            url=f"/{path}",
            title=content.title,
            published_at=local_moment(published_at),
            source=content.source,
            summary=content.summary,
            body_html=content.body_html,
        )

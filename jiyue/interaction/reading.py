"""What readers read most: totals of public items, as those who look after a site see them.

Source: NT 页首 (PUB-14); CQ (十一) (PUB-20).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Sum

from jiyue.core.text import spreadsheet_safe
from jiyue.interaction.models import PageViews
from jiyue.publishing.models import Placement
from jiyue.publishing.visits.tables import csv_text
from jiyue.sites.models import Site

SHOWN_ITEMS = 20
EXPORTED_ITEMS = 1_000  # lines of the CSV file


@dataclass(frozen=True)
class ReadItem:
    """A public item of a site.

    Attributes:
        title: As the site's lists show it.
        path: Of its oldest page on the site, without leading slash.
        placed_at: When that page was first placed.
        count: How often it was read since then, on all sites together.
    """

    title: str
    path: str
    placed_at: datetime
    count: int


def _views_of(site_id: int) -> QuerySet[PageViews]:
    live = Placement.objects.filter(site=site_id, is_live=True, resource=OuterRef("pk"))
    return PageViews.objects.filter(Exists(live), count__gt=0)


def count_reads(site_id: int) -> int:
    """How often the items that a site shows today were read, on all sites together."""
    return int(_views_of(site_id).aggregate(total=Sum("count"))["total"] or 0)


def list_most_read(site_id: int, limit: int = SHOWN_ITEMS) -> list[ReadItem]:
    """The most read items that a site shows today, the most read first; two queries."""
    counts = dict(_views_of(site_id).order_by("-count", "pk").values_list("pk", "count")[:limit])
    pages: dict[int, Placement] = {}
    for placement in Placement.objects.filter(
        site=site_id, is_live=True, resource__in=counts, entry_json__isnull=False
    ).order_by("pk"):
        pages.setdefault(placement.resource_id, placement)
    return [
        ReadItem(pages[pk].shown_title, pages[pk].path, pages[pk].placed_at, count)
        for pk, count in counts.items()
        if pk in pages
    ]


def export_most_read(site: Site) -> str:
    """The most read items of a site as CSV, at most `EXPORTED_ITEMS`."""
    base = site.base_url.rstrip("/")
    return csv_text(
        ["title", "address", "published", "views"],
        [
            [spreadsheet_safe(row.title), f"{base}/{row.path}", row.placed_at.isoformat(), row.count]
            for row in list_most_read(site.pk, EXPORTED_ITEMS)
        ],
    )

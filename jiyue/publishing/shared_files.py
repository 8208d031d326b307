"""Files that all pages of a site share, and what a new frame makes necessary."""

from datetime import timedelta

from django.db.models import F, Max

from jiyue.core import clock
from jiyue.core.models import OutboxPriority
from jiyue.publishing import topics
from jiyue.publishing.error_pages import render_error_pages
from jiyue.publishing.frames import SitePages
from jiyue.publishing.models import OutputFile, Placement, PublishedSite
from jiyue.publishing.mourning import MOURNING_PATH, mourning_stylesheet
from jiyue.publishing.pages import SitemapPage
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import NEWEST_PART
from jiyue.publishing.sitemaps import render_robots, write_channel_part, write_index
from jiyue.publishing.theme import render_page
from jiyue.publishing.topics import STRETCH_PAGES
from jiyue.publishing.webarchive.captured import count_parts
from jiyue.publishing.work.batches import Work, open_batch
from jiyue.publishing.work.enums import BatchKind

ASSET_GRACE_DAYS = 30  # copies of old pages in caches still ask for the files they were written with
NEWEST_PAGES = 1_000  # of a site, shown in a new frame before the archive


def asset_paths(pages: SitePages) -> dict[str, bytes]:
    """Theme files and marks of a site by path; the folder's name changes with their content.

    The stylesheet of mourning alone keeps its address, so that no page changes with it.
    """
    files = {f"assets/{pages.assets.version}/{name}": data for name, data in pages.assets.files.items()}
    return {MOURNING_PATH: mourning_stylesheet(pages.site), **files}


def write_shared_files(publisher: SitePublisher) -> None:
    """Write theme files, marks, robots.txt, error pages, the site map for people and the sitemap index."""
    for path, data in asset_paths(publisher.pages).items():
        publisher.write(path, data)
    frame = publisher.pages.frame
    publisher.write("robots.txt", render_robots(frame))
    for path, page in render_error_pages(frame, theme=publisher.pages.site.theme).items():
        publisher.write(path, page)
    sitemap = render_page("sitemap.html", SitemapPage(frame), theme=publisher.pages.site.theme)
    publisher.write("sitemap.html", sitemap)
    write_channel_part(publisher)
    write_index(publisher)
    _remove_old_assets(publisher)


def _remove_old_assets(publisher: SitePublisher) -> None:
    current = f"assets/{publisher.pages.assets.version}/"
    old = OutputFile.objects.filter(
        site=publisher.site_id,
        path__startswith="assets/",
        written_at__lt=clock.now() - timedelta(days=ASSET_GRACE_DAYS),
    ).exclude(path__startswith=current)
    for path in old.values_list("path", flat=True):
        publisher.remove(path)


def ask_for_new_frame(publisher: SitePublisher) -> None:
    """If the pages look different now, ask for all of them, in the caller's transaction.

    Home and newest lists come at once, then the newest pages of the whole site,
    then the archive, newest first. Urgent publications overtake it.
    """
    pages = publisher.pages
    row, _is_new = PublishedSite.objects.get_or_create(site_id=publisher.site_id)
    if row.frame_digest == pages.digest:
        return
    requests = topics.Requests()
    requests.add(topics.HOME, pages.site.pk, OutboxPriority.URGENT)
    requests.add_all(topics.CHANNEL, pages.channels, OutboxPriority.URGENT)
    if row.frame_digest:  # else nothing was written in another frame
        open_batch(kind=BatchKind.FRAME, site_id=pages.site.pk, work=_work_of_new_frame(pages))
    requests.send()
    PublishedSite.objects.filter(pk=row.pk).update(frame_digest=pages.digest)


def _work_of_new_frame(pages: SitePages) -> list[Work]:
    """The newest pages of the whole site in the urgent lane, unless a stretch holds them all; the archive."""
    site_id = pages.site.pk
    newest = Placement.objects.filter(site=site_id, is_live=True)[:NEWEST_PAGES].count()
    parts = range(-(-newest // NEWEST_PART)) if newest > NEWEST_PART else ()
    first = [Work(topics.NEWEST, topics.pair(site_id, part), OutboxPriority.URGENT) for part in parts]
    captured = [Work(topics.CAPTURED, topics.pair(site_id, part)) for part in range(count_parts(site_id))]
    return first + [Work(topics.ARCHIVE, key) for key in stretches(pages)] + captured


def stretches(pages: SitePages) -> list[str]:
    """Keys of the steps through a site's archive, the one with the newest page first."""
    number = (F("list_page") - 1) / STRETCH_PAGES
    placed = Placement.objects.filter(channel__in=list(pages.channels)).values_list("channel_id", number)
    newest_first = placed.annotate(newest=Max("site_sequence")).order_by("-newest")
    return [topics.pair(channel_id, age * STRETCH_PAGES + 1) for channel_id, age, _newest in newest_first]

"""Writing captured pages: in the site's frame, with the archive mark and both days."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import outbox
from jiyue.core.files import read_file
from jiyue.core.models import OutboxPriority
from jiyue.publishing import topics
from jiyue.publishing.models import OutputFile
from jiyue.publishing.pages import CapturedPageView, Link, SiteFrame
from jiyue.publishing.publisher import SitePublisher, publishing
from jiyue.publishing.sitemaps import MappedPage, render_sitemap, write_index
from jiyue.publishing.theme import render_page
from jiyue.publishing.webarchive.captured import (
    FOLDER,
    MAP_PART,
    PART,
    address_of,
    captured_paths,
    count_parts,
    file_path,
    list_captured,
    list_map_paths,
    map_path,
)
from jiyue.publishing.webarchive.models import CapturedFile, CapturedPage
from jiyue.publishing.webarchive.moving import get_redirects, write_table


@outbox.handles(topics.CAPTURED)
def publish_captured(keys: Sequence[str]) -> None:
    """Write parts of the captured pages of sites; the first part also removes what isn't public."""
    for key in keys:
        site_id, part = topics.parse_pair(key)
        with publishing(site_id) as publisher:
            write_captured(publisher, part)


def write_captured(publisher: SitePublisher, part: int) -> None:
    """Write one part and record it, the site being locked by `publishing`."""
    pages = list(list_captured(publisher.site_id)[part * PART : (part + 1) * PART])
    for page in pages:
        publisher.write(page.path, render_captured(publisher.pages.frame, page, publisher.pages.site.theme))
    _write_files(publisher, pages)
    if part == 0:
        _remove_others(publisher)
        _write_maps(publisher)
    publisher.flush()
    with transaction.atomic():
        publisher.save_manifest()
    if part == 0:
        write_table(publisher.pages.site.key, get_redirects(publisher.site_id))


def render_captured(frame: SiteFrame, page: CapturedPage, theme: str) -> str:
    """Return a captured page as visitors read it."""
    url = address_of(page.path)
    view = CapturedPageView(
        frame=frame,
        title=page.title,
        url=url,
        canonical_url=f"{frame.base_url}{url}",
        body_html=page.body_html,
        original_address=page.original_address,
        captured_on=page.capture.captured_on.isoformat(),
        archived_on=page.archived_on.isoformat() if page.archived_on else "",
        breadcrumbs=(Link(_("Home"), "/"), Link(page.title, url)),
    )
    return render_page("captured.html", view, theme=theme)


def ask_for_captured(requests: topics.Requests, site_id: int, paths: set[str]) -> None:
    """Add whatever writes captured pages, their files and maps at these paths."""
    if not paths & set(captured_paths(site_id)):
        return
    for part in range(count_parts(site_id)):
        requests.add(topics.CAPTURED, topics.pair(site_id, part), OutboxPriority.URGENT)


def _write_files(publisher: SitePublisher, pages: Sequence[CapturedPage]) -> None:
    wanted = {(page.capture_id, name) for page in pages for name in page.names}
    rows = CapturedFile.objects.filter(
        capture__in={capture for capture, _name in wanted}, name__in={name for _capture, name in wanted}
    )
    written: set[str] = set()
    for row in rows.select_related("file").order_by("pk"):
        if (row.capture_id, row.name) in wanted and row.name not in written:
            written.add(row.name)
            if not publisher.store.has(file_path(row.name)) or not _is_recorded(publisher, row.name):
                publisher.write(file_path(row.name), read_file(row.file))


def _is_recorded(publisher: SitePublisher, name: str) -> bool:
    return OutputFile.objects.filter(site=publisher.site_id, path=file_path(name)).exists()


def _remove_others(publisher: SitePublisher) -> None:
    expected = set(captured_paths(publisher.site_id))
    rows = OutputFile.objects.filter(site=publisher.site_id)
    for prefix in (f"{FOLDER}/", map_path(0).partition("0")[0]):
        for path in rows.filter(path__startswith=prefix).values_list("path", flat=True):
            if path not in expected:
                publisher.remove(path)


def _write_maps(publisher: SitePublisher) -> None:
    rows = list(list_captured(publisher.site_id).values_list("path", flat=True))
    for number, path in enumerate(list_map_paths(publisher.site_id)):
        own = rows[number * MAP_PART : (number + 1) * MAP_PART]
        pages = [MappedPage(address_of(each), is_archived=True) for each in own]
        publisher.write(path, render_sitemap(publisher.pages.frame, pages))
    write_index(publisher)

"""Captured pages of former sites in an export (SITE-23, ADR 11).

What is public travels: pages, the files they show, the decision of two people.
With history also the originals, and pages that were withdrawn. Captures that
wait for a decision, and files that no travelling page shows, stay at home.
"""

from collections.abc import Iterator

from django.db.models import QuerySet

from jiyue.core.files import read_file
from jiyue.publishing.exporting.archive_marks import DECISION_FIELDS, note_deciders
from jiyue.publishing.exporting.layout import HISTORY, PAGES
from jiyue.publishing.exporting.parts import READ_ROWS, Part, Row, Scope, register
from jiyue.publishing.webarchive.captured import file_path, list_captured
from jiyue.publishing.webarchive.models import Capture, CapturedFile, CapturedPage

CAPTURES = "data/captures"
CAPTURED_FILES = "data/captured_files"
CAPTURED_PAGES = "data/captured_pages"
HISTORY_ARCHIVE = f"{HISTORY}archive/"


def _pages(scope: Scope) -> QuerySet[CapturedPage]:
    if scope.with_history:
        return CapturedPage.objects.filter(site=scope.site, archived_on__isnull=False)
    return list_captured(scope.site.pk)


def _captures(scope: Scope) -> QuerySet[Capture]:
    return Capture.objects.filter(pk__in=_pages(scope).order_by().values("capture"))


def _files(scope: Scope) -> QuerySet[CapturedFile]:
    """Files of the captures that some travelling page shows."""
    shown: dict[int, set[str]] = {}
    for capture, names in _pages(scope).values_list("capture", "names").iterator(READ_ROWS):
        shown.setdefault(capture, set()).update(names)
    rows = CapturedFile.objects.filter(capture__in=list(shown)).values_list("pk", "capture_id", "name")
    return CapturedFile.objects.filter(pk__in=[pk for pk, capture, name in rows if name in shown[capture]])


def _capture(row: Row, scope: Scope) -> Row:
    """What the copy's folder was called stays at home."""
    note_deciders(row, scope)
    return row if scope.with_history else {**row, "source_name": ""}


def _file(row: Row, scope: Scope) -> Row:
    name = str(row["name"])
    folder = f"{PAGES}{file_path('')}" if name in scope.captured_names else HISTORY_ARCHIVE
    return {**row, "file": f"{folder}{name}"}


def _page(row: Row, scope: Scope) -> Row:
    if row["withdrawn_by_person_id"]:
        scope.person_ids.add(row["withdrawn_by_person_id"])
    return {**row, "original_file": _original_path(int(row["id"])) if scope.with_history else ""}


def _original_path(page_id: int) -> str:
    return f"{HISTORY_ARCHIVE}{page_id}.txt"


def list_history_files(scope: Scope) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of what only the archive authority gets: originals, files of withdrawn pages.

    Raises:
        FileDamaged: The private store has lost or changed one.
    """
    if not scope.with_history:
        return
    for page in _pages(scope).select_related("original").order_by("pk").iterator(READ_ROWS):
        yield _original_path(page.pk), read_file(page.original)
    written: set[str] = set(scope.captured_names)
    for file in _files(scope).select_related("file").order_by("pk"):
        if file.name not in written:
            written.add(file.name)
            yield f"{HISTORY_ARCHIVE}{file.name}", read_file(file.file)


register(
    [
        Part(
            CAPTURES,
            Capture,
            (
                *("id", "site", "source_name", "captured_on", "taken_in_at", "manifest_digest"),
                *("page_count", "file_count"),
                *DECISION_FIELDS,
            ),
            _captures,
            outgoing=_capture,
            incoming=None,
        ),
        Part(
            CAPTURED_FILES,
            CapturedFile,
            ("id", "capture", "key", "name", "original_sm3", "file__sm3"),
            _files,
            outgoing=_file,
            incoming=None,
        ),
        Part(
            CAPTURED_PAGES,
            CapturedPage,
            (
                *("id", "capture", "key", "path", "title", "body_html", "names", "original_address"),
                *("original_sm3", "archived_on", "withdrawn_on", "withdrawn_by_person_id"),
                "withdrawal_reason",
            ),
            _pages,
            outgoing=_page,
            incoming=None,
        ),
    ]
)

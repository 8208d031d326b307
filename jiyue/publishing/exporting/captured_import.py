"""Taking in captured pages of former sites: same addresses, days and decision, nothing that wasn't cleaned.

Every value passes the rules that a capture obeys: pages lie below the archive,
bodies are as the cleaner leaves them, files are pictures and documents named by
their content, and the two-person decision names this capture and its digest.

Source: GL 三(二)3 (SITE-23); product decision, ADR 10, 11.
"""

import re
from collections import Counter
from datetime import date
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from jiyue.core import clock, crypto, outbox
from jiyue.core.audit import AuditActor
from jiyue.core.files import store_file
from jiyue.core.models import OutboxPriority, PrivateFile
from jiyue.library.richtext import html_to_text
from jiyue.publishing.addresses import check_path
from jiyue.publishing.exporting.archive_marks import store_decision, without_decision
from jiyue.publishing.exporting.captured_pages import (
    CAPTURED_FILES,
    CAPTURED_PAGES,
    CAPTURES,
    HISTORY_ARCHIVE,
)
from jiyue.publishing.exporting.layout import PAGES, ImportRefused, damaged
from jiyue.publishing.exporting.parts import Keys, Row
from jiyue.publishing.exporting.records import batches
from jiyue.publishing.exporting.sources import ExportReader
from jiyue.publishing.webarchive.announcements import CAPTURED_SHOWN
from jiyue.publishing.webarchive.capture_pages import is_clean, shown_names
from jiyue.publishing.webarchive.capture_sources import MAX_FILE_BYTES, is_plain_key
from jiyue.publishing.webarchive.captured import FILES, FOLDER, file_path, list_captured
from jiyue.publishing.webarchive.capturing import (
    CAPTURE_TOPIC,
    DOCUMENTS,
    PURPOSE,
    manifest_digest,
    show,
)
from jiyue.publishing.webarchive.models import Capture, CapturedFile, CapturedPage
from jiyue.publishing.webarchive.moving import MOVED_TOPIC
from jiyue.publishing.webarchive.services import unit_of
from jiyue.sites.models import Site

_BATCH = 100  # pages in one INSERT
_PICTURES = frozenset({"jpg", "png", "webp"})
_BOUNDED = frozenset({"key", "path", "title", "original_address", "original_sm3"})
_FILE_NAME = re.compile(r"[0-9a-f]{32}\.([a-z0-9]{1,8})\Z")
_SM3 = re.compile(r"[0-9a-f]{64}\Z")


class CapturedImport:
    """Stores the captures of one export, in the caller's transaction.

    Args:
        reader: The export, its signature checked.
        site: The site, stored already.
        keys: Own keys of people and accounts.
        actor: Who imports.
    """

    def __init__(self, reader: ExportReader, site: Site, keys: Keys, actor: AuditActor):
        self._reader = reader
        self._site = site
        self._keys = keys
        self._actor = actor
        self._unit = unit_of(site)
        self._captures: dict[int, Capture] = {}
        self._names: dict[int, set[str]] = {}
        self._stored: dict[str, PrivateFile] = {}

    def take_in(self) -> dict[str, int]:
        """Store everything and ask for the pages; return how many rows each part had.

        Raises:
            ImportRefused: Something isn't as a capture leaves it.
            DomainError: The private store refuses a file.
            KeyError, TypeError, ValueError, ValidationError, IntegrityError: Rows don't fit together.
        """
        counts: Counter[str] = Counter()
        for row in self._reader.rows(f"{CAPTURES}.jsonl"):
            self._store_capture(row)
            counts[CAPTURES] += 1
        for row in self._reader.rows(f"{CAPTURED_FILES}.jsonl"):
            self._store_file(row)
            counts[CAPTURED_FILES] += 1
        for rows in batches(self._reader.rows(f"{CAPTURED_PAGES}.jsonl"), _BATCH):
            self._store_pages(rows)
            counts[CAPTURED_PAGES] += len(rows)
        for capture in self._captures.values():
            _require_whole(capture)
        if counts[CAPTURES]:
            show(self._site.pk)
            CAPTURED_SHOWN.announce(list(list_captured(self._site.pk).values_list("pk", flat=True)))
        outbox.request(MOVED_TOPIC, self._site.pk, priority=OutboxPriority.BULK)
        return dict(counts)

    def _store_capture(self, row: Row) -> None:
        own = without_decision(row)
        own["source_name"] = own["source_name"] or _("copy of a former site")
        if own.pop("site") != self._site.pk:
            raise _differs(CAPTURES)
        change = store_decision(row, self._keys, _("Captured pages of a former site"))
        agreed = {"capture": own["id"], "site": self._site.pk, "digest": own["manifest_digest"]}
        if (
            change.topic != CAPTURE_TOPIC
            or change.subject_key != str(self._site.pk)
            or not agreed.items() <= change.payload.items()
            or change.digest != crypto.sm3_hex(crypto.canonical_json(change.payload))
        ):
            raise _differs(CAPTURES)
        capture = Capture(site=self._site, change=change, **own)
        capture.clean_fields(exclude={"site", "change"})
        if not date(2000, 1, 1) <= capture.captured_on <= clock.today():
            raise _differs(CAPTURES)
        capture.save(force_insert=True)
        self._captures[capture.pk] = capture
        self._names[capture.pk] = set()

    def _store_file(self, row: Row) -> None:
        capture, name, key = self._captures[row["capture"]], str(row["name"]), str(row["key"])
        match = _FILE_NAME.match(name)
        if not match or match[1] not in DOCUMENTS | _PICTURES or not is_plain_key(key):
            raise _differs(name)
        if name not in self._stored:
            if row["file"] not in (f"{PAGES}{file_path(name)}", f"{HISTORY_ARCHIVE}{name}"):
                raise _differs(name)
            self._stored[name] = self._keep(str(row["file"]), name)
        file = self._stored[name]
        if not name.startswith(file.sm3[:32]) or row["file__sm3"] != file.sm3:
            raise _differs(name)
        CapturedFile.objects.create(
            pk=row["id"],
            capture=capture,
            key=key,
            name=name,
            file=file,
            original_sm3=_checked_sm3(row["original_sm3"]),
        )
        self._names[capture.pk].add(name)

    def _store_pages(self, rows: list[Row]) -> None:
        pages = [self._page(row) for row in rows]
        CapturedPage.objects.bulk_create(pages)
        # A trigger lets no page be born public: the day follows, and the decision is there by now.
        for row, page in zip(rows, pages, strict=True):
            archived_on = date.fromisoformat(row["archived_on"])
            if not page.capture.captured_on <= archived_on <= clock.today():
                raise _differs(page.path)
            stored = CapturedPage.objects.filter(pk=page.pk)
            stored.update(archived_on=archived_on)
            if row["withdrawn_on"]:
                stored.update(
                    withdrawn_on=date.fromisoformat(row["withdrawn_on"]),
                    withdrawn_by_person_id=self._keys.people[row["withdrawn_by_person_id"]],
                    withdrawal_reason=str(row["withdrawal_reason"]),
                )

    def _page(self, row: Row) -> CapturedPage:
        capture, path, key = self._captures[row["capture"]], check_path(str(row["path"])), str(row["key"])
        body = str(row["body_html"])
        names = shown_names(body)
        if not names <= self._names[capture.pk] or sorted(names) != row["names"]:
            raise _differs(path)
        is_page = path.startswith(f"{FOLDER}/") and path.endswith(".html")
        if not is_page or path.startswith(f"{FILES}/") or not is_plain_key(key) or not is_clean(body):
            raise _differs(path)
        page = CapturedPage(
            pk=row["id"],
            capture=capture,
            site=self._site,
            key=key,
            path=path,
            title=row["title"],
            body_html=body,
            text=html_to_text(body),
            names=sorted(names),
            original_address=row["original_address"],
            original=self._original(row, path),
            original_sm3=_checked_sm3(row["original_sm3"]),
        )
        others = {each.name for each in CapturedPage._meta.concrete_fields} - _BOUNDED
        page.clean_fields(exclude=others)
        if not f"{page.title}{page.original_address}".isprintable():
            raise _differs(path)
        return page

    def _original(self, row: Row, path: str) -> PrivateFile:
        """The page as it was, where the export brings it; otherwise a note that stands for all of them."""
        source = str(row["original_file"])
        if source:
            if source != f"{HISTORY_ARCHIVE}{int(row['id'])}.txt":
                raise _differs(path)
            return self._keep(source, f"{PurePosixPath(path).stem[:100]}.txt")
        if "" not in self._stored:
            note = _("The originals of these pages stayed with the platform that exported them.")
            self._stored[""] = self._put(note.encode(), "original.txt")
        return self._stored[""]

    def _keep(self, source: str, name: str) -> PrivateFile:
        """Put a file of the export into the private store, read no further than its limit."""
        listed = self._reader.files.get(source)
        if listed is None or listed.size_bytes > MAX_FILE_BYTES:
            raise _differs(source)
        return self._put(b"".join(self._reader.chunks(source)), name)

    def _put(self, data: bytes, name: str) -> PrivateFile:
        return store_file(
            data=data, original_name=name, purpose=PURPOSE, unit_id=self._unit, actor=self._actor
        )


def _require_whole(capture: Capture) -> None:
    """Compare with what two people decided about, where all of it came."""
    pages, files = capture.pages.count(), capture.files.count()
    if not 0 < pages <= capture.page_count or files > capture.file_count:
        raise _differs(CAPTURES)
    is_whole = (pages, files) == (capture.page_count, capture.file_count)
    if is_whole and manifest_digest(capture) != capture.manifest_digest:
        raise _differs(CAPTURES)


def _checked_sm3(value: object) -> str:
    if not isinstance(value, str) or not _SM3.match(value):
        raise _differs(str(value)[:200])
    return value


def _differs(name: str) -> ImportRefused:
    return damaged(_("“%(name)s” differs from what was exported") % {"name": name})

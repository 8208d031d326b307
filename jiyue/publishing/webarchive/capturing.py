"""Taking in pages of a former site: cleaned and stored, public after the decision of two people.

Somebody who looks after the site takes them in and so proposes them; a platform
manager who governs it confirms exactly that list, known by its digest (ADR 11).

Source: GL 三(二)3 (SITE-23).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, crypto, outbox, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.files import PURPOSES, Purpose, store_file
from jiyue.core.models import OutboxPriority, PrivateFile, TwoPersonChange
from jiyue.core.recognising import recognise
from jiyue.core.text import storable
from jiyue.library.media.pictures import PictureLimits, make_picture
from jiyue.organizations.models import StaffAccount
from jiyue.publishing import topics
from jiyue.publishing.webarchive.announcements import CAPTURED_SHOWN
from jiyue.publishing.webarchive.capture_pages import CleanPage, PageCleaner, decoded, give_paths, is_page
from jiyue.publishing.webarchive.capture_sources import CaptureRefused, CopiedSite, Entry, open_copy
from jiyue.publishing.webarchive.captured import count_parts, list_captured
from jiyue.publishing.webarchive.models import Capture, CapturedFile, CapturedPage
from jiyue.publishing.webarchive.services import SHOWN_PAGES, decider_refusal, unit_of
from jiyue.sites.keeping import keeper_refusal
from jiyue.sites.models import Site

CAPTURE_TOPIC = "publishing.capture"
PURPOSE = "publishing.capture"
MAX_PAGES = 2_000  # of one capture: what one person can decide about
MAX_FILES = 5_000
PICTURES = PictureLimits(long_side=1_920, max_bytes=2_000_000)
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")
DOCUMENTS = frozenset({"pdf", "docx", "xlsx", "pptx", "ofd"})


def _nobody(_file: PrivateFile, _actor: AuditActor) -> bool:
    return False  # evidence for the digest; visitors and staff read the cleaned page


PURPOSE_OF_ORIGINALS = Purpose(gettext_lazy("page or file of a former site"), _nobody)


@dataclass
class CaptureReport:
    """What a copy holds.

    Attributes:
        pages: Pages taken in, or that would be.
        files: Pictures and documents.
        left_out: How many files were left out, by the reason.
        capture: None for a dry run.
    """

    pages: int = 0
    files: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    capture: Capture | None = None


@dataclass(frozen=True)
class _Stored:
    """A picture or document as it would be published."""

    name: str
    original_sm3: str
    file: PrivateFile | None


@dataclass(frozen=True)
class _Page:
    entry: Entry
    path: str
    clean: CleanPage
    original: PrivateFile | None
    original_sm3: str


def capture_refusal(site: Site, actor: StaffAccount, captured_on: date) -> DomainError | None:
    """Say why somebody can't take pages of a former site in now, or None."""
    if refusal := keeper_refusal(site, actor):
        return refusal
    if captured_on > clock.today():
        return CaptureRefused(
            _("The day of the copy is in the future."), fix=_("Give the day on which it was made.")
        )
    waiting = TwoPersonChange.objects.filter(topic=CAPTURE_TOPIC, subject_key=str(site.pk), status="waiting")
    if waiting.exists():
        return CaptureRefused(
            _("Captured pages of this site wait for a decision already."),
            fix=_("Have them decided or take the proposal back first."),
        )
    return None


def capture_site(
    *,
    site: Site,
    source: Path,
    captured_on: date,
    reason: str,
    actor: StaffAccount,
    is_dry_run: bool = False,
) -> CaptureReport:
    """Take in the pages of a former site and propose them; nothing is public before the decision.

    Args:
        site: Where they will be shown.
        source: A folder as wget leaves it, or a WARC file.
        captured_on: When the copy was made.
        reason: Why these pages are worth keeping.
        actor: Who looks after the site.
        is_dry_run: Read and clean everything, store nothing.

    Raises:
        NotSiteKeeper: Others look after the site.
        CaptureRefused: See `capture_refusal`; the copy can't be read, holds no page or too much.
        InfectedFile: The virus scanner found something; files stored before stay private.

    Source: GL 三(二)3 (SITE-23).
    """
    if refusal := capture_refusal(site, actor, captured_on):
        raise refusal
    copy = open_copy(source, site.base_url)
    taking = _Taking(site, copy, actor, is_dry_run=is_dry_run)
    pages = taking.read()
    report = CaptureReport(len(pages), len(taking.files), taking.left_out)
    if not pages:
        raise CaptureRefused(
            _("The copy holds no new page that can be kept."),
            fix=_("Look at what was left out, with --dry-run, and at the folder that was given."),
        )
    if not is_dry_run:
        report.capture = _record(site, source.name, captured_on, reason, pages, taking.files, actor)
    return report


class _Taking:
    """One reading of a copy: files and the list of pages first, then the pages."""

    def __init__(self, site: Site, copy: CopiedSite, actor: StaffAccount, *, is_dry_run: bool):
        self._site = site
        self._copy = copy
        self._actor = actor.audit_actor()
        self._unit = unit_of(site)
        self._is_dry_run = is_dry_run
        self.files: dict[str, _Stored] = {}
        self.left_out: Counter[str] = Counter()

    def read(self) -> list[_Page]:
        """Return the pages; `files` and `left_out` are filled."""
        paths = give_paths(self._look())
        public = set(list_captured(self._site.pk).values_list("path", flat=True))
        names = {key: stored.name for key, stored in self.files.items()}
        cleaner = PageCleaner(self._copy.base_url, paths, names)
        pages: dict[str, _Page] = {}
        for entry in self._copy.entries():
            path = paths.get(entry.key)
            if path is None or entry.key in pages or entry.data is None:
                continue
            if path in public:
                self.left_out[_("captured before")] += 1
            elif page := self._page(cleaner, entry, entry.data, path):
                pages[entry.key] = page
        return list(pages.values())

    def _look(self) -> list[str]:
        """Take files in; return the keys of the pages in the order of the copy."""
        keys: dict[str, None] = {}
        for entry in self._copy.entries():
            if entry.data is None:
                self.left_out[_("a link, unreadable or too large")] += 1
            elif entry.key in keys or entry.key in self.files:
                self.left_out[_("there twice")] += 1
            elif is_page(entry.key, entry.data):
                if decoded(entry.data) is None:
                    self.left_out[_("a page in an unknown encoding")] += 1
                else:
                    keys[entry.key] = None
            elif stored := self._file(entry.key, entry.data):
                self.files[entry.key] = stored
            if len(keys) > MAX_PAGES or len(self.files) > MAX_FILES:
                raise CaptureRefused(
                    _("The copy has more than %(pages)d pages or %(files)d pictures and documents.")
                    % {"pages": MAX_PAGES, "files": MAX_FILES},
                    fix=_("Capture the former site section by section."),
                )
        return list(keys)

    def _file(self, key: str, data: bytes) -> _Stored | None:
        """A picture made anew, or a document the platform takes; anything else is left out."""
        try:
            if data.startswith(_PICTURE_STARTS):
                picture = make_picture(data, PICTURES)
                published, extension = picture.data, picture.extension
            else:
                published, extension = data, recognise(data).extension
                if extension not in DOCUMENTS:
                    self.left_out[_("script, style or other text")] += 1
                    return None
        except DomainError:
            self.left_out[_("a picture or document that isn't taken")] += 1
            return None
        name = f"{crypto.sm3_hex(published)[:32]}.{extension}"
        stem = PurePosixPath(key.partition("?")[0]).stem[:100]
        return _Stored(name, crypto.sm3_hex(data), self._store(f"{stem}.{extension}", published))

    def _page(self, cleaner: PageCleaner, entry: Entry, data: bytes, path: str) -> _Page | None:
        text = decoded(data) or ""
        try:
            clean = cleaner.clean(entry.key, entry.address, text)
            if not clean.text.strip() and not clean.names:
                self.left_out[_("a page without text")] += 1
                return None
            kept = text.encode() if b"\0" in data else data  # UTF-16 isn't taken by the private store
            original = self._store(f"{PurePosixPath(path).stem[:100]}.txt", kept)
        except DomainError:
            self.left_out[_("a page that can't be kept as it is")] += 1
            return None
        return _Page(entry, path, clean, original, crypto.sm3_hex(data))

    def _store(self, name: str, data: bytes) -> PrivateFile | None:
        if self._is_dry_run:
            return None
        return store_file(
            data=data, original_name=name, purpose=PURPOSE, unit_id=self._unit, actor=self._actor
        )


@transaction.atomic
def _record(
    site: Site,
    source_name: str,
    captured_on: date,
    reason: str,
    pages: list[_Page],
    files: dict[str, _Stored],
    actor: StaffAccount,
) -> Capture:
    """Store the rows and propose them."""
    capture = Capture.objects.create(
        site=site,
        source_name=storable(source_name)[:200],
        captured_on=captured_on,
        taken_in_at=clock.now(),
        manifest_digest="",
        page_count=len(pages),
        file_count=len(files),
    )
    CapturedFile.objects.bulk_create(
        CapturedFile(capture=capture, key=key, name=each.name, file=each.file, original_sm3=each.original_sm3)
        for key, each in files.items()
    )
    CapturedPage.objects.bulk_create(
        CapturedPage(
            capture=capture,
            site=site,
            key=page.entry.key,
            path=page.path,
            title=page.clean.title,
            body_html=page.clean.body_html,
            text=page.clean.text,
            names=list(page.clean.names),
            original_address=page.entry.address[:1000],
            original=page.original,
            original_sm3=page.original_sm3,
        )
        for page in pages
    )
    digest = manifest_digest(capture)
    change = two_person.propose(
        topic=CAPTURE_TOPIC,
        subject_type="site_capture",
        subject_key=site.pk,
        title=_("Captured pages of a former site: %(name)s") % {"name": site.name},
        payload={"capture": capture.pk, "site": site.pk, "pages": len(pages), "digest": digest},
        reason=reason,
        actor=actor.audit_actor(),
        unit_id=unit_of(site),
    )
    Capture.objects.filter(pk=capture.pk).update(manifest_digest=digest, change=change)
    _write_down("webarchive.captured", capture, actor.audit_actor(), change, digest=digest)
    capture.refresh_from_db()
    return capture


def manifest_digest(capture: Capture) -> str:
    """SM3 over every page and file of a capture: what is decided about."""
    pages = CapturedPage.objects.filter(capture=capture).order_by("path")
    files = CapturedFile.objects.filter(capture=capture).order_by("key")
    rows = [
        [path, title, crypto.sm3_hex(body.encode()), address, original]
        for path, title, body, address, original in pages.values_list(
            "path", "title", "body_html", "original_address", "original_sm3"
        )
    ]
    return crypto.sm3_hex(
        crypto.canonical_json([rows, [list(each) for each in files.values_list("key", "name", "file__sm3")]])
    )


class CaptureTopic:
    """Pages of a former site into the web archive."""

    label: Promise = gettext_lazy("Captured pages of a former site")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers of the site see and decide it."""
        return decider_refusal(int(change.payload["site"]), actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Site, copy, number of pages, digest, some pages."""
        capture = Capture.objects.select_related("site").get(pk=change.payload["capture"])
        rows = [
            (_("Site"), "", capture.site.name),
            (_("Copy"), "", capture.source_name),
            (_("Captured on"), "", capture.captured_on.isoformat()),
            (_("Pages"), "", str(capture.page_count)),
            (_("Pictures and documents"), "", str(capture.file_count)),
            (_("SM3 of the list"), "", capture.manifest_digest),
        ]
        sample = capture.pages.order_by("pk")[:SHOWN_PAGES]
        return rows + [(_("Page"), "", f"{page.title} /{page.path}") for page in sample]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Make the pages public with today's date.

        Raises:
            CaptureRefused: The pages aren't those that were proposed, or an address was taken meanwhile.
        """
        capture = Capture.objects.select_related("site").get(pk=change.payload["capture"])
        Site.objects.select_for_update(of=("self",)).get(pk=capture.site_id)
        public = list_captured(capture.site_id).filter(path__in=capture.pages.values("path"))
        if manifest_digest(capture) != change.payload["digest"] or public.exists():
            raise CaptureRefused(
                _("The captured pages aren't those that were proposed."),
                fix=_("Refuse the proposal and have them captured again."),
            )
        capture.pages.update(archived_on=clock.today())
        show(capture.site_id)
        CAPTURED_SHOWN.announce(list(capture.pages.values_list("pk", flat=True)))
        _write_down("webarchive.capture_confirmed", capture, actor, change, digest=capture.manifest_digest)


def show(site_id: int) -> None:
    """Ask for all captured pages of a site; the first part also takes away what isn't public any more."""
    for part in range(max(1, count_parts(site_id))):
        outbox.request(topics.CAPTURED, topics.pair(site_id, part), priority=OutboxPriority.BULK)


def _write_down(
    verb: str, capture: Capture, actor: AuditActor, change: TwoPersonChange, *, digest: str
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="site",
        subject_id=capture.site_id,
        capture=capture.pk,
        pages=capture.page_count,
        files=capture.file_count,
        digest=digest,
        change=change.pk,
    )


def register() -> None:
    """Register the topic and the purpose of originals; called once at start."""
    two_person.TOPICS.register(CAPTURE_TOPIC, CaptureTopic())
    PURPOSES.register(PURPOSE, PURPOSE_OF_ORIGINALS)

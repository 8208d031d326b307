"""Writing a whole site out so that it stands on its own (LIB-16, SITE-23).

Source: GL 三(二)3 (old pages stay reachable), product decision, ADR 10.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import BinaryIO, cast

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.library.models import Edition, Withdrawal
from jiyue.library.services.media import media_path
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.delivery.stores import open_store
from jiyue.publishing.exporting import archive_marks, layout, office_parts, signing, tables  # noqa: F401  # parts
from jiyue.publishing.exporting.captured_pages import list_history_files
from jiyue.publishing.exporting.console import operator_refusal
from jiyue.publishing.exporting.layout import ExportRefused
from jiyue.publishing.exporting.parts import READ_ROWS, Part, Row, Scope, all_parts
from jiyue.publishing.exporting.records import RECORDS, Record, batches
from jiyue.publishing.exporting.targets import (
    Target,
    Written,
    adding,
    require_plain_name,
    target_refusal,
    writing,
)
from jiyue.publishing.exporting.webarchive_file import WebArchive
from jiyue.publishing.models import OutputFile, Placement
from jiyue.publishing.selectors import has_waiting_files
from jiyue.publishing.store import OutputStore
from jiyue.publishing.webarchive.captured import list_captured
from jiyue.sites.models import Site

Progress = Callable[[int], None]
_COPY_BYTES = 1024 * 1024
_LINES = 200  # of data, with texts of items about a megabyte
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class ExportReport:
    """What an export consists of.

    Attributes:
        path: Where it lies.
        pages: Public files in it.
        files: All files.
        size_bytes: Length of all files together, unpacked.
        digest: SM3 of the manifest: what the trail remembers.
    """

    path: Path
    pages: int
    files: int
    size_bytes: int
    digest: str


def export_refusal(site: Site, destination: Path) -> ExportRefused | None:
    """Say why a site can't be exported to a place now, or None."""
    waiting = Placement.objects.filter(site=site).filter(
        Q(is_live=False, rendered_edition__isnull=False)
        | Q(is_live=True, resource__live__isnull=False)
        & (Q(rendered_edition=None) | ~Q(rendered_edition=F("resource__live__edition_id")))
    )
    if waiting.exists() or has_waiting_files(site.pk):
        return ExportRefused(
            _("Pages of %(site)s are waiting to be published or removed.") % {"site": site.name},
            fix=_("Let the worker finish, then export again."),
        )
    if not OutputFile.objects.filter(site=site).exists():
        return ExportRefused(
            _("%(site)s has no public pages.") % {"site": site.name}, fix=_("Publish it first.")
        )
    return target_refusal(destination)


def count_files(site: Site) -> int:
    """How many public files an export reads."""
    return OutputFile.objects.filter(site=site).count()


def export_site(
    *,
    site: Site,
    destination: Path,
    actor: StaffAccount | None,
    operator: str,
    with_warc: bool = False,
    with_history: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a site with pages, originals, data and history to a folder, `.zip` or `.tar` file.

    Nothing but what is public on the site leaves it; superseded and withdrawn
    editions and the reviewers' words only with history. The final name appears
    when everything is written; whatever goes wrong before leaves nothing. Memory
    doesn't grow with the number of pages, apart from a zip file's directory.

    Args:
        site: The site.
        destination: A name that doesn't exist yet in a folder that does.
        actor: The platform manager who exports; None for the operator at the console.
        operator: Name of the operator on the machine, for the trail.
        with_warc: Add a web archive of every public file.
        with_history: For the archive authority.
        progress: Called with the number of public files of every finished step.

    Raises:
        ImportRefused: Somebody else exports.
        ExportRefused: Pages are waiting, a file differs from the site's manifest, the
            site changed meanwhile, or there is something at the destination.
        OSError: The disk is full or can't be written.

    Source: product decision, ADR 10 (LIB-16: what was withdrawn stays at home).
    """
    refusal = operator_refusal(actor) or export_refusal(site, destination)
    if refusal:
        raise refusal
    before = _stamp(site)
    scope = Scope(site, with_history)
    with writing(destination) as target:
        listing = _Listing(target)
        pages = _write_pages(scope, listing, with_warc=with_warc, progress=progress)
        for part in all_parts():
            _write_part(part, scope, listing)
        for record in RECORDS:
            _write_part(record, scope, listing)
        _write_history_media(scope, listing)
        listing.add(layout.README, ((resources.files(__package__) / layout.README).read_bytes(),))
        if _stamp(site) != before:
            raise ExportRefused(
                _("%(site)s changed while it was exported.") % {"site": site.name},
                fix=_("Export again at an hour when nothing is published."),
            )
        digest = _write_manifest(scope, listing, pages)
    with transaction.atomic():
        audit.record(
            actor=actor.audit_actor() if actor else audit.PLATFORM,
            verb="site.exported",
            subject_type="site",
            subject_id=site.pk,
            site=site.key,
            operator=operator,
            name=destination.name,
            digest=digest,
            files=listing.count,
            with_warc=with_warc,
            with_history=with_history,
        )
    return ExportReport(destination, pages, listing.count, listing.size_bytes, digest)


def _stamp(site: Site) -> tuple[object, ...]:
    """Changes with everything that changes what is public on the site."""
    placements = Placement.objects.filter(site=site)
    live = placements.filter(is_live=True)
    editions = Edition.objects.filter(resource__in=placements.values("resource_id"))
    withdrawals = Withdrawal.objects.filter(resource__in=placements.values("resource_id"))
    files = OutputFile.objects.filter(site=site).aggregate(newest=Max("written_at"))
    captured = list_captured(site.pk).count()
    return (
        *(live.count(), placements.count(), editions.count(), withdrawals.count()),
        *(captured, files["newest"]),
    )


@dataclass(frozen=True, slots=True)
class _Public:
    """What the site's manifest says of a public file, besides its path."""

    sm3: str
    written_at: datetime


class _Listing:
    """Adds files to a target and keeps their list, about 120 bytes a file."""

    def __init__(self, target: Target):
        self.target = target
        self.lines = bytearray()
        self.count = 0
        self.size_bytes = 0

    def add(self, path: str, chunks: Iterable[bytes]) -> None:
        """Add one file."""
        written: list[Written] = []
        with adding(self.target, path, written) as stream:
            for chunk in chunks:
                stream.write(chunk)
        self.note(written[0])

    def add_bytes(self, path: str, data: bytes, sm3: str) -> None:
        """Add one file whose digest is known."""
        require_plain_name(path)
        self.target.put(path, data)
        self.note(Written(path, len(data), sm3))

    def note(self, file: Written) -> None:
        """Put a file on the list."""
        self.lines += f'{{"path":"{file.path}","size":{file.size_bytes},"sm3":"{file.sm3}"}}\n'.encode()
        self.count += 1
        self.size_bytes += file.size_bytes


def _write_pages(scope: Scope, listing: _Listing, *, with_warc: bool, progress: Progress | None) -> int:
    """Copy every public file, and once more into the web archive: one member is open at a time."""
    count = 0
    with open_store(scope.site.key) as store:
        for path, data, file in _public_files(scope.site, store):
            listing.add_bytes(f"{layout.PAGES}{path}", data, file.sm3)
            count += 1
            if progress:
                progress(1)
        if with_warc:
            _write_warc(scope.site, store, listing)
    return count


def _write_warc(site: Site, store: OutputStore, listing: _Listing) -> None:
    written: list[Written] = []
    with adding(listing.target, layout.WARC, written) as stream:
        archive = WebArchive(cast(BinaryIO, stream), site.base_url, clock.now().astimezone(UTC))
        archive.write_info(site.name)
        for path, data, file in _public_files(site, store):
            archive.write_page(path, data, file.written_at)
    listing.note(written[0])


def _public_files(site: Site, store: OutputStore) -> Iterator[tuple[str, bytes, _Public]]:
    """Every file that the site's manifest names, exactly as it was published.

    Raises:
        ExportRefused: One isn't there, or isn't what the manifest says.
    """
    rows = (
        OutputFile.objects.filter(site=site)
        .order_by("path")
        .values_list("path", "size_bytes", "sm3", "written_at")
    )
    for path, size_bytes, sm3, written_at in rows.iterator(READ_ROWS):
        data = store.read(path)
        if data is None or len(data) != size_bytes or crypto.sm3_hex(data) != sm3:
            raise ExportRefused(
                _("The public file %(path)s isn't what was published.") % {"path": path},
                fix=_("Run jiyue reconcile --repair, then export again."),
                code="public_file_differs",
            )
        yield path, data, _Public(sm3, written_at.astimezone(UTC))


def _write_part(part: Part | Record, scope: Scope, listing: _Listing) -> None:
    if isinstance(part, Part) and part.rows is None:
        return
    listing.add(part.path, _lines(part.export(scope)))


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """One object a line, some hundred lines at a time."""
    for batch in batches(rows, _LINES):
        yield "".join(f"{_ENCODER.encode(row)}\n" for row in batch).encode()


def _write_history_media(scope: Scope, listing: _Listing) -> None:
    for name in sorted(scope.history_media_names):
        file = media_path(name)
        if file.is_file():
            listing.add(f"{layout.HISTORY_MEDIA}{name}", _chunks(file))
    for path, data in list_history_files(scope):
        listing.add(path, (data,))


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_COPY_BYTES):
            yield chunk


def _write_manifest(scope: Scope, listing: _Listing, pages: int) -> str:
    files = crypto.sm3_hex(bytes(listing.lines))
    values = {
        "format": layout.FORMAT,
        "version": layout.VERSION,
        "site": scope.site.key,
        "host": scope.site.host,
        "base_url": scope.site.base_url,
        "name": scope.site.name,
        "made_at": clock.now().isoformat(),
        "with_history": scope.with_history,
        "pages": pages,
        "files": listing.count,
        "size_bytes": listing.size_bytes,
        "files_sm3": files,
    }
    manifest = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode()
    signature, point = signing.sign(manifest)
    unlisted = {
        layout.FILES: bytes(listing.lines),
        layout.MANIFEST: manifest,
        layout.SIGNATURE: signature.encode(),
        layout.SIGNER: point.hex().encode(),
    }
    for path, data in unlisted.items():
        with adding(listing.target, path, []) as stream:
            stream.write(data)
    return crypto.sm3_hex(manifest)

"""Files of the library: taken in, made fit for publication, named by their content."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Protocol, cast

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto, outbox, virus_scan
from jiyue.core.files import write_atomically
from jiyue.core.models import OutboxPriority, ScanState
from jiyue.core.recognising import FileRefused, recognise
from jiyue.core.text import storable
from jiyue.core.virus_scan import Verdict
from jiyue.library.enums import TextState
from jiyue.library.media.captions import looks_like_captions, make_captions
from jiyue.library.media.pictures import PictureLimits, make_picture
from jiyue.library.media.recordings import Recording, cleaned, looks_like_recording, read_recording
from jiyue.library.media.refusals import MediaRefused, refuse
from jiyue.library.models import MediaFile
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.policy.selectors import Rules, read_rules

__all__ = ["TEXT_TOPIC", "MediaRefused", "media_path", "store_media", "store_upload"]

TEXT_TOPIC = "media_text"
READABLE = frozenset({"pdf", "docx", "xlsx", "pptx", "ofd"})  # what checks and search get the words of
_KILOBYTE, _MEGABYTE = 1024, 1024 * 1024
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")
_HEAD_BYTES = 4_096
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc")


class Upload(Protocol):
    """What a form hands over: Django's uploaded file."""

    @property
    def name(self) -> str | None:
        """What it was called."""
        ...

    @property
    def size(self) -> int | None:
        """Length in bytes."""
        ...

    @property
    def file(self) -> IO[Any] | None:
        """The bytes, open."""
        ...


@dataclass(frozen=True)
class _Source:
    """What came in.

    Attributes:
        file: The bytes, at any position.
        size: How many.
        name: What it is called, without folders.
    """

    file: BinaryIO
    size: int
    name: str

    def head(self) -> bytes:
        self.file.seek(0)
        return self.file.read(_HEAD_BYTES)

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


@dataclass(frozen=True)
class _Kept:
    """A file in the store, not yet entered in the register."""

    sm3: str
    extension: str
    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    seconds: int | None = None

    @property
    def name(self) -> str:
        return f"{self.sm3[:32]}.{self.extension}"


def media_path(name: str) -> Path:
    """Where a file lies in the private store."""
    return Path(settings.JIYUE_MEDIA_DIR) / name[:2] / name


def store_media(*, unit: Organization, original_name: str, data: bytes, actor: StaffAccount) -> MediaFile:
    """Take in a file that is in memory; see `store_upload`."""
    return _store(unit, _Source(BytesIO(data), len(data), _clean_name(original_name)), actor)


def store_upload(*, unit: Organization, upload: Upload, actor: StaffAccount) -> MediaFile:
    """Take in a picture, recording, subtitle file or attachment; the same content is stored once.

    What it is, its content says. The virus scanner looks at it first. Pictures
    are cut down to the unit's limits and lose what is hidden in them, as
    recordings do; words of attachments are read afterwards in the background.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
        MediaRefused: Too large, dangerous, damaged, or not what the platform accepts.
        InfectedFile: The virus scanner found something.

    Source: HT 二(二)2(2) (REV-23); GL 七(一)3 (SEC-06, uploads).
    """
    file = upload.file or BytesIO()
    source = _Source(cast(BinaryIO, file), upload.size or 0, _clean_name(upload.name or ""))
    return _store(unit, source, actor)


def _store(unit: Organization, source: _Source, actor: StaffAccount) -> MediaFile:
    require_editor(actor, unit)
    rules = read_rules(unit)
    head = source.head()
    _refuse_size(source, head, rules)
    _refuse_markup(head)
    source.file.seek(0)
    verdict = virus_scan.screen(
        source.file, name=source.name, actor=actor.audit_actor(), unit_id=unit.pk, field="file"
    )
    kept = _keep(source, head, rules)
    return _register(unit, source, kept, verdict, actor)


@transaction.atomic
def _register(
    unit: Organization, source: _Source, kept: _Kept, verdict: Verdict, actor: StaffAccount
) -> MediaFile:
    is_readable = kept.extension in READABLE
    media, is_new = MediaFile.objects.get_or_create(
        name=kept.name,
        unit=unit,
        defaults={
            "original_name": source.name,
            "content_type": kept.content_type,
            "size_bytes": kept.size_bytes,
            "width": kept.width,
            "height": kept.height,
            "seconds": kept.seconds,
            "sm3": kept.sm3,
            "uploaded_by": actor,
            "uploaded_at": clock.now(),
            "source_sm3": _sm3_of(source.file),
            "source_bytes": source.size,
            "scan_state": verdict.state,
            "scan_note": verdict.note,
            "scanned_at": None if verdict.state == ScanState.NOT_SCANNED else clock.now(),
            "text_state": TextState.WAITING if is_readable else TextState.NONE,
        },
    )
    if is_new:
        audit.record(
            actor=actor.audit_actor(),
            verb="media.stored",
            subject_type="media",
            subject_id=media.pk,
            sm3=kept.sm3,
            size_bytes=kept.size_bytes,
            source_sm3=media.source_sm3,
            scan=verdict.state,
        )
        if is_readable:
            outbox.request(TEXT_TOPIC, media.pk, priority=OutboxPriority.BULK)
    return media


def _keep(source: _Source, head: bytes, rules: Rules) -> _Kept:
    """Make the upload fit for publication and put it into the store."""
    if _is_picture(head):
        limits = PictureLimits(
            rules.value("media.picture_long_side").number, rules.value("media.picture_max").number * _KILOBYTE
        )
        picture = make_picture(source.read(), limits)
        return _keep_bytes(
            picture.data, picture.extension, picture.content_type, picture.width, picture.height
        )
    if looks_like_recording(head):
        return _keep_recording(source)
    if looks_like_captions(head) and source.name.lower().endswith((".vtt", ".srt")):
        return _keep_bytes(make_captions(source.read()), "vtt", "text/vtt; charset=utf-8")
    return _keep_document(source)


def _keep_document(source: _Source) -> _Kept:
    data = source.read()
    try:
        kind = recognise(data)
    except FileRefused as refusal:
        raise MediaRefused(refusal.message, fix=refusal.fix, field=refusal.field) from refusal
    if kind.extension not in READABLE:
        raise refuse(
            _("This kind of file isn't taken, whatever its name says."),
            _("Upload pictures, videos, sound, subtitles, or .pdf, .docx, .xlsx, .pptx and .ofd files."),
        )
    if PurePosixPath(source.name).suffix.lower() != f".{kind.extension}":
        raise refuse(
            _("The file is called “%(name)s”, but its content is %(kind)s.")
            % {"name": source.name, "kind": kind.extension.upper()},
            _("Open it, save it as what it is and upload that file."),
        )
    return _keep_bytes(data, kind.extension, kind.content_type)


def _keep_bytes(
    data: bytes, extension: str, content_type: str, width: int | None = None, height: int | None = None
) -> _Kept:
    kept = _Kept(crypto.sm3_hex(data), extension, content_type, len(data), width, height)
    write_atomically(media_path(kept.name), data)
    return kept


def _keep_recording(source: _Source) -> _Kept:
    """Copy a recording piece by piece, without what is hidden in it."""
    recording = read_recording(source.file, source.size)
    folder = Path(settings.JIYUE_MEDIA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{secrets.token_hex(16)}.new"
    try:
        digest, size = _write(temporary, cleaned(source.file, recording))
        kept = _kept_recording(digest, size, recording)
        path = media_path(kept.name)
        path.parent.mkdir(exist_ok=True)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return kept


def _kept_recording(digest: str, size: int, recording: Recording) -> _Kept:
    return _Kept(
        digest,
        recording.extension,
        recording.content_type,
        size,
        recording.width,
        recording.height,
        recording.seconds,
    )


def _write(path: Path, pieces: Iterator[bytes]) -> tuple[str, int]:
    digest, size = hashes.Hash(hashes.SM3()), 0
    with path.open("xb") as file:
        for piece in pieces:
            digest.update(piece)
            size += file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.finalize().hex(), size


def _sm3_of(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashes.Hash(hashes.SM3())
    while piece := file.read(_MEGABYTE):
        digest.update(piece)
    return digest.finalize().hex()


def _is_picture(head: bytes) -> bool:
    if head.startswith(_PICTURE_STARTS) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return True
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _refuse_size(source: _Source, head: bytes, rules: Rules) -> None:
    if not source.size:
        raise refuse(
            _("The file is empty."), _("Check that the right file was chosen and that it was saved.")
        )
    if _is_picture(head):
        return  # cut down; its own limit is a technical one
    key = "media.document_max"
    if looks_like_recording(head):
        is_mp4 = head[4:8] == b"ftyp" and head[8:12] != b"M4A "
        is_video = is_mp4 or head.startswith(b"\x1a\x45\xdf\xa3")
        key = "media.video_max" if is_video else "media.audio_max"
    limit = rules.value(key).number
    if source.size > limit * _MEGABYTE:
        raise refuse(
            _("The file is larger than %(limit)s MB.") % {"limit": limit},
            _("Make it smaller and upload it again."),
        )


def _refuse_markup(head: bytes) -> None:
    """Web pages and drawings with scripts look like text; say so instead of “unknown”."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        raise refuse(
            _("SVG drawings can carry scripts and aren't taken."),
            _("Save the drawing as PNG and upload that file."),
        )
    if start.startswith((b"<!doctype html", b"<html", b"<script", b"<body", b"<head")):
        raise refuse(
            _("The file is a web page, whatever its name says."),
            _("Paste its text into the editor, or save it as PDF."),
        )


def _clean_name(name: str) -> str:
    last = storable(name).replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable()).strip()[-200:]

"""Files of the private store: named by their content, checked for what they really are."""

import os
import secrets
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from jiyue.core import audit, clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.models import MediaFile
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import Organization, StaffAccount

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000  # a decompression bomb is larger
_IMAGE_TYPES = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png"), "WEBP": ("webp", "image/webp")}
_PDF_START = b"%PDF-"
_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class MediaRefused(DomainError):
    code = "media_refused"


@dataclass(frozen=True)
class _Recognised:
    extension: str
    content_type: str
    width: int | None
    height: int | None


def _recognise(data: bytes) -> _Recognised:
    """Decide by content, never by the name the file came with."""
    if data.startswith(_PDF_START):
        return _Recognised("pdf", "application/pdf", None, None)
    try:
        with Image.open(BytesIO(data), formats=list(_IMAGE_TYPES)) as image:
            known, (width, height) = _IMAGE_TYPES[image.format or ""], image.size
            if width * height <= MAX_PIXELS:
                image.verify()
                return _Recognised(*known, width, height)
    except _UNREADABLE as error:
        raise MediaRefused(
            _("This file isn't a JPEG, PNG or WebP picture or a PDF, whatever its name says."),
            fix=_("Save it in one of these formats and upload it again."),
            field="file",
        ) from error
    raise MediaRefused(
        _("The picture has more than %(limit)s million pixels.") % {"limit": MAX_PIXELS // 1_000_000},
        fix=_("Make it smaller and upload it again."),
        field="file",
    )


def media_path(name: str) -> Path:
    """Where an original lies in the private store."""
    return Path(settings.JIYUE_MEDIA_DIR) / name[:2] / name


@transaction.atomic
def store_media(*, unit: Organization, original_name: str, data: bytes, actor: StaffAccount) -> MediaFile:
    """Store a picture or attachment; the same bytes are stored once.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
        MediaRefused: Too large, or not what the platform accepts.

    Source: GL 七(一)3 (SEC-06, uploads).
    """
    require_editor(actor, unit)
    if len(data) > MAX_BYTES:
        raise MediaRefused(
            _("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024 // 1024},
            fix=_("Make it smaller and upload it again."),
            field="file",
        )
    kind = _recognise(data)
    digest = crypto.sm3_hex(data)
    name = f"{digest[:32]}.{kind.extension}"
    _write(media_path(name), data)
    media, is_new = MediaFile.objects.get_or_create(
        name=name,
        unit=unit,
        defaults={
            "original_name": storable(original_name)[-200:],
            "content_type": kind.content_type,
            "size_bytes": len(data),
            "width": kind.width,
            "height": kind.height,
            "sm3": digest,
            "uploaded_by": actor,
            "uploaded_at": clock.now(),
        },
    )
    if is_new:
        audit.record(
            actor=actor.audit_actor(),
            verb="media.stored",
            subject_type="media",
            subject_id=media.pk,
            sm3=digest,
            size_bytes=len(data),
        )
    return media


def _write(path: Path, data: bytes) -> None:
    """Put the file in place as a whole, on disk before its row is committed."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

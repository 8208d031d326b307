"""Files of the private store: named by their content, checked for what they really are."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.files import write_atomically
from jiyue.core.recognising import FileRefused, Recognised, recognise, recognise_image
from jiyue.core.text import storable
from jiyue.library.models import MediaFile
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import Organization, StaffAccount

MAX_BYTES = 20 * 1024 * 1024


class MediaRefused(DomainError):
    code = "media_refused"


def _recognise(data: bytes) -> Recognised:
    """Decide by content, never by the name the file came with; pictures and PDF only."""
    try:
        return recognise(data) if data.startswith(b"%PDF-") else recognise_image(data)
    except FileRefused as refusal:
        raise MediaRefused(refusal.message, fix=refusal.fix, field=refusal.field) from refusal


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
    write_atomically(media_path(name), data)
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

"""Imported documents enter the library as drafts, each file once per unit (LIB-13)."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.library.content import ResourceContent
from jiyue.library.enums import AcquisitionMode
from jiyue.library.importing import ParsedDocument
from jiyue.library.models import ImportedFile, Resource
from jiyue.library.services.editing import create_resource
from jiyue.organizations.models import Organization, StaffAccount

DOCUMENT_KIND = "policy_document"
ARTICLE_KIND = "article"


class AlreadyImported(DomainError):
    """The same bytes are in the unit's library."""

    code = "already_imported"

    def __init__(self, earlier: ImportedFile):
        self.earlier = earlier
        super().__init__(
            _("This file was imported before as “%(title)s”.") % {"title": earlier.resource.title},
            fix=_("Open that item; nothing was imported again."),
        )


def content_of(document: ParsedDocument, *, unit: Organization, channel_ids: Sequence[int]) -> ResourceContent:
    """Turn a parsed document into library content; what it doesn't state stays empty."""
    found = document.metadata
    is_document = bool(found.document_number or found.issuing_body or found.written_on)
    return ResourceContent(
        kind=DOCUMENT_KIND if is_document else ARTICLE_KIND,
        title=document.title,
        body_html=document.body_html,
        document_number=found.document_number,
        index_number=found.index_number,
        issuing_body=found.issuing_body,
        subject_category=found.subject_category,
        genre_category=found.genre_category,
        audience=found.audience,
        written_on=found.written_on,
        originally_published_on=found.originally_published_on,
        validity_status=found.validity_status,
        source=found.source,
        author=found.author,
        keywords=tuple(found.keywords),
        channel_ids=tuple(channel_ids),
    )


@transaction.atomic
def import_document(
    *,
    document: ParsedDocument,
    sm3: str,
    name: str,
    unit: Organization,
    channel_ids: Sequence[int],
    actor: StaffAccount,
) -> Resource:
    """Put one parsed file into the library as a draft.

    Args:
        document: What the parser made of the file.
        sm3: Digest of the file's bytes.
        name: Where it came from, for the report.
        unit: Owner.
        channel_ids: Where it is to appear once approved.
        actor: The importing clerk.

    Raises:
        AlreadyImported: The unit has these bytes already.
        NotYourUnit, ChannelNotOpen: As for any new item.

    Source: HT 一¶4; NB 18.
    """
    earlier = ImportedFile.objects.select_related("resource").filter(unit=unit, sm3=sm3).first()
    if earlier:
        raise AlreadyImported(earlier)
    resource = create_resource(
        unit=unit,
        content=content_of(document, unit=unit, channel_ids=channel_ids),
        actor=actor,
        acquisition_mode=AcquisitionMode.FILE_IMPORT,
    )
    report = {
        "found": list(document.found),
        "guessed": list(document.guessed),
        "missing": list(document.missing),
        "notes": [{"code": note.code, "message": str(note.message)} for note in document.notes],
    }
    try:
        with transaction.atomic():
            ImportedFile.objects.create(
                unit=unit,
                sm3=sm3,
                name=name[-500:],
                resource=resource,
                report_json=report,
                imported_at=clock.now(),
            )
    except IntegrityError:
        raise AlreadyImported(
            ImportedFile.objects.select_related("resource").get(unit=unit, sm3=sm3)
        ) from None
    return resource

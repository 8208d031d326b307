"""Imported documents enter the library as drafts, each file once per unit (LIB-13)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.library.catalogue.services.mappings import translate_terms
from jiyue.library.content import MAX_INDEX_NUMBER_CHARS, MAX_TITLE_CHARS, ResourceContent
from jiyue.library.enums import AcquisitionMode
from jiyue.library.importing.document import ParsedDocument
from jiyue.library.models import ImportedFile, Resource, ResourceRevision
from jiyue.library.permissions import require_editor
from jiyue.library.services.editing import require_mode, require_open_channels
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


@dataclass(frozen=True)
class IncomingFile:
    """A file that was read: its name, the SM3 digest of its bytes, and what it says."""

    name: str
    sm3: str
    document: ParsedDocument


@dataclass(frozen=True)
class ImportPlan:
    """What the importing clerk decides for all files together.

    Attributes:
        unit: Owner of the new drafts.
        channel_ids: Where they are to appear once approved.
        validity_status, issuing_body, source, author: Used where a file says nothing.
    """

    unit: Organization
    channel_ids: tuple[int, ...]
    validity_status: str = ""
    issuing_body: str = ""
    source: str = ""
    author: str = ""


def content_of(document: ParsedDocument, plan: ImportPlan) -> ResourceContent:
    """Turn a parsed document into library content; what nobody states stays empty.

    Whoever parsed it has sanitized its body already, in the process that read the file.
    """
    found = document.metadata
    is_document = bool(found.document_number or found.issuing_body or found.written_on)
    validity = found.validity_status or (plan.validity_status if is_document else "")
    return ResourceContent(
        kind=DOCUMENT_KIND if is_document else ARTICLE_KIND,
        title=" ".join(document.title.split())[:MAX_TITLE_CHARS],
        body_html=document.body_html,
        document_number=found.document_number,
        index_number=found.index_number[:MAX_INDEX_NUMBER_CHARS],
        issuing_body=found.issuing_body or plan.issuing_body,
        subject_category=found.subject_category,
        genre_category=found.genre_category,
        audience=found.audience,
        written_on=found.written_on,
        originally_published_on=found.originally_published_on,
        validity_status=validity,
        source=found.source or plan.source,
        author=found.author or plan.author,
        keywords=tuple(found.keywords),
        channel_ids=plan.channel_ids,
    ).storable()


def import_document(*, file: IncomingFile, plan: ImportPlan, actor: StaffAccount) -> Resource:
    """Put one parsed file into the library as a draft.

    Raises:
        AlreadyImported: The unit has these bytes already.
        NotYourUnit, ChannelNotOpen: As for any new item.

    Source: HT 一¶4; NB 18.
    """
    imported = import_documents(files=[file], plan=plan, actor=actor)[0]
    if imported is None:
        raise AlreadyImported(
            ImportedFile.objects.select_related("resource").get(unit=plan.unit, sm3=file.sm3)
        )
    return imported


def import_documents(
    *, files: Sequence[IncomingFile], plan: ImportPlan, actor: StaffAccount
) -> list[Resource | None]:
    """Put parsed files into the library as drafts, in one transaction.

    Args:
        files: What was read; a few hundred at a time.
        plan: Owner, channels, and what to fill in where a file says nothing.
        actor: The importing clerk.

    Returns:
        For each file the new item, or None when the unit has these bytes already.

    Raises:
        NotYourUnit, ChannelNotOpen, ModeDisabled: As for any new item; nothing is imported.

    Source: HT 一¶4; NB 18.
    """
    require_editor(actor, plan.unit)
    require_mode(AcquisitionMode.FILE_IMPORT, plan.unit)
    require_open_channels(plan.channel_ids, plan.unit)
    try:
        with transaction.atomic():
            return _import(files, plan, actor)
    except IntegrityError:  # another import brought in one of these files at this moment
        with transaction.atomic():
            return _import(files, plan, actor)


def _import(files: Sequence[IncomingFile], plan: ImportPlan, actor: StaffAccount) -> list[Resource | None]:
    known = set(
        ImportedFile.objects.filter(unit=plan.unit, sm3__in=[file.sm3 for file in files]).values_list(
            "sm3", flat=True
        )
    )
    new: dict[str, IncomingFile] = {}
    for file in files:
        if file.sm3 not in known:
            new.setdefault(file.sm3, file)
    resources = _create(list(new.values()), plan, actor)
    by_digest = dict(zip(new, resources, strict=True))
    # a second file with the same bytes in this very batch counts as imported before
    return [by_digest.pop(file.sm3, None) for file in files]


def _create(files: Sequence[IncomingFile], plan: ImportPlan, actor: StaffAccount) -> list[Resource]:
    now = clock.now()
    contents = translate_terms([content_of(file.document, plan) for file in files])
    resources = Resource.objects.bulk_create(
        Resource(
            unit=plan.unit,
            kind=content.kind,
            title=content.title,
            acquisition_mode=AcquisitionMode.FILE_IMPORT,
            last_revision=1,
            created_by=actor,
            created_at=now,
            updated_by=actor,
            updated_at=now,
        )
        for content in contents
    )
    revisions = ResourceRevision.objects.bulk_create(
        ResourceRevision(
            resource=resource,
            number=1,
            content_json=content.as_json(),
            digest=content.digest(),
            account=actor,
            person_id=actor.person_id,
            created_at=now,
        )
        for resource, content in zip(resources, contents, strict=True)
    )
    ImportedFile.objects.bulk_create(
        ImportedFile(
            unit=plan.unit,
            sm3=file.sm3,
            name=file.name[-500:],
            resource=resource,
            report_json=_report_of(file.document),
            imported_at=now,
        )
        for file, resource in zip(files, resources, strict=True)
    )
    audit.record_many(
        actor=actor.audit_actor(),
        verb="resource.imported",
        facts=[
            audit.Fact(
                "resource",
                resource.pk,
                {
                    "title": resource.title,
                    "file": file.name[-500:],
                    "sm3": file.sm3,
                    "digest": revision.digest,
                },
            )
            for file, resource, revision in zip(files, resources, revisions, strict=True)
        ],
    )
    return resources


def _report_of(document: ParsedDocument) -> dict[str, object]:
    return {
        "found": list(document.found),
        "guessed": list(document.guessed),
        "missing": list(document.missing),
        "notes": [{"code": note.code, "message": str(note.message)} for note in document.notes],
    }

"""Errors in published items: recorded before the corrected text is reviewed, closed by its edition (REV-30).

Correcting passes the same review as any other item; what is added here is the
record of what was wrong, who found it, when, and how long it stayed public.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.announcements import EditionReleased
from jiyue.library.checks import Checked, Moment, Remark
from jiyue.library.content import ResourceContent
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.permissions import require_editor
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.library.use.models import CorrectionFix, CorrectionRecord
from jiyue.organizations.models import StaffAccount

MAX_ERROR_CHARS = 2_000  # a limit against abuse
MAX_REFERENCE_CHARS = 100
CLAUSE = "GL 八(二)2; NT 23"


class CorrectionRefused(DomainError):
    """A record of an error that doesn't hold together."""

    code = "correction_refused"


@dataclass(frozen=True)
class FoundError:
    """What was wrong with a published item.

    Attributes:
        kind: An `ErrorKind`; `outdated` where nothing was wrong but the information changed.
        error: In words.
        finder: A `Finder`.
        found_at: Moment, aware of its time zone; between the publication and now.
        reference: Number of the citizen's report, the inspection or the order, if any.
    """

    kind: ErrorKind
    error: str
    finder: Finder
    found_at: datetime
    reference: str = ""


def is_correction_needed(resource: Resource, content: ResourceContent) -> bool:
    """Tell whether this state changes a public item and nothing says yet what was wrong.

    Costs no query for an item that was never published.

    Source: GL 八(二)2; NT 23 (REV-30).
    """
    if resource.status == ResourceStatus.DRAFT:
        return False
    live = LiveEdition.objects.select_related("edition").filter(resource_id=resource.pk).first()
    if live is None or _says_the_same(live.edition.content, content):
        return False
    return not list_open_corrections(resource).exists()


def _says_the_same(public: ResourceContent, content: ResourceContent) -> bool:
    """The index number is given at release: an item that left it open changes nothing thereby."""
    if not content.index_number:
        content = content.with_values(index_number=public.index_number)
    return public == content


def list_open_corrections(resource: Resource) -> QuerySet[CorrectionRecord]:
    """Errors of the item that no edition has mended yet, newest first."""
    return CorrectionRecord.objects.filter(resource=resource, fix=None).order_by("-pk")


@transaction.atomic
def record_correction(*, resource: Resource, found: FoundError, actor: StaffAccount) -> CorrectionRecord:
    """Write down what is wrong with a published item, before it goes to review again.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the item's unit.
        CorrectionRefused: The item isn't public; nothing says what is wrong; the moment lies in the
            future or before the publication.

    Source: GL 八(二)2; NT 23 (REV-30): error, finder, time and fix are recorded.
    """
    require_editor(actor, resource.unit)
    live = LiveEdition.objects.select_related("edition").filter(resource=resource).first()
    if live is None:
        raise CorrectionRefused(
            _("This item isn't public, so there is nothing to correct."),
            fix=_("Change its text and submit it as usual."),
        )
    error, reference = _clean(found.error, MAX_ERROR_CHARS, "error"), storable(found.reference).strip()
    if not error:
        raise CorrectionRefused(
            _("Nothing says what is wrong."), fix=_("Write what is wrong or what has changed."), field="error"
        )
    _require_moment(found.found_at, live)
    record = CorrectionRecord.objects.create(
        resource=resource,
        edition=live.edition,
        kind=ErrorKind(found.kind),
        error=error,
        finder=Finder(found.finder),
        reference=_clean(reference, MAX_REFERENCE_CHARS, "reference"),
        found_at=found.found_at,
        account=actor,
        person_id=actor.person_id,
        recorded_at=clock.now(),
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="correction.recorded",
        subject_type="resource",
        subject_id=resource.pk,
        kind=record.kind,
        error=error,
        finder=record.finder,
        note=record.reference,
        edition=live.edition_id,
    )
    return record


def _clean(text: str, limit: int, field: str) -> str:
    text = storable(text).strip()
    if len(text) > limit:
        raise CorrectionRefused(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": limit},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text


def _require_moment(found_at: datetime, live: LiveEdition) -> None:
    if found_at > clock.now():
        raise CorrectionRefused(
            _("The error can't have been found in the future."),
            fix=_("Enter when it was found."),
            field="found_at",
        )
    published_at = live.first_published_at.replace(second=0, microsecond=0)  # people state minutes
    if found_at < published_at:
        raise CorrectionRefused(
            _("The error can't have been found before the item was public."),
            fix=_("Enter when it was found."),
            field="found_at",
        )


def check_correction(checked: Checked) -> Sequence[Remark]:
    """Stop a changed public item of which nothing says what was wrong."""
    if checked.moment != Moment.SUBMISSION or not is_correction_needed(checked.resource, checked.content):
        return ()
    return (
        Remark(
            _("It is public already: record what was wrong, who found it and when, before submitting it."),
            field="correction",
            clause=CLAUSE,
        ),
    )


def close_corrections(fact: EditionReleased) -> None:
    """Write down which edition mended the open errors of an item, in the releasing transaction."""
    edition = fact.edition
    if edition.number == 1:
        return
    records = CorrectionRecord.objects.filter(resource_id=edition.resource_id, fix=None)
    mended = [record for record in records if record.edition_id != edition.pk]
    CorrectionFix.objects.bulk_create(
        CorrectionFix(record=record, edition=edition, fixed_at=edition.published_at) for record in mended
    )
    audit.record_many(
        actor=audit.PLATFORM,
        verb="correction.fixed",
        facts=[
            audit.Fact("resource", edition.resource_id, {"kind": record.kind, "edition": edition.pk})
            for record in mended
        ],
    )

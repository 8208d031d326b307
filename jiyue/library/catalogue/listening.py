"""What the catalogue writes when an edition goes out or an item is taken down, in the same transaction."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority
from jiyue.library.announcements import (
    EDITION_RELEASED,
    RESOURCE_WITHDRAWN,
    EditionReleased,
    ResourceWithdrawn,
)
from jiyue.library.catalogue.announcements import RELATIONS_CHANGED, RelationsChanged
from jiyue.library.catalogue.models import CatalogueLock, DocumentRelation, IssuedIndexNumber
from jiyue.library.catalogue.relations import changing_targets, is_circular
from jiyue.library.models import Edition

_LOCK = "relations"


class CircularRelation(DomainError):
    """Two documents would change each other."""

    code = "circular_relation"

    def __init__(self, title: str):
        super().__init__(
            _("“%(title)s” names a document that itself changes this one.") % {"title": title},
            fix=_("Return the item, so that the clerk corrects what it amends or repeals."),
        )


class IndexNumberTaken(DomainError):
    """The index number belongs to another item."""

    code = "index_number_taken"

    def __init__(self, number: str):
        super().__init__(
            _("The index number %(number)s belongs to another item.") % {"number": number},
            fix=_("Return the item; with the field left empty the platform gives a number of its own."),
            field="index_number",
        )


def own_index_number(fact: EditionReleased) -> None:
    """Bind the edition's index number to its item; another item's number undoes the release.

    The primary key decides between two releases at the same moment.

    Raises:
        IndexNumberTaken: It belongs to another item.

    Source: NT 页首; NB 页首 (LIB-04).
    """
    edition = fact.edition
    row, _is_new = IssuedIndexNumber.objects.get_or_create(
        number=edition.index_number, defaults={"resource_id": edition.resource_id}
    )
    if row.resource_id != edition.resource_id:
        raise IndexNumberTaken(edition.index_number)


def write_relations(fact: EditionReleased) -> None:
    """Write down what the edition says about others, and have the pages of all concerned follow.

    Raises:
        CircularRelation: A document it changes was meanwhile released as changing this one.

    Source: GL 四(一)4; NT 30 (LIB-07).
    """
    edition, content = fact.edition, fact.edition.content
    earlier = set(
        DocumentRelation.objects.filter(origin=edition.resource_id).values_list("target_id", flat=True)
    )
    if targets := changing_targets(content):
        CatalogueLock.objects.get_or_create(name=_LOCK)
        CatalogueLock.objects.select_for_update().get(
            name=_LOCK
        )  # one after the other: no circle slips through
        if is_circular(edition.resource_id, targets):
            raise CircularRelation(edition.title)
    rows = _rows_of(edition)
    DocumentRelation.objects.bulk_create(rows)
    concerned = earlier | {row.target_id for row in rows}
    if fact.is_first:
        concerned |= _origins_about(edition.resource_id)
    if rows:
        audit.record(
            actor=audit.PLATFORM,
            verb="edition.relations_stated",
            subject_type="resource",
            subject_id=edition.resource_id,
            edition=edition.pk,
            relations=[[row.kind, row.target_id, row.effective_on.isoformat()] for row in rows],
        )
    _announce(concerned, fact.priority)


def _rows_of(edition: Edition) -> list[DocumentRelation]:
    published_on = timezone.localtime(edition.published_at).date()
    return [
        DocumentRelation(
            edition=edition,
            origin_id=edition.resource_id,
            target_id=relation.resource_id,
            kind=relation.kind,
            effective_on=date.fromisoformat(relation.effective_on) if relation.effective_on else published_on,
        )
        for relation in edition.content.relations
        if relation.resource_id
    ]


def take_marks_away(fact: ResourceWithdrawn) -> None:
    """With the amending item its marks go; pages that link to it lose the link."""
    pk = fact.resource.pk
    suffered = DocumentRelation.objects.filter(origin=pk).values_list("target_id", flat=True)
    _announce(set(suffered) | _origins_about(pk), OutboxPriority.WITHDRAWAL)


def _origins_about(resource_id: int) -> set[int]:
    return set(DocumentRelation.objects.filter(target=resource_id).values_list("origin_id", flat=True))


def _announce(resource_ids: set[int], priority: OutboxPriority) -> None:
    if resource_ids:
        RELATIONS_CHANGED.announce(RelationsChanged(frozenset(resource_ids), priority))


def begin_relations() -> Iterator[int]:
    """The job after midnight: relations that hold from today on mark their documents.

    Yesterday's are asked for again, for a worker that was down at midnight.
    """
    today = clock.today()
    due = Q(effective_on=today) | Q(effective_on=date.fromordinal(today.toordinal() - 1))
    targets = set(DocumentRelation.objects.filter(due).values_list("target_id", flat=True))
    _announce(targets, OutboxPriority.URGENT)
    yield len(targets)


def register() -> None:
    """Listen to the library."""
    EDITION_RELEASED.listen(own_index_number)
    EDITION_RELEASED.listen(write_relations)
    RESOURCE_WITHDRAWN.listen(take_marks_away)

"""What documents do to each other: one's validity mark follows from another's live edition (LIB-07)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet

from jiyue.core import clock
from jiyue.library.catalogue.models import DocumentRelation
from jiyue.library.content import ResourceContent
from jiyue.library.enums import RelationKind, ResourceStatus, ValidityStatus
from jiyue.library.models import LiveEdition, Resource
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_shared_unit_ids

CHANGING_KINDS = frozenset({RelationKind.AMENDS, RelationKind.REPEALS, RelationKind.LAPSES})
_MAX_CHAIN = 200  # documents a chain of amendments is followed through

# What a relation makes of its target; the first one that applies counts.
_STATUS_OF = {
    RelationKind.REPEALS: ValidityStatus.REPEALED,
    RelationKind.LAPSES: ValidityStatus.LAPSED,
    RelationKind.AMENDS: ValidityStatus.AMENDED,
}
_SEVERITY = (ValidityStatus.REPEALED, ValidityStatus.LAPSED, ValidityStatus.AMENDED)


@dataclass(frozen=True)
class StandingRelation:
    """A relation that a live edition states.

    Attributes:
        kind: A `RelationKind`.
        effective_on: From when it holds.
        origin_id, origin_title, origin_number: The item that states it.
        target_id: The item it is stated about.
    """

    kind: str
    effective_on: date
    origin_id: int
    origin_title: str
    origin_number: str
    target_id: int

    @property
    def status(self) -> str:
        """What it makes of its target; empty for an interpretation."""
        return _STATUS_OF.get(RelationKind(self.kind), "")


def list_standing() -> QuerySet[DocumentRelation]:
    """Relations whose edition is the live one of its item."""
    return DocumentRelation.objects.filter(edition_id=F("origin__live__edition_id"))


def _read(rows: QuerySet[DocumentRelation]) -> list[StandingRelation]:
    values = rows.order_by("effective_on", "pk").values_list(
        "kind",
        "effective_on",
        "origin_id",
        "edition__title",
        "edition__content_json__document_number",
        "target_id",
    )
    return [StandingRelation(*row[:4], row[4] or "", row[5]) for row in values]


def get_relations_about(resource_ids: Collection[int]) -> dict[int, list[StandingRelation]]:
    """What holds today about these items, oldest first, by item; items nothing is said about are left out.

    Source: GL 四(一)4; NT 30 (LIB-07).
    """
    found: dict[int, list[StandingRelation]] = defaultdict(list)
    rows = list_standing().filter(target__in=resource_ids, effective_on__lte=clock.today())
    for relation in _read(rows):
        found[relation.target_id].append(relation)
    return dict(found)


def get_relations_from(resource_ids: Collection[int]) -> dict[int, list[StandingRelation]]:
    """What these items' live editions say about others, by item."""
    found: dict[int, list[StandingRelation]] = defaultdict(list)
    for relation in _read(list_standing().filter(origin__in=resource_ids)):
        found[relation.origin_id].append(relation)
    return dict(found)


def derive_validity(own: str, relations: Iterable[StandingRelation]) -> str:
    """The validity of a document: the gravest of what it says itself and what others did to it."""
    statuses = {own, *(relation.status for relation in relations)}
    return next((status for status in _SEVERITY if status in statuses), own)


def get_validities(own: Mapping[int, str]) -> dict[int, str]:
    """Derived validity by item, from what each says itself."""
    about = get_relations_about(list(own))
    return {pk: derive_validity(status, about.get(pk, ())) for pk, status in own.items()}


def get_citable_unit_ids(unit: Organization) -> frozenset[int]:
    """Units whose published documents `unit` may name: itself, and those that share with it."""
    return frozenset({unit.pk}) | get_shared_unit_ids([unit.pk])


def list_citable(unit: Organization) -> QuerySet[LiveEdition]:
    """Published items that an item of `unit` may name as changed or interpreted."""
    return LiveEdition.objects.filter(resource__unit__in=get_citable_unit_ids(unit)).select_related(
        "edition", "resource__unit"
    )


def list_interpretable(unit: Organization) -> QuerySet[Resource]:
    """The unit's own items that aren't public yet: an interpretation goes out together with its document.

    Source: HT 二(三)4 (REV-10).
    """
    return Resource.objects.filter(unit=unit, live=None).exclude(status=ResourceStatus.WITHDRAWN)


def is_circular(resource_id: int, target_ids: Collection[int]) -> bool:
    """Whether one of the targets already changes the item, directly or through others."""
    reached = set(target_ids)
    frontier = set(target_ids)
    while frontier and len(reached) < _MAX_CHAIN:
        if resource_id in reached:
            return True
        further = list_standing().filter(origin__in=frontier, kind__in=CHANGING_KINDS)
        frontier = set(further.values_list("target_id", flat=True)) - reached
        reached |= frontier
    return resource_id in reached


def changing_targets(content: ResourceContent) -> list[int]:
    """Items in the library that the content says it amends, repeals or declares lapsed."""
    return [
        relation.resource_id
        for relation in content.relations
        if relation.resource_id and relation.kind in CHANGING_KINDS
    ]


def get_titles(resource_ids: Collection[int]) -> dict[int, str]:
    """Titles of items by id, for showing what a content names."""
    return dict(Resource.objects.filter(pk__in=resource_ids).values_list("pk", "title"))

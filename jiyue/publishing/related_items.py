"""Other items that a page names because one changes or interprets the other (LIB-07)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from jiyue.library.catalogue.relations import (
    StandingRelation,
    derive_validity,
    get_relations_about,
    get_relations_from,
)
from jiyue.library.models import LiveEdition
from jiyue.publishing.models import Placement


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """One relation as a page shows it.

    Attributes:
        kind: A `RelationKind`.
        is_about: The other item states it about this one; otherwise this one about the other.
        title: Title of the other item.
        effective_on: From when it holds.
        addresses: Where the other item is public: (site id, absolute base, path).
    """

    kind: str
    is_about: bool
    title: str
    effective_on: date
    addresses: tuple[tuple[int, str, str], ...]

    def address_on(self, site_id: int) -> str:
        """Its address as a page of the site links to it: on the same site where it is there."""
        for site, _base, path in self.addresses:
            if site == site_id:
                return f"/{path}"
        return "".join(f"{base.rstrip('/')}/{path}" for _site, base, path in self.addresses[:1])


@dataclass(frozen=True)
class RelatedItems:
    """Derived validity and related items, by resource."""

    validities: Mapping[int, str]
    items: Mapping[int, tuple[RelatedItem, ...]] = field(default_factory=dict)


def load_related_items(own: Mapping[int, str]) -> RelatedItems:
    """What stands in relation to items.

    Args:
        own: Validity that each item's live edition states itself, by resource.
    """
    about, stated = get_relations_about(own), get_relations_from(own)
    validities = {pk: derive_validity(status, about.get(pk, ())) for pk, status in own.items()}
    if not about and not stated:
        return RelatedItems(validities)
    others = {one.origin_id for rows in about.values() for one in rows}
    targets = {one.target_id for rows in stated.values() for one in rows}
    titles, addresses = _titles_of(targets), _addresses_of(others | targets)
    items = {
        pk: (
            *(_about(one, addresses) for one in about.get(pk, ())),
            *(_stated(one, titles, addresses) for one in stated.get(pk, ())),
        )
        for pk in own
        if pk in about or pk in stated
    }
    return RelatedItems(validities, items)


Addresses = Mapping[int, tuple[tuple[int, str, str], ...]]


def _about(relation: StandingRelation, addresses: Addresses) -> RelatedItem:
    return RelatedItem(
        relation.kind,
        True,
        relation.origin_title,
        relation.effective_on,
        addresses.get(relation.origin_id, ()),
    )


def _stated(relation: StandingRelation, titles: Mapping[int, str], addresses: Addresses) -> RelatedItem:
    return RelatedItem(
        relation.kind,
        False,
        titles.get(relation.target_id, ""),
        relation.effective_on,
        addresses.get(relation.target_id, ()),
    )


def _titles_of(resource_ids: set[int]) -> dict[int, str]:
    """Titles of public items only: what was withdrawn isn't named any more."""
    rows = LiveEdition.objects.filter(pk__in=resource_ids)
    return dict(rows.values_list("pk", "edition__title"))


def _addresses_of(resource_ids: set[int]) -> Addresses:
    found: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    rows = Placement.objects.filter(resource_id__in=resource_ids, is_live=True).order_by("pk")
    for pk, site, base, path in rows.values_list("resource_id", "site_id", "site__base_url", "path"):
        found[pk].append((site, base, path))
    return {pk: tuple(places) for pk, places in found.items()}

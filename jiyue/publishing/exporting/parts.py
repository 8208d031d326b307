"""The data of an export: one part per table, as rows of plain JSON.

A part names a model, the fields that travel, and which rows belong to a site.
Units travel by their code, people and accounts by a number that means nothing
outside the export, everything else by its own key: addresses, digests and the
decisions of reviewers name these keys. Other rooms add their parts to `PARTS`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.db.models import DateField, Field, Model, QuerySet
from django.utils.functional import cached_property

from jiyue.core.registries import Registry
from jiyue.library.content import ResourceContent
from jiyue.library.models import Edition, LiveEdition, Resource
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.publishing.models import MediaUse, Placement
from jiyue.publishing.webarchive.captured import list_captured
from jiyue.sites.models import Site

Row = dict[str, Any]
READ_ROWS = 2_000  # at a time


@dataclass
class Scope:
    """What belongs to the export of one site, and whom its rows name.

    Attributes:
        site: The site.
        with_history: Whether superseded and withdrawn editions and opinions go along.
        unit_ids, person_ids, account_ids: Collected while the parts are read.
    """

    site: Site
    with_history: bool
    unit_ids: set[int] = field(default_factory=set)
    person_ids: set[int] = field(default_factory=set)
    account_ids: set[int] = field(default_factory=set)

    @property
    def placements(self) -> QuerySet[Placement]:
        """Every place ever given on the site."""
        return Placement.objects.filter(site=self.site)

    @property
    def resources(self) -> QuerySet[Resource]:
        """Every item that ever had a place on the site."""
        return Resource.objects.filter(pk__in=self.placements.values("resource_id"))

    @property
    def live(self) -> QuerySet[LiveEdition]:
        """What is public on the site now."""
        return LiveEdition.objects.filter(
            resource__in=self.placements.filter(is_live=True).values("resource_id")
        )

    @property
    def live_editions(self) -> QuerySet[Edition]:
        """Editions whose text is public on the site now."""
        return Edition.objects.filter(pk__in=self.live.values("edition_id"))

    @property
    def earlier_editions(self) -> QuerySet[Edition]:
        """Editions of the same items that aren't public on the site any more."""
        return Edition.objects.filter(resource__in=self.resources).exclude(
            pk__in=self.live.values("edition_id")
        )

    @property
    def editions(self) -> QuerySet[Edition]:
        """Editions whose text is in the export."""
        return (
            Edition.objects.filter(resource__in=self.resources) if self.with_history else self.live_editions
        )

    @cached_property
    def live_resource_ids(self) -> frozenset[int]:
        """Items that are public on the site now."""
        return frozenset(self.live.values_list("pk", flat=True))

    @cached_property
    def revision_ids(self) -> frozenset[int]:
        """States whose text is in the export."""
        return frozenset(self.editions.values_list("revision_id", flat=True))

    @cached_property
    def live_revision_ids(self) -> frozenset[int]:
        """States that are public on the site now."""
        return frozenset(self.live_editions.values_list("revision_id", flat=True))

    @cached_property
    def unit_codes(self) -> dict[int, str]:
        """Code of every unit."""
        return dict(Organization.objects.values_list("pk", "code"))

    @cached_property
    def media_names(self) -> frozenset[str]:
        """Files that public pages of the site need."""
        uses = MediaUse.objects.filter(site=self.site, placement__is_live=True)
        return frozenset(uses.values_list("name", flat=True))

    @cached_property
    def captured_names(self) -> frozenset[str]:
        """Files that public captured pages of former sites show."""
        return frozenset(
            name for names in list_captured(self.site.pk).values_list("names", flat=True) for name in names
        )

    @cached_property
    def history_media_names(self) -> frozenset[str]:
        """Files that only earlier editions need; none without history."""
        if not self.with_history:
            return frozenset()
        contents = self.earlier_editions.values_list("content_json", flat=True).iterator(READ_ROWS)
        named = {name for data in contents for name in ResourceContent.from_json(data).media_names()}
        return frozenset(named - self.media_names)


class Keys(Protocol):
    """Own keys of an import by what the export calls them."""

    @property
    def people(self) -> dict[int, int]:
        """Persons."""
        ...

    @property
    def accounts(self) -> dict[int, int]:
        """Their accounts."""
        ...


@dataclass(frozen=True)
class Part:
    """One table in the export.

    Attributes:
        name: Its file, without ending.
        model: The table.
        fields: What travels; a field of a related row with two underscores.
        rows: The rows of a site; None where another part's file holds them too.
        outgoing: Changes a row before it is written; None leaves it out.
        incoming: Changes rows before they are stored, or leaves some out; they hold
            values of the model's fields by then. None: the part is a record for people.
        linking: The same before `incoming`, where rows name people outside of foreign keys.
        source: The file it is read from, where that isn't its own.
    """

    name: str
    model: type[Model]
    fields: tuple[str, ...]
    rows: Callable[[Scope], QuerySet[Any]] | None
    outgoing: Callable[[Row, Scope], Row | None] = lambda row, _scope: row
    incoming: Callable[[list[Row]], list[Row]] | None = list
    linking: Callable[[list[Row], Keys], list[Row]] = lambda rows, _keys: rows
    source: str = ""

    @property
    def path(self) -> str:
        """Its file in the export."""
        return f"{self.source or self.name}.jsonl"

    @cached_property
    def columns(self) -> tuple[tuple[str, "Field[Any, Any]"], ...]:
        """Names of what travels, with the fields themselves."""
        return tuple((name, _field_of(self.model, name)) for name in self.fields)

    def export(self, scope: Scope) -> Iterator[Row]:
        """Yield the rows of a site as plain JSON values, in the order of their keys."""
        if self.rows is None:
            return
        encoders = [(name, encoder_of(each, scope)) for name, each in self.columns]
        encoded = [(name, encode) for name, encode in encoders if encode is not None]
        values = self.rows(scope).order_by("pk").values_list(*self.fields).iterator(READ_ROWS)
        for line in values:
            row = dict(zip(self.fields, line, strict=True))
            for name, encode in encoded:
                if row[name] is not None:
                    row[name] = encode(row[name])
            kept = self.outgoing(row, scope)
            if kept is not None:
                yield kept


def column_names(model: type[Model], *left_out: str) -> tuple[str, ...]:
    """Names of a table's columns as fields, without some."""
    return tuple(each.name for each in model._meta.concrete_fields if each.name not in left_out)


def _field_of(model: type[Model], path: str) -> "Field[Any, Any]":
    name, _, rest = path.partition("__")
    found = model._meta.get_field(name)
    related = found.related_model
    if rest and isinstance(related, type):
        return _field_of(related, rest)
    if not isinstance(found, Field):
        raise TypeError(f"{model.__name__}.{path} is no column")
    return found


def encoder_of(each: "Field[Any, Any]", scope: Scope) -> Callable[[Any], Any] | None:
    """Return what makes a plain JSON value of a field's value; None where it is one."""
    target = each.related_model
    if target is Organization:
        return lambda value: _noted(scope.unit_ids, value) and scope.unit_codes[value]
    if target is Person:
        return lambda value: _noted(scope.person_ids, value)
    if target is StaffAccount:
        return lambda value: _noted(scope.account_ids, value)
    return _written_moment if isinstance(each, DateField) else None


def _noted(ids: set[int], value: int) -> int:
    ids.add(value)
    return value


def _written_moment(value: date) -> str:
    return value.isoformat()


PARTS: Registry[Part] = Registry("parts of a site's export")


def register(parts: Iterable[Part]) -> None:
    """Add parts; they are imported in the order in which they were added."""
    for part in parts:
        PARTS.register(part.name, part)


def all_parts() -> Sequence[Part]:
    """Every part, in the order of import."""
    return [part for _name, part in PARTS]

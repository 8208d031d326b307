"""Reading registers: only what exists for the actor."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, Sum

from jiyue.core.audit import AuditActor
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import get_holdings, is_readable_in, readable_units
from jiyue.organizations.registers.base import REGISTERS, Register, RegisterFile
from jiyue.organizations.registers.services import SUBJECT
from jiyue.organizations.registers.sums import exact


@dataclass(frozen=True)
class Narrowing:
    """What a list or file is narrowed to; blanks narrow nothing.

    Attributes:
        words: Part of a text of the list.
        unit_id: One unit.
        year: Calendar year, where the register has years.
        is_struck: Struck-out entries instead of the living ones.
    """

    words: str = ""
    unit_id: int | None = None
    year: int | None = None
    is_struck: bool = False


@dataclass(frozen=True)
class Totals:
    """Sums of one group of entries.

    Attributes:
        label: The group; blank for all together.
        count: Number of entries.
        sums: Sum by field.
    """

    label: str
    count: int
    sums: dict[str, Decimal]


def list_entries(register: Register, actor: AuditActor, narrowing: Narrowing) -> QuerySet[Any]:
    """Entries that exist for the actor, newest first."""
    units = readable_units(register, get_holdings(actor))
    entries: QuerySet[Any] = register.model.objects.filter(
        unit__in=units, struck_at__isnull=not narrowing.is_struck
    ).select_related("unit", *_relations(register))
    if narrowing.unit_id is not None:
        entries = entries.filter(unit=narrowing.unit_id)
    if narrowing.year is not None and register.year_field:
        entries = entries.filter(_in_year(register, narrowing.year))
    if narrowing.words:
        entries = entries.filter(_with_words(register, narrowing.words))
    return entries.order_by("-pk")


def _relations(register: Register) -> list[str]:
    names = {*register.list_fields, *register.fields, *([register.parent] if register.parent else [])}
    return sorted(name for name in names if register.field(name).is_relation)


def _in_year(register: Register, year: int) -> Q:
    field = register.field(register.year_field)
    if isinstance(field, models.DateField):
        return Q(**{f"{field.name}__year": year})
    if isinstance(field, models.CharField):
        return Q(**{f"{field.name}__startswith": f"{year:04d}"})
    return Q(**{field.name: year})


def _with_words(register: Register, words: str) -> Q:
    found = Q()
    names = dict.fromkeys([*register.list_fields, *register.fields])
    for name in names:
        if isinstance(register.field(name), models.CharField) and not register.field(name).choices:
            found |= Q(**{f"{name}__icontains": words})
    return found


def get_entry(register: Register, entry_id: int, actor: AuditActor) -> Any | None:
    """The entry, or None where it doesn't exist for the actor."""
    entry = register.model.objects.filter(pk=entry_id).select_related("unit", *_relations(register)).first()
    if entry is None or not is_readable_in(register, get_holdings(actor), entry.unit_id):
        return None
    return entry


def list_children(register: Register, entry: Any) -> QuerySet[Any]:
    """Living rows of a child register that belong to `entry`."""
    rows = register.model.objects.filter(struck_at=None, **{register.parent: entry.pk})
    return rows.select_related(*_relations(register)).order_by("pk")  # type: ignore[no-any-return]


def list_files(register: Register, entry_id: int) -> QuerySet[RegisterFile]:
    """Files of an entry, by title, newest version first."""
    files = RegisterFile.objects.filter(register=register.key, entry_id=entry_id)
    return files.select_related("file").order_by("title", "-number")


def list_history(register: Register, entry_id: int) -> QuerySet[AuditEntry]:
    """What was done with an entry, newest first."""
    return (
        AuditEntry.objects.filter(subject_type=SUBJECT, subject_id=register.subject_id(entry_id))
        .select_related("text")
        .order_by("-pk")
    )


def get_totals(register: Register, entries: QuerySet[Any]) -> list[Totals]:
    """Sums of `entries`: all together first, then by group where the register has one."""
    if not register.total_fields:
        return []
    sums = {name: Sum(name) for name in register.total_fields}
    plain = entries.order_by()
    everything = plain.aggregate(count=models.Count("pk"), **sums)
    rows = [_totals(register, "", everything)]
    if register.group_field:
        labels = dict(register.field(register.group_field).flatchoices)
        grouped = plain.values(register.group_field).annotate(count=models.Count("pk"), **sums)
        rows.extend(
            _totals(register, str(labels.get(row.pop(register.group_field), "")), row)
            for row in grouped.order_by(register.group_field)
        )
    return rows


def _totals(register: Register, label: str, row: dict[str, Any]) -> Totals:
    count = row.pop("count")
    places = {name: getattr(register.field(name), "decimal_places", 0) for name in row}
    return Totals(label, count, {name: exact(value, places[name]) for name, value in row.items()})


def count_entries(actor: AuditActor) -> list[tuple[Register, int]]:
    """Registers that stand in the list, each with the number of living entries that exist for the actor."""
    holdings = get_holdings(actor)
    found = []
    for _key, register in REGISTERS:
        units = readable_units(register, holdings)
        if register.is_top_level and units.exists():
            found.append((register, register.model.objects.filter(unit__in=units, struck_at=None).count()))
    return found


def may_open_file(file: PrivateFile, actor: AuditActor) -> bool:
    """Tell whether the actor may open a file of a register: whoever may read its entry."""
    link = RegisterFile.objects.filter(file=file).first()
    return link is not None and get_entry(REGISTERS.get(link.register), link.entry_id, actor) is not None


def list_filter_units(register: Register, actor: AuditActor) -> QuerySet[Organization]:
    """Units among whose entries the actor may choose."""
    return readable_units(register, get_holdings(actor))

"""Registers as .xlsx files: columns, export with totals, import of all rows or none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jiyue.core import audit, crypto
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import NotYourRegister, get_holdings, writable_units
from jiyue.organizations.registers.base import Register, RegisterEntry, register_of
from jiyue.organizations.registers.selectors import get_totals
from jiyue.organizations.registers.services import SUBJECT, EntryRefused, store_new
from jiyue.organizations.registers.xlsx import (
    MAX_ERRORS,
    CellKind,
    Column,
    Row,
    RowError,
    Summary,
    read_rows,
    write_rows,
)

UNIT, UNIT_NAME, PARENT = "unit_code", "unit_name", "parent_name"


@dataclass(frozen=True)
class ImportReport:
    """What became of a file: every row was entered, or none and here is why."""

    entered: int
    errors: list[RowError] = field(default_factory=list)


class _RowsRefused(Exception):
    """Undoes the import."""


def columns_of(register: Register, *, is_unit_needed: bool = True) -> list[Column]:
    """The columns of a register's file.

    Args:
        register: Which one.
        is_unit_needed: Whether a row must name its unit; otherwise there is only one it can be.
    """
    columns = [
        Column(UNIT, _("Unit code"), is_required=is_unit_needed, max_chars=18),
        Column(UNIT_NAME, _("Unit name"), max_chars=100),
    ]
    parent = register.parent_register
    if parent is not None:
        label = _("%(entry)s (%(field)s)") % {
            "entry": capfirst(register.field(register.parent).verbose_name),
            "field": parent.field(parent.name_field).verbose_name,
        }
        columns.append(Column(PARENT, label, is_required=True, max_chars=200))
    return columns + [_column(register.field(name)) for name in register.fields]


_KINDS: tuple[tuple[type[models.Field[Any, Any]], CellKind], ...] = (
    (models.DateTimeField, CellKind.MOMENT),
    (models.DateField, CellKind.DATE),
    (models.DecimalField, CellKind.DECIMAL),
    (models.BooleanField, CellKind.FLAG),
    (models.IntegerField, CellKind.WHOLE),
)


def _column(source: Any) -> Column:
    kind = next((kind for model_type, kind in _KINDS if isinstance(source, model_type)), CellKind.TEXT)
    if source.choices:
        kind = CellKind.CHOICE
    return Column(
        key=source.name,
        label=capfirst(str(source.verbose_name)),
        kind=kind,
        is_required=not source.blank and not source.has_default(),
        choices=dict(source.flatchoices) if source.choices else {},
        max_chars=getattr(source, "max_length", None) or 200,
        places=getattr(source, "decimal_places", None) or 0,
    )


def write_register(register: Register, entries: QuerySet[Any]) -> bytes:
    """Write entries as a file that can be imported again, with a second sheet of totals."""
    columns = columns_of(register)
    labels = [register.field(name).verbose_name for name in register.total_fields]
    summary = Summary(
        title=_("Totals"),
        heading=["", _("entries"), *(str(label) for label in labels)],
        rows=[
            [totals.label or _("all together"), totals.count, *totals.sums.values()]
            for totals in get_totals(register, entries)
        ],
    )
    rows = (_row_of(register, entry) for entry in entries.iterator(chunk_size=500))
    return write_rows(str(register.label), columns, rows, summary if summary.rows else None)


def _row_of(register: Register, entry: Any) -> Mapping[str, Any]:
    values: dict[str, Any] = {UNIT: entry.unit.code, UNIT_NAME: entry.unit.name}
    parent = register.parent_register
    if parent is not None:
        values[PARENT] = getattr(getattr(entry, register.parent), parent.name_field)
    for name in register.fields:
        value = getattr(entry, name)
        values[name] = _name_of(register, name, value) if isinstance(value, RegisterEntry) else value
    return values


def _name_of(register: Register, name: str, target: RegisterEntry) -> Any:
    return getattr(target, _target_of(register, name).name_field)


def _target_of(register: Register, name: str) -> Register:
    return register_of(register.field(name).related_model)


@transaction.atomic
def record_export(*, register: Register, count: int, actor: AuditActor) -> None:
    """Write down that a register left the platform as a file (SEC-11)."""
    audit.record(
        actor=actor, verb="register.exported", subject_type=SUBJECT, subject_id=register.key, item_count=count
    )


def import_rows(
    *, register: Register, data: bytes, actor: AuditActor, parent: RegisterEntry | None = None
) -> ImportReport:
    """Enter every row of a file, or none.

    A row for a unit that the actor may not write for is an error like any other:
    it doesn't tell whether there is such a unit.

    Args:
        register: Which one.
        data: The .xlsx file.
        actor: Who imports.
        parent: Entry to which all rows belong, where the register has parents; otherwise each row names it.

    Raises:
        SheetRefused, FileRefused: The file as a whole can't be read.
        NotYourRegister: The actor may write this register for no unit.

    Source: ORG-15 to ORG-20; NB 2-3 (ORG-04).
    """
    units = {unit.code: unit for unit in writable_units(register, get_holdings(actor))}
    if parent is not None:
        units = {code: unit for code, unit in units.items() if unit.pk == parent.unit_id}
    if not units:
        raise NotYourRegister(
            _("You can't enter anything in this register."),
            fix=_("Ask the information officer of the unit, or its administrator."),
        )
    table = read_rows(data, columns_of(register, is_unit_needed=len(units) > 1))
    if table.errors:
        return ImportReport(0, table.errors)
    run = _Import(register, units, actor)
    try:
        with transaction.atomic():
            run.enter_all(table.rows)
            audit.record(
                actor=actor,
                verb="register.imported",
                subject_type=SUBJECT,
                subject_id=register.key,
                item_count=len(table.rows),
                sm3=crypto.sm3_hex(data),
            )
    except _RowsRefused:
        return ImportReport(0, run.errors)
    return ImportReport(len(table.rows))


class _Import:
    """One file on its way into a register."""

    def __init__(self, register: Register, units: Mapping[str, Organization], actor: AuditActor):
        self.register = register
        self.units = units
        self.actor = actor
        self.errors: list[RowError] = []
        self.labels = {column.key: str(column.label) for column in columns_of(register)}
        self._found: dict[tuple[str, int, str], list[Any]] = {}

    def enter_all(self, rows: Iterable[Row]) -> None:
        """Enter every row; any error undoes all.

        Raises:
            _RowsRefused: There were errors; they are in `errors`.
        """
        for row in rows:
            self._enter(row)
            if len(self.errors) >= MAX_ERRORS:
                break
        if self.errors:
            raise _RowsRefused

    def _enter(self, row: Row) -> None:
        try:
            unit = self._unit(row)
            parent = None
            if self.register.parent_register is not None:
                parent = self._find(self.register.parent_register, unit, row.values[PARENT], PARENT)
            values = {name: self._value(name, unit, row) for name in self.register.fields}
            store_new(register=self.register, unit=unit, values=values, actor=self.actor, parent=parent)
        except EntryRefused as refusal:
            self.errors.extend(self._error(row, problem) for problem in refusal.problems)
        except DomainError as refusal:
            self.errors.append(self._error(row, refusal))

    def _error(self, row: Row, problem: DomainError) -> RowError:
        fix = str(problem.fix) or _("Correct the row.")
        return RowError(row.number, self.labels.get(problem.field or "", ""), str(problem.message), fix)

    def _unit(self, row: Row) -> Organization:
        code = row.values[UNIT]
        if code is None:
            return next(iter(self.units.values()))
        if code not in self.units:
            raise DomainError(
                _("“%(code)s” is no unit for which you may enter this.") % {"code": code},
                fix=_("Write the code of one of your own units."),
                field=UNIT,
            )
        return self.units[code]

    def _value(self, name: str, unit: Organization, row: Row) -> Any:
        value = row.values[name]
        if value is None or not self.register.field(name).is_relation:
            return value
        return self._find(_target_of(self.register, name), unit, value, name)

    def _find(self, target: Register, unit: Organization, name: str, column: str) -> Any:
        """The one living entry of that name in the unit."""
        key = (target.key, unit.pk, str(name))
        if key not in self._found:
            where = {target.name_field: name}
            if target.name_field == "id" and not str(name).isdecimal():
                self._found[key] = []
            else:
                entries = target.model.objects.filter(unit=unit, struck_at=None, **where)
                self._found[key] = list(entries[:2])
        found = self._found[key]
        if len(found) != 1:
            text = _("There is no “%(name)s” in this unit.") if not found else _("“%(name)s” isn't unique.")
            raise DomainError(
                text % {"name": str(name)[:60]},
                fix=_("Look in the register “%(register)s” how it is written.") % {"register": target.label},
                field=column,
            )
        return found[0]

"""Units as a table: export of the own subtree, import of new units into it.

Source: GL 二(一); NB 2-3 (ORG-01, ORG-04); the table: product decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.organizations.enums import UnitKind, UnitLevel, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.registers.xlsx import CellKind, Column, Row, RowError, read_rows, write_rows
from jiyue.organizations.selectors.units import list_managed_units
from jiyue.organizations.services.tree import MAX_PATH_CHARS, lock_tree, path_of

COLUMNS = (
    Column("code", _("unit code"), is_required=True, max_chars=18),
    Column("name", _("name"), is_required=True, max_chars=100),
    Column("short_name", _("short name"), max_chars=40),
    Column(
        "level",
        _("Administrative level"),
        CellKind.CHOICE,
        is_required=True,
        choices={v: v.label for v in UnitLevel},
    ),
    Column("kind", _("kind"), CellKind.CHOICE, is_required=True, choices={v: v.label for v in UnitKind}),
    Column("superior", _("code of the superior unit of the same system"), max_chars=18),
    Column("supervising_unit", _("code of the supervising unit at the same level"), max_chars=18),
)
RELATIONS = ("superior", "supervising_unit")
_LABELS = {column.key: column.label for column in COLUMNS}


@dataclass
class ImportReport:
    """What an import did: everything, or nothing and why.

    Attributes:
        created: Units that were founded.
        unchanged: Rows that say what is there already.
        errors: Why nothing was stored.
    """

    created: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def export_units(*, actor: StaffAccount) -> bytes:
    """The units of the own subtree as a table that `import_units` reads back; the export is recorded."""
    units = list(
        list_managed_units(actor).filter(status=UnitStatus.ACTIVE).select_related(*RELATIONS).order_by("path")
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="unit.exported",
        subject_type="unit",
        subject_id=actor.unit_id,
        item_count=len(units),
    )
    return write_rows(gettext("Units"), COLUMNS, (_values_of(unit) for unit in units))


def _values_of(unit: Organization) -> dict[str, object]:
    """A unit as a row; an empty cell is None, as `read_rows` says it."""
    values: dict[str, object] = {
        name: getattr(unit, name) or None for name in ("code", "name", "short_name", "level", "kind")
    }
    for name in RELATIONS:
        above = getattr(unit, name)
        values[name] = above.code if above else None
    return values


@transaction.atomic
def import_units(*, data: bytes, actor: StaffAccount) -> ImportReport:
    """Found the units of a table inside the own subtree: all of them, or none.

    A row that says what is there already is passed over, so that the same file
    can be imported twice. Existing units aren't changed: a change in a file
    nobody looks at would move people and content.

    Args:
        data: The whole .xlsx file.
        actor: Who imports; every unit must lie below one they administer.

    Raises:
        SheetRefused: The file as a whole can't be read as this table.
        FileRefused: It is no .xlsx file.
    """
    table = read_rows(data, COLUMNS)
    report = ImportReport(errors=list(table.errors))
    lock_tree()
    known = _known_units(table.rows, actor)
    new = [row for row in table.rows if _is_new(row, known, report)]
    _refuse_twins(new, report)
    codes = {row.values["code"] for row in new}
    for row in new:
        _check_row(row, codes, known, report)
    if not report.errors:
        _found_all(new, known, report, actor)
    if report.errors:
        report.errors.sort(key=lambda error: error.row)
        report.created = 0
        transaction.set_rollback(True)
    return report


@dataclass(frozen=True)
class _Known:
    """Units that exist among the codes of a file, and which of them are the actor's."""

    units: dict[str, Organization]
    managed: frozenset[str]


def _known_units(rows: Sequence[Row], actor: StaffAccount) -> _Known:
    codes = {row.values[name] for row in rows for name in ("code", *RELATIONS)} - {None}
    units = Organization.objects.filter(code__in=codes).select_related(*RELATIONS)
    managed = list_managed_units(actor).filter(code__in=codes).values_list("code", flat=True)
    return _Known({unit.code: unit for unit in units}, frozenset(managed))


def _is_new(row: Row, known: _Known, report: ImportReport) -> bool:
    """Sort out what is there already: the same is passed over, another one is an error."""
    unit = known.units.get(row.values["code"])
    if unit is None:
        return row.values["code"] is not None
    if unit.code in known.managed and _values_of(unit) == row.values:
        report.unchanged += 1
        return False
    _refuse(
        report,
        row,
        "code",
        gettext("A unit with this code exists already, with other values."),
        gettext("Change an existing unit on its own page, or correct the code."),
    )
    return False


def _refuse_twins(rows: Sequence[Row], report: ImportReport) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.values["code"], row.number)
        if first != row.number:
            _refuse(
                report,
                row,
                "code",
                gettext("The code stands in row %(row)d already.") % {"row": first},
                gettext("Give each unit a code of its own."),
            )


def _check_row(row: Row, codes: set[str], known: _Known, report: ImportReport) -> None:
    if "/" in row.values["code"]:
        _refuse(report, row, "code", gettext("The code contains a slash."), gettext("Choose another code."))
    if not any(row.values[name] for name in RELATIONS):
        _refuse(
            report,
            row,
            "supervising_unit",
            gettext("No unit above it is named."),
            gettext("Fill in the supervising unit or the superior unit."),
        )
    for name in RELATIONS:
        above = row.values[name]
        if above is None or above in codes:
            continue
        unit = known.units.get(above)
        if unit is None or above not in known.managed or unit.status != UnitStatus.ACTIVE:
            _refuse(
                report,
                row,
                name,
                gettext("There is no active unit %(code)s among those you administer.") % {"code": above},
                gettext("Correct the code, or add that unit to the file."),
            )


def _found_all(rows: Sequence[Row], known: _Known, report: ImportReport, actor: StaffAccount) -> None:
    """Found the units from the top down; what never gets its turn stands in a ring."""
    units, waiting = dict(known.units), list(rows)
    while waiting:
        ready = [row for row in waiting if all(row.values[n] in units for n in RELATIONS if row.values[n])]
        if not ready:
            break
        made = [_unit_of(row, units, report) for row in ready]
        Organization.objects.bulk_create(made)
        units |= {unit.code: unit for unit in made}
        report.created += len(made)
        audit.record_many(
            actor=actor.audit_actor(),
            verb="unit.created",
            facts=[audit.Fact("unit", unit.pk, {"code": unit.code, "name": unit.name}) for unit in made],
        )
        done = {row.number for row in ready}
        waiting = [row for row in waiting if row.number not in done]
    for row in waiting:
        _refuse(
            report,
            row,
            "",
            gettext("The units above it lead in a circle."),
            gettext("Correct which unit stands above which."),
        )


def _unit_of(row: Row, units: Mapping[str, Organization], report: ImportReport) -> Organization:
    above = {name: units[row.values[name]] if row.values[name] else None for name in RELATIONS}
    path = path_of(row.values["code"], above["supervising_unit"] or above["superior"])
    if len(path) > MAX_PATH_CHARS:
        _refuse(report, row, "", gettext("The tree would be too deep."), gettext("Place the unit higher up."))
        path = path_of(row.values["code"], None)  # undone with everything else
    return Organization(
        code=row.values["code"],
        name=row.values["name"],
        short_name=row.values["short_name"] or "",
        level=row.values["level"],
        kind=row.values["kind"],
        path=path,
        **above,
    )


def _refuse(report: ImportReport, row: Row, column: str, message: str, fix: str) -> None:
    report.errors.append(RowError(row.number, str(_LABELS.get(column, "")), message, fix))

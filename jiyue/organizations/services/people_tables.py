"""The register of responsible persons as a table: export, import, ending many roles at once (ORG-05)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import Employment, StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount, UnitRole
from jiyue.organizations.registers.xlsx import CellKind, Column, Row, RowError, read_rows, write_rows
from jiyue.organizations.selectors.people import list_people, list_responsible_persons
from jiyue.organizations.selectors.roles import get_administered_unit_ids
from jiyue.organizations.services.people import register_person
from jiyue.organizations.services.roles import assign_role, end_role

_ROLES = {role.value: role.label for role in StaffRole}
_EMPLOYMENTS = {employment.value: employment.label for employment in Employment}
COLUMNS = (
    Column("unit", _("unit code"), is_required=True, max_chars=18),
    Column("name", _("name"), is_required=True, max_chars=60),
    Column("employee_number", _("employee number"), max_chars=40),
    Column("employment", _("employment"), CellKind.CHOICE, is_required=True, choices=_EMPLOYMENTS),
    Column("phone", _("telephone"), max_chars=40),
    Column("role", _("role"), CellKind.CHOICE, is_required=True, choices=_ROLES),
    Column("section", _("responsible section"), max_chars=60),
    Column("starts_on", _("starts on"), CellKind.DATE, is_required=True),
    Column("ends_on", _("ends on"), CellKind.DATE),
)
_LABELS = {column.key: column.label for column in COLUMNS} | {"person": _("name")}


@dataclass
class ImportReport:
    """What an import did: everything, or nothing and why.

    Attributes:
        created: Roles that were assigned.
        entered: Persons who were entered.
        unchanged: Rows that say what is there already.
        errors: Why nothing was stored.
    """

    created: int = 0
    entered: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def export_people(*, actor: StaffAccount, unit_ids: Collection[int]) -> bytes:
    """The register of the units as a table that `import_people` reads back; the export is recorded.

    Args:
        actor: Who exports.
        unit_ids: Units; those the actor doesn't administer are left out.
    """
    roles = list(list_responsible_persons(get_administered_unit_ids(actor) & set(unit_ids)))
    audit.record(
        actor=actor.audit_actor(),
        verb="person.exported",
        subject_type="unit",
        subject_id=actor.unit_id,
        item_count=len(roles),
    )
    return write_rows(gettext("Responsible persons"), COLUMNS, (_values_of(role) for role in roles))


def _values_of(role: UnitRole) -> dict[str, object]:
    return {
        "unit": role.unit.code,
        "name": role.person.name,
        "employee_number": role.person.employee_number or None,
        "employment": role.person.employment,
        "phone": role.person.phone or None,
        "role": role.role,
        "section": role.section or None,
        "starts_on": role.starts_on,
        "ends_on": role.ends_on,
    }


@transaction.atomic
def import_people(*, data: bytes, actor: StaffAccount) -> ImportReport:
    """Enter the people and roles of a table: all of them, or none.

    A person is found by the employee number, or by name among the people of the
    unit; an unknown one is entered. Every row passes the rules of the form.

    Args:
        data: The whole .xlsx file.
        actor: Who imports; only units of the own subtree.

    Raises:
        SheetRefused: The file as a whole can't be read as this table.
        FileRefused: It is no .xlsx file.

    Source: GL 二(二)3-4; NB 2-3 (ORG-04, ORG-05).
    """
    table = read_rows(data, COLUMNS)
    report = ImportReport(errors=list(table.errors))
    bad = {error.row for error in table.errors}
    units = _units_of(table.rows, actor)
    for row in table.rows:
        if row.number in bad:
            continue
        unit = units.get(row.values["unit"])
        if unit is None:
            _refuse(
                report,
                row,
                "unit",
                gettext("There is no unit %(code)s among those you administer.")
                % {"code": row.values["unit"]},
                gettext("Correct the code."),
            )
            continue
        try:
            with transaction.atomic():
                _store(row, unit, actor, report)
        except DomainError as error:
            _refuse(report, row, error.field or "", str(error.message), str(error.fix))
    if report.errors:
        report.errors.sort(key=lambda error: error.row)
        report.created = report.entered = 0
        transaction.set_rollback(True)
    return report


def _units_of(rows: Sequence[Row], actor: StaffAccount) -> dict[str, Organization]:
    codes = {row.values["unit"] for row in rows}
    found = Organization.objects.filter(code__in=codes, pk__in=get_administered_unit_ids(actor))
    return {unit.code: unit for unit in found}


class _Ambiguous(DomainError):
    code = "person_ambiguous"


def _store(row: Row, unit: Organization, actor: StaffAccount, report: ImportReport) -> None:
    values = row.values
    person = _find_person(values["employee_number"], values["name"], unit, actor)
    if person is None:
        person = register_person(
            unit=unit,
            name=values["name"],
            employment=values["employment"],
            employee_number=values["employee_number"] or "",
            phone=values["phone"] or "",
            actor=actor.audit_actor(),
        )
        report.entered += 1
    elif _is_there(person, unit, values):
        report.unchanged += 1
        return
    assign_role(
        person=person,
        unit=unit,
        role=StaffRole(values["role"]),
        section=values["section"] or "",
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        actor=actor.audit_actor(),
    )
    report.created += 1


def _find_person(number: str | None, name: str, unit: Organization, actor: StaffAccount) -> Person | None:
    """The person of a row among those the actor can reach; a number decides, otherwise the name does."""
    if number:
        reachable = list_people(get_administered_unit_ids(actor))
        person = reachable.filter(employee_number=number).first()
        if person is not None and person.name != name:
            raise _Ambiguous(
                _("The employee number %(number)s belongs to %(person)s.")
                % {"number": number, "person": person.name},
                fix=_("Correct the number or the name."),
                field="employee_number",
            )
        return person
    namesakes = list(list_people([unit.pk]).filter(name=name)[:2])
    if len(namesakes) > 1:
        raise _Ambiguous(
            _("Several people of this unit are called %(name)s.") % {"name": name},
            fix=_("Fill in the employee number."),
            field="employee_number",
        )
    return namesakes[0] if namesakes else None


def _is_there(person: Person, unit: Organization, values: dict[str, Any]) -> bool:
    return UnitRole.objects.filter(
        person=person,
        unit=unit,
        role=values["role"],
        section=values["section"] or "",
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
    ).exists()


def _refuse(report: ImportReport, row: Row, column: str, message: str, fix: str) -> None:
    report.errors.append(RowError(row.number, str(_LABELS.get(column, "")), message, fix))


@dataclass(frozen=True)
class BulkOutcome:
    """What became of one role of a bulk action.

    Attributes:
        role: The role.
        refusal: Why it stays; None where it ended.
    """

    role: UnitRole
    refusal: DomainError | None


def end_roles(
    *, roles: Sequence[UnitRole], ends_on: date | None, reason: str, actor: audit.AuditActor
) -> list[BulkOutcome]:
    """End many roles, one by one by the rules for a single one; a refused one doesn't hold up the others.

    Args:
        roles: Roles the actor chose.
        ends_on: Last day of all of them; today where none is given.
        reason: Kept with every filing.
        actor: Who ends them.

    Source: HT 一¶3; NB 8 (ORG-07).
    """
    outcomes = []
    for role in roles:
        refusal = None
        try:
            end_role(role=role, ends_on=ends_on or clock.today(), reason=reason, actor=actor)
        except DomainError as error:
            refusal = error
        outcomes.append(BulkOutcome(role, refusal))
    return outcomes

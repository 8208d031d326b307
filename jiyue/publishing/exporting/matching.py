"""Units, people and accounts of an export, matched with what the platform has.

Units are the same where their code is the same; others are founded with the
operator's consent. People come as new persons: a namesake may be somebody else.
Their accounts are closed from the start and have no password; they are there
so that the history can say who did what.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Field, JSONField, Model
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.organizations.enums import AccountStatus, UnitKind, UnitLevel, UnitStatus
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.services import create_unit
from jiyue.publishing.exporting.layout import ImportRefused
from jiyue.publishing.exporting.parts import Row
from jiyue.publishing.exporting.records import ACCOUNTS, PEOPLE, UNITS, batches
from jiyue.publishing.exporting.sources import ExportReader

_BATCH = 500  # rows


@dataclass
class Matches:
    """Own keys by what the export calls them."""

    units: dict[str, int] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    accounts: dict[int, int] = field(default_factory=dict)
    new_units: list[str] = field(default_factory=list)

    def stored(self, model: type[Model], row: Row) -> Model:
        """Build a row of a table from plain JSON values.

        Raises:
            FieldDoesNotExist, KeyError, TypeError, ValueError, ValidationError: It doesn't fit.
        """
        values = {}
        for name, value in row.items():
            each = model._meta.get_field(name)
            if not isinstance(each, Field):
                raise TypeError(name)
            values[each.attname] = None if value is None else self._own(each, value)
        return model(**values)

    def _own(self, each: "Field[Any, Any]", value: Any) -> Any:
        target = each.related_model
        if target is Organization:
            return self.units[value]
        if target is Person:
            return self.people[value]
        if target is StaffAccount:
            return self.accounts[value]
        if target is not None or isinstance(each, JSONField):
            return value
        return each.to_python(value)


def missing_units(reader: ExportReader) -> list[str]:
    """Codes and names of units that the export names and the platform doesn't have."""
    known = set(Organization.objects.values_list("code", flat=True))
    return [
        f"{row['code']} {row['name']}" for row in reader.rows(f"{UNITS}.jsonl") if row["code"] not in known
    ]


def match(reader: ExportReader, *, may_create_units: bool, actor: audit.AuditActor) -> Matches:
    """Match everybody, founding units and storing people where they are new.

    Raises:
        ImportRefused: Units are missing and mustn't be founded.
    """
    missing = missing_units(reader)
    if missing and not may_create_units:
        raise ImportRefused(
            _("The platform has no unit %(units)s.") % {"units": ", ".join(missing[:20])},
            fix=_("Found these units first, or allow their founding with --create-units."),
            code="units_missing",
        )
    matches = Matches(units=dict(Organization.objects.values_list("code", "pk")), new_units=missing)
    _found_units(reader, matches, actor)
    _store_people(reader, matches)
    return matches


def _found_units(reader: ExportReader, matches: Matches, actor: audit.AuditActor) -> None:
    closed: list[Row] = []
    for row in reader.rows(f"{UNITS}.jsonl"):
        code = str(row["code"])
        if code in matches.units:
            continue
        above = {name: _unit(matches, row[name]) for name in ("superior", "supervising_unit")}
        unit = create_unit(
            code=code,
            name=str(row["name"]),
            short_name=str(row["short_name"]),
            level=UnitLevel(row["level"]),
            kind=UnitKind(row["kind"]),
            actor=actor,
            **above,
        )
        matches.units[code] = unit.pk
        if row["status"] != UnitStatus.ACTIVE:
            closed.append(row)
    for row in closed:
        Organization.objects.filter(code=row["code"]).update(
            status=UnitStatus(row["status"]), closed_on=row["closed_on"]
        )


def _unit(matches: Matches, code: object) -> Organization | None:
    return Organization.objects.get(pk=matches.units[str(code)]) if code else None


def _store_people(reader: ExportReader, matches: Matches) -> None:
    for batch in batches(reader.rows(f"{PEOPLE}.jsonl"), _BATCH):
        people = Person.objects.bulk_create(Person(name=row["name"]) for row in batch)
        matches.people.update((row["ref"], person.pk) for row, person in zip(batch, people, strict=True))
    now = clock.now()
    for batch in batches(reader.rows(f"{ACCOUNTS}.jsonl"), _BATCH):
        accounts = [
            StaffAccount(
                login_name=f"imported-{row['ref']}",
                person_id=matches.people[row["person"]],
                unit_id=matches.units[row["unit"]],
                status=AccountStatus.CLOSED,
                status_reason=str(_("Came with an imported site, to say who did what.")),
                status_since=now,
                opened_at=now,
            )
            for row in batch
        ]
        for account in accounts:
            account.set_unusable_password()
        stored = StaffAccount.objects.bulk_create(accounts)
        matches.accounts.update((row["ref"], account.pk) for row, account in zip(batch, stored, strict=True))

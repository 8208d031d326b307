"""Entries of registers in words: heads, rows, facts and what changed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jiyue.backoffice.templatetags.backoffice import day, moment
from jiyue.backoffice.wording import VERBS, word
from jiyue.core.models import AuditEntry, AuditText
from jiyue.organizations.registers import selectors
from jiyue.organizations.registers.base import Register, RegisterEntry


@dataclass(frozen=True)
class Cell:
    """One value: its words, its heading, and whether it is a number and stands at the right."""

    text: str
    label: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class ChildTable:
    """What belongs to an entry, from one child register."""

    register: Register
    head: list[Cell]
    rows: list[tuple[RegisterEntry, list[Cell]]]
    totals: list[selectors.Totals]
    may_add: bool


@dataclass(frozen=True)
class Event:
    """One act in the history of an entry; `changes` are (field, before, after)."""

    entry: AuditEntry
    person: str
    act: str
    changes: list[tuple[str, str, str]]
    reason: str
    is_erased: bool


def cell_of(register: Register, entry: Any, name: str) -> Cell:
    """The value of one field."""
    value, label = getattr(entry, name), _label(register, name)
    if register.field(name).choices:
        return Cell(str(getattr(entry, f"get_{name}_display")()), label)
    return Cell(_in_words(value), label, _is_number(register, name))


def _label(register: Register, name: str) -> str:
    return capfirst(str(register.field(name).verbose_name))


def _is_number(register: Register, name: str) -> bool:
    return isinstance(register.field(name), models.IntegerField | models.DecimalField) and (
        name != register.year_field
    )


def _in_words(value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Decimal():
            return f"{value:,}"
    return str(value)


def head_of(register: Register, *, without: str = "") -> list[Cell]:
    """Headings of the list."""
    names = [name for name in register.list_fields if name != without]
    return [Cell(_label(register, name), is_number=_is_number(register, name)) for name in names]


def table_of(
    register: Register, entries: Iterable[Any], *, without: str = ""
) -> list[tuple[RegisterEntry, list[Cell]]]:
    """Rows of the list."""
    names = [name for name in register.list_fields if name != without]
    return [(entry, [cell_of(register, entry, name) for name in names]) for entry in entries]


def child_table(register: Register, parent: RegisterEntry, *, may_add: bool) -> ChildTable:
    """What belongs to `parent` from one child register."""
    entries = selectors.list_children(register, parent)
    without = register.parent
    return ChildTable(
        register,
        head_of(register, without=without),
        table_of(register, entries, without=without),
        selectors.get_totals(register, entries),
        may_add,
    )


def facts_of(register: Register, entry: Any) -> list[tuple[str, str]]:
    """Every filled field with its label."""
    rows = [(_label(register, name), cell_of(register, entry, name).text) for name in register.fields]
    return [(label, text) for label, text in rows if text]


def history_of(register: Register, entries: Iterable[AuditEntry]) -> list[Event]:
    """Acts with what they changed."""
    return [_event(register, entry) for entry in entries]


def _event(register: Register, entry: AuditEntry) -> Event:
    text: AuditText | None = getattr(entry, "text", None)
    is_erased = text is None or text.erased_at is not None
    body: dict[str, Any] = json.loads(text.body) if text is not None and not is_erased else {}
    facts = body.get("facts", {})
    before, after = facts.get("before") or {}, facts.get("after") or {}
    names = [name for name in register.fields if name in before or name in after]
    changes = [
        (
            _label(register, name),
            _stored(register, name, before.get(name)),
            _stored(register, name, after.get(name)),
        )
        for name in names
        if before.get(name) not in (None, "") or after.get(name) not in (None, "")
    ]
    note = facts.get("reason") or (str(facts.get("title", "")) if "number" in facts else "")
    return Event(entry, body.get("person", ""), word(VERBS, entry.verb), changes, note, is_erased)


def _stored(register: Register, name: str, value: Any) -> str:
    """A value of the trail in words."""
    field: Any = register.field(name)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value or ""))
    if isinstance(field, models.DateField) and isinstance(value, str) and value:
        return day(date.fromisoformat(value))
    return _in_words(value)

"""Live editions in the terms of another library standard, and what they lack for it (LIB-15).

Only live editions are read: nothing that isn't public can leave this way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from jiyue.library.kinds import KINDS
from jiyue.library.models import LiveEdition
from jiyue.library.open_intake.standards import Element, Obligation, Standard, ValueType
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_active_roles

MAX_EXAMPLES = 200  # faulty items named in a report; all are counted
CHUNK_ROWS = 500
Value = str | list[str]


@dataclass(frozen=True)
class Fault:
    """One item that lacks something.

    Attributes:
        resource_id, title: The item.
        element: Of which element.
        is_unknown_code: The value isn't in the standard's list; otherwise it is missing.
    """

    resource_id: int
    title: str
    element: Element
    is_unknown_code: bool


@dataclass
class Report:
    """How well a library fits a standard.

    Attributes:
        standard: Which one.
        items: Live items looked at.
        conforming: Those that lack nothing.
        missing, unknown: Element name → number of items.
        faults: The first ones, for people to mend.
    """

    standard: Standard
    items: int = 0
    conforming: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[Element, int, int, int]]:
        """Per element: how many items have it in order, lack it, have an unknown value."""
        return [
            (
                element,
                self.items - self.missing[element.element] - self.unknown[element.element],
                self.missing[element.element],
                self.unknown[element.element],
            )
            for element in self.standard.elements
        ]


def list_own_live(account: StaffAccount) -> "Iterable[LiveEdition]":
    """Live items of the units in which the account holds a role."""
    units = get_active_roles().filter(person=account.person_id).values("unit_id")
    return iterate_live(list(units.values_list("unit_id", flat=True)))


def iterate_live(unit_ids: Sequence[int] | None = None) -> Iterator[LiveEdition]:
    """Live items, in the order of their numbers, a few hundred in memory at a time.

    Args:
        unit_ids: Only of these units; None for all.
    """
    rows = LiveEdition.objects.select_related("edition", "resource__unit").order_by("pk")
    if unit_ids is not None:
        rows = rows.filter(resource__unit__in=unit_ids)
    return rows.iterator(chunk_size=CHUNK_ROWS)


def values_of(live: LiveEdition, standard: Standard) -> dict[str, Value]:
    """An item in the standard's terms: element → text or list of texts; empty ones are left out."""
    found = {element.element: _value(live, element) for element in standard.elements}
    return {name: value for name, value in found.items() if value}


def _value(live: LiveEdition, element: Element) -> Value:
    content = live.edition.content
    if element.type == ValueType.DERIVED:
        return _derived(live)[element.field]
    value = getattr(content, element.field)
    if element.type == ValueType.LIST:
        return list(value)
    if element.type == ValueType.DATE:
        return value.isoformat() if value else ""
    if element.type == ValueType.CODE:
        return str(element.codes.get(value, value))
    return str(value)


def _derived(live: LiveEdition) -> dict[str, str]:
    return {
        "unit_code": live.resource.unit.code,
        "published_at": timezone.localtime(live.first_published_at).isoformat(timespec="seconds"),
        "version": str(live.edition.number),
    }


def find_faults(live: LiveEdition, standard: Standard) -> list[Fault]:
    """What an item lacks for a standard.

    Source: NB 21; NT 20 (LIB-15).
    """
    is_document = KINDS.get(live.edition.kind).is_document
    values = values_of(live, standard)
    faults = []
    for element in standard.elements:
        is_needed = element.obligation == Obligation.MANDATORY or (
            element.obligation == Obligation.DOCUMENT and is_document
        )
        value = values.get(element.element)
        is_unknown = bool(element.codes) and value is not None and value not in element.codes.values()
        if is_unknown or (is_needed and not value):
            faults.append(Fault(live.resource_id, live.edition.title, element, is_unknown))
    return faults


def make_report(items: Iterable[LiveEdition], standard: Standard) -> Report:
    """Which items lack what for a standard, counted and with the first ones named.

    Args:
        items: Live items.
        standard: The standard.

    Source: NB 21; NT 20 (LIB-15).
    """
    report = Report(standard)
    for live in items:
        faults = find_faults(live, standard)
        report.items += 1
        report.conforming += not faults
        for fault in faults:
            (report.unknown if fault.is_unknown_code else report.missing)[fault.element.element] += 1
        report.faults += faults[: max(0, MAX_EXAMPLES - len(report.faults))]
    return report

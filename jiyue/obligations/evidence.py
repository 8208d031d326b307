"""What a unit owed in a period and how it was met: the figures an assessment rests on.

A clock belongs to the period in which it was due, whoever did it when. Excused
clocks and those whose reason fell away count neither as in time nor as late.

Source: HT 附件 (deductions per late case); GL 八(四)2 (annual assessment).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import kind_label

CHUNK = 2_000  # rows read at a time by the export
_OPEN, _DONE = Q(status=ObligationStatus.OPEN), Q(status=ObligationStatus.SATISFIED)


@dataclass(frozen=True)
class Evidence:
    """Clocks of one unit, or of one kind, that were due in the period.

    Attributes:
        name: Unit or kind.
        total: All of them.
        in_time: Done in time.
        late: Done after the due moment, or open with the due moment passed.
        excused: Excused by two persons.
        lapsed: No longer owed.
        running: Open and not yet due.
    """

    key: str
    name: str
    total: int
    in_time: int
    late: int
    excused: int
    lapsed: int
    running: int

    @property
    def in_time_percent(self) -> float | None:
        """Share of those done in time among those that count; None where none counts."""
        counted = self.in_time + self.late
        return 100 * self.in_time / counted if counted else None


def due_between(obligations: QuerySet[Obligation], since: datetime, until: datetime) -> QuerySet[Obligation]:
    """Clocks due from `since` up to, but not including, `until`.

    A date at 24:00 belongs to the day that ends then, so the first moment of a
    period belongs to the one before.
    """
    return obligations.filter(due_at__gt=since, due_at__lte=until)


def get_evidence_by_unit(
    obligations: QuerySet[Obligation], since: datetime, until: datetime
) -> list[Evidence]:
    """Figures of a period by unit, in the order of the tree; one query."""
    rows = _count(due_between(obligations, since, until), "unit__path", "unit_id", "unit__name")
    return [_evidence(str(row["unit_id"]), row["unit__name"], row) for row in rows]


def get_evidence_by_kind(
    obligations: QuerySet[Obligation], since: datetime, until: datetime
) -> list[Evidence]:
    """Figures of a period by kind of clock; one query."""
    rows = _count(due_between(obligations, since, until), "kind")
    return [_evidence(str(row["kind"]), kind_label(str(row["kind"])), row) for row in rows]


def _count(obligations: QuerySet[Obligation], *names: str) -> list[dict[str, object]]:
    is_overdue = Q(_OPEN, due_at__lt=clock.now())
    return list(
        obligations.order_by()
        .select_related(None)
        .values(*names)
        .annotate(
            total=Count("pk"),
            in_time=Count("pk", filter=_DONE & Q(is_late=False)),
            late=Count("pk", filter=_DONE & Q(is_late=True) | is_overdue),
            excused=Count("pk", filter=Q(status=ObligationStatus.EXCUSED)),
            lapsed=Count("pk", filter=Q(status=ObligationStatus.LAPSED)),
            running=Count("pk", filter=_OPEN & ~is_overdue),
        )
        .order_by(names[0])
    )


def _evidence(key: str, name: object, row: dict[str, object]) -> Evidence:
    numbers = ("total", "in_time", "late", "excused", "lapsed", "running")
    return Evidence(key, str(name), *(int(str(row[number])) for number in numbers))


def list_evidence_rows(
    obligations: QuerySet[Obligation], since: datetime, until: datetime
) -> Iterator[list[str]]:
    """Header and one line per clock of a period, for an export; memory stays flat.

    Yields:
        Texts; moments as year-month-day hour:minute in Asia/Shanghai.
    """
    yield [
        _("Unit"),
        _("Unit code"),
        _("Kind"),
        _("What is to be done"),
        _("Clause"),
        _("Clock started"),
        _("Due"),
        _("Status"),
        _("Clock stopped"),
        _("Late"),
        _("Late by"),
        _("Reason"),
    ]
    rows = (
        due_between(obligations, since, until).select_related("unit").order_by("unit__path", "due_at", "pk")
    )
    now = clock.now()
    for row in rows.defer("working", "plan").iterator(chunk_size=CHUNK):
        is_late = row.is_late or (row.is_open and row.due_at < now)
        by = f"{row.late_number} {row.get_late_unit_display()}" if row.late_number is not None else ""
        yield [
            row.unit.name,
            row.unit.code,
            kind_label(row.kind),
            row.title,
            row.clause,
            _written(row.opened_at),
            _written(row.due_at),
            str(row.get_status_display()),
            _written(row.closed_at),
            _("yes") if is_late else _("no"),
            by,
            row.reason,
        ]


def _written(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""

"""A changed calendar moves open clocks, with a record on each.

The change only marks the rows it may concern, in its own transaction; the
sweep computes them before it reminds anybody. A changed profile marks none:
each clock keeps the term it started under (PROF-05).

Source: PROF-04, PROF-05; product decision, design of the clocks.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from jiyue.core import audit, clock
from jiyue.obligations.enums import EventVerb, ObligationStatus
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.reckoning import compute_deadline, moment_at, replan, working_of
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.selectors import get_calendar

BATCH = 1_000  # clocks; one step of the sweep stays at about a second
REACH_DAYS = 120  # escalation steps lie that far behind the due date at most; too far marks too many, no harm
ONE_DAY = timedelta(days=1)
_COMPUTED = ("due_at", "working", "is_provisional", "needs_recomputing", "plan", "next_step_at")


def mark_for_recomputing(first_on: date, last_on: date) -> int:
    """Mark open clocks whose date or steps may rest on days whose plan changed; return how many.

    Args:
        first_on: First day that the old or the new plan decides about.
        last_on: Last such day.
    """
    begin, end = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (first_on, last_on + ONE_DAY)
    )
    return (
        Obligation.objects.filter(status=ObligationStatus.OPEN)
        .exclude(term_unit=TermUnit.HOURS)
        .filter(opened_at__lt=end, due_at__gte=begin - timedelta(days=REACH_DAYS))
        .update(needs_recomputing=True)
    )


@transaction.atomic
def recompute_batch() -> int:
    """Compute up to `BATCH` marked clocks anew; return how many there were."""
    rows = list(
        Obligation.objects.select_for_update()
        .filter(needs_recomputing=True, status=ObligationStatus.OPEN)
        .order_by("pk")[:BATCH]
    )
    if not rows:
        return 0
    calendar, now = get_calendar(), clock.now()
    events = [event for row in rows if (event := _recompute(row, calendar))]
    for event in events:
        event.occurred_at = now
    _write(rows)
    ObligationEvent.objects.bulk_create(events)
    audit.record_many(
        actor=audit.PLATFORM,
        verb="obligation.recomputed",
        facts=[
            audit.Fact(
                "obligation",
                event.obligation_id,
                {"before": event.old_due_at.isoformat(), "after": event.new_due_at.isoformat()},
            )
            for event in events
            if event.old_due_at and event.new_due_at
        ],
    )
    return len(rows)


def _write(rows: Sequence[Obligation]) -> None:
    """Write what was computed: one prepared statement for all rows, ten times as fast as a bulk update."""
    fields = [field for field in Obligation._meta.concrete_fields if field.name in _COMPUTED]
    columns = ", ".join(f"{connection.ops.quote_name(str(field.column))} = %s" for field in fields)
    table = connection.ops.quote_name(Obligation._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {columns} WHERE id = %s",  # noqa: S608  # names of our own model
            [
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
                + [row.pk]
                for row in rows
            ],
        )


def _recompute(row: Obligation, calendar: WorkCalendar) -> ObligationEvent | None:
    """Bring one clock up to date in memory; an event where its date or its standing changed."""
    before, known = (row.due_at, row.is_provisional), row.working.get("versions", [])
    if row.term_number is not None:
        found = compute_deadline(row.opened_at, Term(row.term_number, TermUnit(row.term_unit)), calendar)
        row.due_at, row.is_provisional, row.working = found.due_at, found.is_provisional, working_of(found)
    row.plan = replan(row.plan, due_at=row.due_at, calendar=calendar)
    row.next_step_at = moment_at(row.plan, row.steps_taken)
    row.needs_recomputing = False
    if before == (row.due_at, row.is_provisional):
        return None
    new = [version[0] for version in row.working["versions"] if version not in known]
    return ObligationEvent(
        obligation=row,
        verb=EventVerb.RECOMPUTED,
        old_due_at=before[0],
        new_due_at=row.due_at,
        note="; ".join(calendar.plan(year).source for year in new),
    )

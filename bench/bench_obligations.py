"""The daily sweep over open and closed clocks: reminders, escalation, notices; and a changed calendar.

Three in ten clocks are open, and a day's worth of their steps is due: about one
in ten. Beside it runs what one would write first: a loop over all open clocks that
counts the days with the ORM and saves row by row, on a sample, in one transaction.
"""

import json
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from bench.empty_platform import migrate_platform, open_platform
from bench.harness import Figure, Scale, percentile

NAME = "obligations"
open_platform(NAME)

from django.db import connection, transaction  # noqa: E402

from jiyue.core import audit, clock  # noqa: E402
from jiyue.obligations.evidence import get_evidence_by_unit  # noqa: E402
from jiyue.obligations.kinds import KINDS, LEADERS  # noqa: E402
from jiyue.obligations.models import Obligation, ObligationEvent  # noqa: E402
from jiyue.obligations.reckoning import (  # noqa: E402
    compute_deadline,
    due_day,
    plan_steps,
    rules_for,
    working_of,
)
from jiyue.obligations.recomputing import mark_for_recomputing, recompute_batch  # noqa: E402
from jiyue.obligations.selectors import describe_rows, list_overseen_obligations  # noqa: E402
from jiyue.obligations.sweeping import sweep  # noqa: E402
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel  # noqa: E402
from jiyue.organizations.models import Organization, Person, StaffAccount, StaffNotice, UnitRole  # noqa: E402
from jiyue.organizations.services import create_unit  # noqa: E402
from jiyue.policy.work_calendar.calendars import WorkCalendar  # noqa: E402
from jiyue.policy.work_calendar.deadlines import working_days_between  # noqa: E402
from jiyue.policy.work_calendar.selectors import get_calendar  # noqa: E402

COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 1_000_000}
UNITS = 400
OPEN_OF_TEN = 3
DUE_DAYS = 50  # working days over which the open clocks are spread; five steps each: a tenth is due a day
SAMPLE = 3_000  # clocks of the naive loop
CHUNK = 5_000  # rows written at a time
READS = 25  # times a list is read
SEED = 20261122
KIB = 1024
_COLUMNS = (
    "kind, unit_id, person_id, subject_type, subject_key, title, path, clause, opened_at, due_at, working,"
    " term_number, term_unit, policy_origin, policy_version, is_provisional, needs_recomputing, status,"
    " closed_at, is_late, late_unit, reason, plan, steps_taken, escalation_level, next_step_at"
)
Row = tuple[object, ...]


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    migrate_platform()
    units = _make_units()
    _write(_rows(COUNTS[scale], units))
    open_count = Obligation.objects.filter(status="open").count()
    due_count = Obligation.objects.filter(status="open", next_step_at__lte=clock.now()).count()
    print(f"{COUNTS[scale]:,} clocks, {open_count:,} open, {due_count:,} with a step due", flush=True)
    naive = _measure_naive(open_count)
    before = _peak_mib()
    started = time.perf_counter()
    touched = sum(sweep())
    seconds = time.perf_counter() - started
    if touched != due_count:
        raise AssertionError(f"{touched} clocks were touched, not {due_count}")
    notices, events = StaffNotice.objects.count(), ObligationEvent.objects.filter(told__isnull=False).count()
    print(f"{events:,} steps taken, {notices:,} messages", flush=True)
    return [
        Figure("clocks with a step due", due_count, "clocks"),
        Figure(
            "daily sweep",
            seconds,
            "s",
            "<= 60",
            f"loop over all open clocks, from {SAMPLE:,}",
            naive,
            naive / seconds,
        ),
        Figure("sweep with nothing due", _seconds_of_empty_sweep() * 1000, "ms"),
        Figure("growth of memory by the sweep", _peak_mib() - before, "MiB", "<= 64"),
        Figure("peak of memory", _peak_mib(), "MiB", "<= 400"),
        *_measure_lists(),
        *_measure_recomputing(),
    ]


def _make_units() -> list[Organization]:
    """One city and its units, each with a leader and an information officer who can sign in."""
    root = create_unit(
        code="000000001",
        name="云汀市人民政府办公室",
        level=UnitLevel.PREFECTURE_CITY,
        kind=UnitKind.DEPARTMENT,
        actor=audit.PLATFORM,
    )
    units = [root]
    for number in range(2, UNITS + 1):
        unit = create_unit(
            code=f"{number:09d}",
            name=f"单位{number}",
            level=UnitLevel.COUNTY_DISTRICT,
            kind=UnitKind.DEPARTMENT,
            supervising_unit=units[number // 20],
            actor=audit.PLATFORM,
        )
        units.append(unit)
    for unit in units:
        for role in (StaffRole.PRINCIPAL_LEADER, StaffRole.INFORMATION_OFFICER, StaffRole.PLATFORM_MANAGER):
            person = Person.objects.create(name=f"{unit.code}{role.value}")
            StaffAccount.objects.create(
                login_name=f"{unit.pk}-{role.value}"[:40], person=person, unit=unit, opened_at=clock.now()
            )
            UnitRole.objects.create(person=person, unit=unit, role=role, starts_on=date(2020, 1, 1))
    return units


class _Template:
    """A clock due on one day, as it stands before the sweep of today."""

    def __init__(self, day: date, cut: datetime, calendar: WorkCalendar, unit: Organization):
        rules = rules_for("personnel.successor", unit)
        if rules.term is None:
            raise AssertionError("the kind has no term")
        opened_on = calendar.working_day_before(day, rules.term.number)
        self.opened_at = datetime(opened_on.year, opened_on.month, opened_on.day, 2, tzinfo=UTC)
        found = compute_deadline(self.opened_at, rules.term.term, calendar)
        self.due_at, self.term = found.due_at.astimezone(UTC), rules.term
        self.working = json.dumps(working_of(found), ensure_ascii=False)
        steps = plan_steps(
            due_at=found.due_at, lead=rules.lead, escalation=rules.escalation, calendar=calendar
        )
        taken = [step for step in steps if int(step[1]) <= cut.timestamp()]
        self.plan, self.steps_taken = json.dumps(steps), len(taken)
        self.level = len([key for key, _moment in taken if ":late:" in str(key)])
        left = [int(moment) for _key, moment in steps if int(moment) > cut.timestamp()]
        self.next_step_at = datetime.fromtimestamp(left[0], UTC) if left else None


def _rows(count: int, units: list[Organization]) -> Iterator[Row]:
    random, calendar = Random(SEED), get_calendar()
    today = clock.today()
    last = today if calendar.is_working(today) else calendar.working_day_before(today, 1)
    cut = datetime(last.year, last.month, last.day, tzinfo=UTC) - timedelta(minutes=1)  # 07:59 in China
    first = calendar.working_day_before(last, 10)
    open_days = [calendar.working_day_after(first, number) for number in range(1, DUE_DAYS + 1)]
    closed_days = [calendar.working_day_before(first, number) for number in range(1, 240)]
    opened = [_Template(day, cut, calendar, units[0]) for day in open_days]
    closed = [_Template(day, cut, calendar, units[0]) for day in closed_days]
    for number in range(count):
        is_open = number % 10 < OPEN_OF_TEN
        template = random.choice(opened if is_open else closed)
        is_late = not is_open and random.random() < 0.1
        yield (
            "personnel.successor",
            random.choice(units).pk,
            None,
            "bench",
            str(number),
            f"报送接任人员：第{number}号",
            "",
            template.term.clause,
            template.opened_at,
            template.due_at,
            template.working,
            template.term.number,
            template.term.unit,
            template.term.origin,
            template.term.version,
            False,
            False,
            "open" if is_open else "satisfied",
            None if is_open else template.due_at + timedelta(days=2 if is_late else -1),
            is_late,
            "",
            "",
            template.plan,
            template.steps_taken,
            template.level,
            template.next_step_at if is_open else None,
        )


def _write(rows: Iterator[Row]) -> None:
    """Write clocks in bulk, past the services: for this benchmark only."""
    marks = ", ".join(["%s"] * len(_COLUMNS.split(",")))
    insert = f"INSERT INTO obligations_obligation ({_COLUMNS}) VALUES ({marks})"  # noqa: S608 - constants
    while chunk := list(islice(rows, CHUNK)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(insert, [[_stored(value) for value in row] for row in chunk])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO obligations_obligationevent"
            " (obligation_id, verb, occurred_at, step, person_name, note)"
            " SELECT id, 'opened', opened_at, '', '', '' FROM obligations_obligation"
        )
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE")


def _stored(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _measure_naive(open_count: int) -> float:
    """Seconds the loop one would write first needs for all open clocks, from a sample."""
    with transaction.atomic():
        started = time.perf_counter()
        sample = Obligation.objects.filter(status="open").order_by("pk")[:SAMPLE]
        for obligation in sample:
            _remind_naively(obligation)
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds * open_count / min(SAMPLE, open_count)


def _remind_naively(obligation: Obligation) -> None:
    """Count the days that are left, look the people up, leave a message each, save the row."""
    rules = rules_for(obligation.kind, obligation.unit)
    left = working_days_between(clock.today(), due_day(obligation.due_at), get_calendar())
    is_due = left in {term.number for term in rules.lead} or -left in {
        term.number for term in rules.escalation
    }
    if not is_due:
        return
    people = UnitRole.objects.filter(
        unit=obligation.unit, role__in=LEADERS | KINDS.get(obligation.kind).handlers, ends_on=None
    ).values_list("person_id", flat=True)
    for person_id in people:
        StaffNotice.objects.get_or_create(
            person_id=person_id,
            key=f"naive:{obligation.pk}:{left}",
            defaults={"topic": "obligation", "title": obligation.title, "created_at": clock.now()},
        )
    ObligationEvent.objects.create(obligation=obligation, verb="reminded", occurred_at=clock.now())
    audit.record(
        actor=audit.PLATFORM, verb="obligation.escalated", subject_type="obligation", subject_id=obligation.pk
    )
    obligation.escalation_level += 1
    obligation.save()


def _seconds_of_empty_sweep() -> float:
    started = time.perf_counter()
    for _count in sweep():
        raise AssertionError("the first sweep left something")
    return time.perf_counter() - started


def _measure_lists() -> list[Figure]:
    """The platform's to-do list, its first page and one far behind, and the evidence of a year."""
    root = Organization.objects.get(code="000000001")
    rows = list_overseen_obligations([(root.pk, StaffRole.INSPECTOR)])
    middle = clock.now() + timedelta(days=20)
    first = [_milliseconds(lambda: describe_rows(list(rows[:50]))) for _ in range(READS)]
    far = [
        _milliseconds(lambda: describe_rows(list(rows.filter(due_at__gt=middle)[:50]))) for _ in range(READS)
    ]
    today = clock.now()
    year = _milliseconds(
        lambda: get_evidence_by_unit(Obligation.objects.all(), today - timedelta(days=365), today)
    )
    return [
        Figure("to-do list of the platform, p95", percentile(first, 95), "ms", "<= 300"),
        Figure("the same far behind, p95", percentile(far, 95), "ms", "<= 300"),
        Figure("evidence of a year by unit, all units", year, "ms"),
    ]


def _measure_recomputing() -> list[Figure]:
    """A changed year: marking its clocks, and computing them anew."""
    today = clock.today()
    marking = _milliseconds(
        lambda: mark_for_recomputing(today - timedelta(days=30), today + timedelta(days=365))
    )
    marked = Obligation.objects.filter(needs_recomputing=True).count()
    started, done = time.perf_counter(), 0
    while count := recompute_batch():
        done += count
    seconds = time.perf_counter() - started
    return [
        Figure(f"changed calendar: {marked:,} clocks marked", marking / 1000, "s"),
        Figure("changed calendar: clocks computed anew", done / seconds if done else 0, "clocks/s"),
    ]


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB

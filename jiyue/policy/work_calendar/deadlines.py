"""From a start and a term to a due moment, with its working (PROF-04). Pure functions.

The rules, each in one place:

- Time is Asia/Shanghai. Hours run from the minute of the start (《民法典》第二百零一条第二款).
- For all other units the day of the start is day zero (第二百零一条第一款), whatever
  the hour and whether it is a working day, and the term ends at 24:00 of its
  last day (第二百零三条第二款). `due_at` is that moment: 00:00 of the day after.
- Working days skip weekends and holidays and count make-up working days.
- Weeks and months end on the corresponding day; where a month lacks it, on its last day (第二百零二条).
- A term of days, weeks or months whose last day is a rest day ends with the
  next working day (第二百零三条第一款). That is the rule for every such term.
- A day that an excluded period touches isn't counted, in none of the units
  but hours, which are excluded to the minute (product decision; the
  excluded time itself e.g. 《政府信息公开条例》第三十三条).
"""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import CalendarMissing, PlanVersion
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR
from jiyue.policy.work_calendar.steps import Step, StepKind, count_steps

SHANGHAI = ZoneInfo("Asia/Shanghai")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A time that doesn't count, e.g. while third parties are asked.

    Attributes:
        start: First moment that doesn't count.
        end: Moment from which time counts again.
        reason: Why, shown in the working.
    """

    start: datetime
    end: datetime
    reason: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("A period can't end before it starts")

    @property
    def first_on(self) -> date:
        """First day it touches."""
        return _local(self.start).date()

    @property
    def last_on(self) -> date:
        """Last day it touches; an end at 00:00 doesn't touch its day."""
        return max(self.first_on, (_local(self.end) - timedelta.resolution).date())


@dataclass(frozen=True)
class Deadline:
    """A due moment and how it came about.

    Attributes:
        due_at: Last moment in time; 24:00 of `due_on` for every unit but hours.
        due_on: The day it is due.
        working: The steps, to be stored and shown.
        is_provisional: A year it rests on isn't published yet.
        versions: The plans it rests on.
    """

    start: datetime
    term: Term
    due_at: datetime
    due_on: date
    working: tuple[Step, ...]
    is_provisional: bool
    versions: tuple[PlanVersion, ...]


def deadline(
    start: datetime, term: Term, calendar: WorkCalendar, *, excluded: Sequence[Period] = ()
) -> Deadline:
    """When a term that starts with `start` is over.

    Args:
        start: Moment of receipt, with its time zone.
        term: Length from the policy profile.
        calendar: Working days.
        excluded: Times that don't count; may overlap.

    Raises:
        CalendarMissing: A year it would rest on has no calendar.
        ValueError: `start` has no time zone.

    Source: 《民法典》第二百零一条至第二百零三条; see the module for each rule.
    """
    try:
        local = _local(start)
        if term.unit == TermUnit.HOURS:
            return _hours(local, term, excluded)
        return _whole_days(local, term, calendar, excluded)
    except OverflowError:
        raise CalendarMissing(date.max.year, FIRST_YEAR, LAST_YEAR) from None


def working_days_between(earlier: datetime | date, later: datetime | date, calendar: WorkCalendar) -> int:
    """Working days after the first day up to and including the second; negative when it lies before.

    With today and `due_on` it says how many working days remain, negative how many it is overdue.
    """
    first, last = _as_date(earlier), _as_date(later)
    if last < first:
        return -calendar.count_working(last + _ONE_DAY, first)
    return calendar.count_working(first + _ONE_DAY, last)


def working_days_before(due: datetime | date, number: int, calendar: WorkCalendar) -> date:
    """The day that lies `number` working days before a due day, for reminders.

    Zero gives the due day itself, or the working day before it where it is a rest day.

    Raises:
        CalendarMissing: That year has no calendar.
    """
    day = _as_date(due)
    if number == 0 and calendar.is_working(day):
        return day
    return calendar.working_day_before(day, max(number, 1))


def end_of(day: date) -> datetime:
    """24:00 of a day in Asia/Shanghai."""
    return datetime.combine(day + _ONE_DAY, time.min, SHANGHAI)


def _hours(start: datetime, term: Term, excluded: Sequence[Period]) -> Deadline:
    start = _minute(start)
    due_at = start + timedelta(hours=term.number)
    steps = [Step(StepKind.STARTED, start.date(), start.date(), moment=start)]
    counted_until = start
    for period in sorted(excluded, key=lambda one: one.start):
        begin, end = max(_minute(period.start), counted_until), _minute(period.end)
        if begin < due_at and end > begin:
            due_at += end - begin
            counted_until = end
            minutes = int((end - begin).total_seconds()) // 60
            steps.append(Step(StepKind.EXCLUDED_TIME, begin.date(), end.date(), minutes, name=period.reason))
    steps.append(Step(StepKind.DUE, due_at.date(), due_at.date(), term.number, moment=due_at))
    return Deadline(start, term, due_at, due_at.date(), tuple(steps), False, ())


def _whole_days(start: datetime, term: Term, calendar: WorkCalendar, excluded: Sequence[Period]) -> Deadline:
    zero = start.date()
    free = _Excluded(excluded)
    steps = [Step(StepKind.RECEIVED, zero, zero, moment=start)]
    if term.unit == TermUnit.WORKING_DAYS:
        last = _working_day(zero, term.number, calendar, free)
        steps += count_steps(zero + _ONE_DAY, last, calendar, free.reason_on if free.spans else None)
    else:
        last = _calendar_day(zero, term, free)
        steps += _calendar_steps(zero, last, term, free)
    due = last
    while not calendar.is_working(due) or free.reason_on(due) is not None:
        due = calendar.working_day_after(due, 1)
    if due != last:
        name = calendar.day(last).name
        steps.append(Step(StepKind.MOVED, last, due, name=name))
    steps.append(Step(StepKind.DUE, due, due, term.number))
    versions = calendar.versions(zero, due)
    is_provisional = any(version.is_provisional for version in versions)
    return Deadline(start, term, end_of(due), due, tuple(steps), is_provisional, versions)


class _Excluded:
    """The days that excluded periods touch: sorted, apart from each other."""

    def __init__(self, periods: Sequence[Period]):
        self.spans: list[tuple[date, date, str]] = []
        for period in sorted(periods, key=lambda one: (one.first_on, one.last_on)):
            first, last = period.first_on, period.last_on
            if self.spans:
                first = max(first, self.spans[-1][1] + _ONE_DAY)
            if first <= last:
                self.spans.append((first, last, period.reason))

    def reason_on(self, day: date) -> str | None:
        """Why the day doesn't count, or None where it does."""
        return next((reason for first, last, reason in self.spans if first <= day <= last), None)

    def parts(self, first: date, last: date) -> list[tuple[date, date, str]]:
        """What of the excluded days lies between two days, both included."""
        cut = [(max(first, low), min(last, high), reason) for low, high, reason in self.spans]
        return [(low, high, reason) for low, high, reason in cut if low <= high]


def _working_day(zero: date, number: int, calendar: WorkCalendar, free: _Excluded) -> date:
    """The `number`-th working day that counts; day zero itself for a term of none."""
    if number == 0:
        return zero
    skipped = -1
    wanted = 0
    last = zero
    while wanted != skipped:
        skipped = wanted
        last = calendar.working_day_after(zero, number + skipped)
        parts = free.parts(zero + _ONE_DAY, last)
        wanted = sum(calendar.count_working(low, high) for low, high, _reason in parts)
    return last


def _calendar_day(zero: date, term: Term, free: _Excluded) -> date:
    """Last day of a term of days, weeks or months, longer by the excluded days in it."""
    plain = _corresponding_day(zero, term)
    skipped = -1
    wanted = 0
    last = plain
    while wanted != skipped:
        skipped = wanted
        last = plain + timedelta(days=skipped)
        parts = free.parts(zero + _ONE_DAY, last)
        wanted = sum((high - low).days + 1 for low, high, _reason in parts)
    return last


def _corresponding_day(zero: date, term: Term) -> date:
    if term.unit == TermUnit.MONTHS:
        month = zero.year * 12 + zero.month - 1 + term.number
        year, month = month // 12, month % 12 + 1
        if year > LAST_YEAR:
            raise CalendarMissing(year, FIRST_YEAR, LAST_YEAR)
        return date(year, month, min(zero.day, months.monthrange(year, month)[1]))
    days = term.number * 7 if term.unit == TermUnit.WEEKS else term.number
    return zero + timedelta(days=days)


def _calendar_steps(zero: date, last: date, term: Term, free: _Excluded) -> list[Step]:
    steps = []
    plain = _corresponding_day(zero, term)
    if term.unit == TermUnit.DAYS and term.number:
        steps.append(Step(StepKind.COUNTED_DAYS, zero + _ONE_DAY, plain, term.number))
    elif term.unit == TermUnit.WEEKS:
        steps.append(Step(StepKind.COUNTED_WEEKS, zero, plain, term.number))
    elif term.unit == TermUnit.MONTHS:
        is_short = plain.day != zero.day
        kind = StepKind.LAST_OF_MONTH if is_short else StepKind.COUNTED_MONTHS
        steps.append(Step(kind, zero, plain, term.number))
    for low, high, reason in free.parts(zero + _ONE_DAY, last):
        steps.append(Step(StepKind.EXCLUDED, low, high, (high - low).days + 1, name=reason))
    if last != plain:
        steps.append(Step(StepKind.LENGTHENED, plain + _ONE_DAY, last, (last - plain).days))
    return steps


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone")
    return moment.astimezone(SHANGHAI)


def _minute(moment: datetime) -> datetime:
    return _local(moment).replace(second=0, microsecond=0)


def _as_date(moment: datetime | date) -> date:
    return _local(moment).date() if isinstance(moment, datetime) else moment

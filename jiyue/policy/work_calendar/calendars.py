"""Working days, answered from one sorted list per year (PROF-04)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date

from jiyue.policy.work_calendar.days import Day, DayKind, PlanVersion, YearPlan
from jiyue.policy.work_calendar.sources import (
    FIRST_YEAR,
    LAST_YEAR,
    SATURDAY,
    days_between,
    shipped_plan,
)

DECEMBER = 12


class _Year:
    """One year with every day's reason, and the ordinals of its working days."""

    __slots__ = ("days", "version", "working")

    def __init__(self, version: PlanVersion, days: tuple[Day, ...]):
        self.version = version
        self.days = days
        self.working = [day.on.toordinal() for day in days if day.is_working]


class WorkCalendar:
    """Which days are working days, and why. Never changes; a changed plan makes a new one.

    Years without an entered plan come from the notices and the package (see
    `sources`). A notice may name days of the neighbouring year; the later
    notice wins there.
    """

    def __init__(self, plans: Iterable[YearPlan] = ()):
        self._plans = {plan.version.year: plan for plan in plans}
        self._years: dict[int, _Year] = {}

    def plan(self, year: int) -> YearPlan:
        """The plan in force for a year.

        Raises:
            CalendarMissing: Neither entered, nor on file, nor computable.
        """
        return self._plans.get(year) or shipped_plan(year)

    def day(self, on: date) -> Day:
        """The day with its reason.

        Raises:
            CalendarMissing: Its year has no calendar.
        """
        return self._year(on.year).days[on.timetuple().tm_yday - 1]

    def days(self, first: date, last: date) -> Iterator[Day]:
        """Every day from `first` to `last`, both included."""
        for year in range(first.year, last.year + 1):
            low = first.timetuple().tm_yday - 1 if year == first.year else 0
            high = last.timetuple().tm_yday if year == last.year else None
            yield from self._year(year).days[low:high]

    def is_working(self, on: date) -> bool:
        """Whether people work on the day."""
        return self.day(on).is_working

    def working_day_after(self, on: date, number: int) -> date:
        """The `number`-th working day after `on`; `on` itself doesn't count.

        Args:
            on: Day zero.
            number: Working days, at least 1.

        Raises:
            CalendarMissing: The result lies in a year without calendar.
        """
        year = on.year
        working = self._year(year).working
        index = bisect_right(working, on.toordinal()) + number - 1
        while index >= len(working):
            index -= len(working)
            year += 1
            working = self._year(year).working
        return date.fromordinal(working[index])

    def working_day_before(self, on: date, number: int) -> date:
        """The `number`-th working day before `on`; `on` itself doesn't count.

        Raises:
            CalendarMissing: The result lies in a year without calendar.
        """
        year = on.year
        working = self._year(year).working
        index = bisect_left(working, on.toordinal()) - number
        while index < 0:
            year -= 1
            working = self._year(year).working
            index += len(working)
        return date.fromordinal(working[index])

    def working_day_from(self, on: date) -> date:
        """`on` itself where it is a working day, else the next one."""
        return on if self.is_working(on) else self.working_day_after(on, 1)

    def count_working(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 where `last` lies earlier."""
        if last < first:
            return 0
        total = 0
        for year in range(first.year, last.year + 1):
            working = self._year(year).working
            low = bisect_left(working, first.toordinal()) if year == first.year else 0
            high = bisect_right(working, last.toordinal()) if year == last.year else len(working)
            total += high - low
        return total

    def versions(self, first: date, last: date) -> tuple[PlanVersion, ...]:
        """The plans that decide about the days from `first` to `last`."""
        return tuple(self._year(year).version for year in range(first.year, last.year + 1))

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._make_year(year)
        return found

    def _make_year(self, year: int) -> _Year:
        plan = self.plan(year)
        marks = dict(self._marks_of(year - 1)) | dict(plan.marks) | dict(self._marks_of(year + 1))
        days = tuple(
            marks.get(on) or Day(on, DayKind.WEEKEND if on.weekday() >= SATURDAY else DayKind.ORDINARY)
            for on in days_between(date(year, 1, 1), date(year, DECEMBER, 31))
        )
        return _Year(plan.version, days)

    def _marks_of(self, year: int) -> dict[date, Day]:
        """What a neighbouring year's plan says; nothing where there is none."""
        if year not in self._plans and not FIRST_YEAR <= year <= LAST_YEAR:
            return {}
        return dict(self.plan(year).marks)

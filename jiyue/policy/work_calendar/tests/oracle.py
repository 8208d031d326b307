"""The slow obvious way, day by day, over a package that the product doesn't use."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import chinese_calendar  # type: ignore[import-untyped]  # it has no types
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]  # as above

from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.deadlines import SHANGHAI, Period

ONE = timedelta(days=1)


def works(on: date) -> bool:
    """Whether people work on the day, as chinesecalendar has it."""
    return bool(chinese_calendar.is_workday(on))


def due_day(start: datetime, term: Term, excluded: Sequence[Period], works: Callable[[date], bool]) -> date:
    """Due day by walking."""

    def is_out(on: date) -> bool:
        return any(
            period.start.astimezone(SHANGHAI).date()
            <= on
            <= max(
                period.start.astimezone(SHANGHAI).date(),
                (period.end.astimezone(SHANGHAI) - timedelta(microseconds=1)).date(),
            )
            for period in excluded
        )

    day = zero = start.astimezone(SHANGHAI).date()
    if term.unit == TermUnit.WORKING_DAYS:
        left = term.number
        while left:
            day += ONE
            left -= works(day) and not is_out(day)
    else:
        length = {
            TermUnit.DAYS: relativedelta(days=term.number),
            TermUnit.WEEKS: relativedelta(weeks=term.number),
            TermUnit.MONTHS: relativedelta(months=term.number),
        }[term.unit]
        left = (zero + length - zero).days
        while left:
            day += ONE
            left -= not is_out(day)
    while not works(day) or is_out(day):
        day += ONE
    return day

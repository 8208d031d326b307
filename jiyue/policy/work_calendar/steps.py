"""The working of a due date: steps that can be stored, read back and put into words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import Day, DayKind
from jiyue.policy.work_calendar.sources import BETWEEN_NAMES

MAX_SINGLE_STEPS = 24  # a longer working is told month by month


class StepKind(StrEnum):
    """What a step of the working does."""

    RECEIVED = "received"  # the day of the start, which isn't counted
    STARTED = "started"  # the minute from which hours run
    COUNTED = "counted"
    MAKEUP = "makeup"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    EXCLUDED = "excluded"
    EXCLUDED_TIME = "excluded_time"
    STRETCH = "stretch"  # a month of a long working
    COUNTED_DAYS = "counted_days"
    COUNTED_WEEKS = "counted_weeks"
    COUNTED_MONTHS = "counted_months"
    LAST_OF_MONTH = "last_of_month"
    LENGTHENED = "lengthened"  # by the excluded days
    MOVED = "moved"  # off a rest day
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        first_on: First day it is about.
        last_on: Last day it is about.
        count: Days, weeks, months, hours or minutes, as the kind has it; 0 where it has none.
        skipped: Rest days within a stretch.
        name: Holiday, or the reason of an excluded time.
        moment: The moment, for the start and for a due hour.
    """

    kind: StepKind
    first_on: date
    last_on: date
    count: int = 0
    skipped: int = 0
    name: str = ""
    moment: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """The step as plain values for storing; what is empty is left out."""
        stored: dict[str, object] = {
            "kind": self.kind.value,
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
            "count": self.count,
            "skipped": self.skipped,
            "name": self.name,
            "moment": self.moment.isoformat() if self.moment else "",
        }
        return {key: value for key, value in stored.items() if value}

    @classmethod
    def from_json(cls, stored: dict[str, object]) -> "Step":
        """The step that `as_json` stored."""
        moment = stored.get("moment")
        return cls(
            kind=StepKind(str(stored["kind"])),
            first_on=date.fromisoformat(str(stored["first_on"])),
            last_on=date.fromisoformat(str(stored["last_on"])),
            count=int(str(stored.get("count", 0))),
            skipped=int(str(stored.get("skipped", 0))),
            name=str(stored.get("name", "")),
            moment=datetime.fromisoformat(str(moment)) if moment else None,
        )


_KINDS = {
    DayKind.ORDINARY: StepKind.COUNTED,
    DayKind.MAKEUP: StepKind.MAKEUP,
    DayKind.WEEKEND: StepKind.WEEKEND,
    DayKind.HOLIDAY: StepKind.HOLIDAY,
}


def count_steps(
    first: date, last: date, calendar: WorkCalendar, reason_on: Callable[[date], str | None] | None
) -> list[Step]:
    """The days from `first` to `last` as steps: equal neighbours together, long terms by month.

    Args:
        first: Day after day zero.
        last: Last day of the term.
        calendar: Working days.
        reason_on: Why a day is excluded, or None for it; `None` where no day is.
    """
    if last < first:
        return []
    days = calendar.days(first, last)
    if reason_on is None:
        judged = [(day.on, _KINDS[day.kind], day.name) for day in days]
    else:
        judged = [_judge(day, reason_on) for day in days]
    steps = list(_runs(judged))
    return steps if len(steps) <= MAX_SINGLE_STEPS else list(_months(judged))


_Judged = tuple[date, StepKind, str]


def _judge(day: Day, reason_on: Callable[[date], str | None]) -> _Judged:
    reason = reason_on(day.on)
    if reason is not None and day.is_working:
        return day.on, StepKind.EXCLUDED, reason
    return day.on, _KINDS[day.kind], day.name


def _runs(judged: list[_Judged]) -> Iterator[Step]:
    for (kind, name), group in groupby(judged, key=itemgetter(1, 2)):
        days = list(group)
        yield Step(kind, days[0][0], days[-1][0], len(days), name=name)


def _months(judged: list[_Judged]) -> Iterator[Step]:
    for _month, group in groupby(judged, key=lambda one: (one[0].year, one[0].month)):
        days = list(group)
        counted = sum(kind in (StepKind.COUNTED, StepKind.MAKEUP) for _on, kind, _name in days)
        names = dict.fromkeys(name for _on, kind, name in days if name and kind != StepKind.MAKEUP)
        yield Step(
            StepKind.STRETCH,
            days[0][0],
            days[-1][0],
            counted,
            skipped=len(days) - counted,
            name=BETWEEN_NAMES.join(names),
        )

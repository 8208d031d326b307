"""A year as twelve months of weeks, for the calendar pages."""

from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import Day, DayKind, YearPlan
from jiyue.policy.work_calendar.entry import as_entry
from jiyue.policy.work_calendar.explaining import day_range, month_day

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Cell:
    """One day of the grid, or an empty place outside the month."""

    day: Day | None
    is_today: bool = False

    @property
    def css_class(self) -> str:
        """Class for the look."""
        if self.day is None:
            return "cal-none"
        return f"cal-{self.day.kind.value}" + (" cal-today" if self.is_today else "")

    @property
    def words(self) -> str:
        """What the day is, where it isn't an ordinary working day."""
        if self.day is None or self.day.kind == DayKind.ORDINARY:
            return ""
        label = str(self.day.kind.label)
        return _("%(kind)s (%(name)s)") % {"kind": label, "name": self.day.name} if self.day.name else label

    @property
    def mark(self) -> str:
        """One sign that says it without colour."""
        marks = {DayKind.HOLIDAY: _("off day"), DayKind.MAKEUP: _("worked")}
        return marks.get(self.day.kind, "") if self.day else ""


@dataclass(frozen=True)
class Month:
    """One month of the grid."""

    title: str
    working: int
    weeks: list[list[Cell]]


def year_grid(calendar: WorkCalendar, year: int) -> list[Month]:
    """The twelve months, weeks from Monday to Sunday."""
    return [_month(calendar, year, month) for month in MONTHS]


def weekday_names() -> list[tuple[str, str]]:
    """Short and full names of the days of the week, Monday first."""
    short = (_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su"))
    monday = date(2024, 1, 1)
    return [(name, date_format(monday.replace(day=1 + at), "l")) for at, name in enumerate(short)]


def _month(calendar: WorkCalendar, year: int, month: int) -> Month:
    today = clock.today()
    weeks = [
        [Cell(calendar.day(on), on == today) if on.month == month else Cell(None) for on in week]
        for week in Calendar().monthdatescalendar(year, month)
    ]
    working = sum(bool(cell.day and cell.day.is_working) for week in weeks for cell in week)
    return Month(date_format(date(year, month, 1), "F"), working, weeks)


def holiday_rows(plan: YearPlan) -> Iterator[tuple[str, str, int, str]]:
    """Each holiday: name, its days, how many, and its make-up working days."""
    for holiday in as_entry(plan).holidays:
        makeup = _(", ").join(month_day(on) for on in holiday.makeup)
        days = (holiday.last - holiday.first).days + 1
        yield holiday.name, day_range(holiday.first, holiday.last), days, makeup

"""Where a year's plan comes from when nobody has entered it.

First the notices of the State Council that travel with the program (exact
spans, document number), then the package `holidays`: the published years before
them, and provisional ones after the last published year. For those it gives
the statutory holidays of the 2024 revision with their lunar dates and the day off
in place of one that falls on a weekend; no make-up working day is guessed.

`holidays` and not `chinesecalendar`, because the latter ends with the last
published year. The tests compare both over all years they share.

Source: 《全国年节及纪念日放假办法》（2024年修订，国令第795号）.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version as package_version
from pathlib import Path

from holidays.countries.china import China, ChinaStaticHolidays

from jiyue.policy.work_calendar.days import CalendarMissing, Day, DayKind, PlanVersion, YearPlan

NOTICE_DIR = Path(__file__).parent / "notices"
FIRST_YEAR = 2001  # the package is checked against the notices from here on
LAST_YEAR = 2099  # the package's lunar tables end
SATURDAY = 5  # `date.weekday`
_PACKAGE = tomllib.loads((NOTICE_DIR / "package.toml").read_text("utf-8"))  # its words, and ours for it
BETWEEN_NAMES: str = _PACKAGE["between_names"]  # of festivals, which are Chinese in every language


@cache
def shipped_plan(year: int) -> YearPlan:
    """The plan of a year before anybody entered one: the notice on file, or the package.

    Raises:
        CalendarMissing: The year lies outside what the package covers.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarMissing(year, FIRST_YEAR, LAST_YEAR)
    path = NOTICE_DIR / f"{year}.toml"
    return _from_notice(path) if path.exists() else _from_package(year)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _from_notice(path: Path) -> YearPlan:
    notice = tomllib.loads(path.read_text("utf-8"))
    marks: dict[date, Day] = {}
    for holiday in notice["holiday"]:
        name = holiday["name"]
        for on in days_between(holiday["first"], holiday["last"]):
            marks[on] = Day(on, DayKind.HOLIDAY, name)
        for on in holiday.get("makeup", ()):
            marks[on] = Day(on, DayKind.MAKEUP, name)
    return YearPlan(PlanVersion(notice["year"], 0, False), notice["document"], marks)


def _from_package(year: int) -> YearPlan:
    table = China(years=year, language="zh_CN")  # type: ignore[no-untyped-call]  # it has no types
    names = {on: _plain(table[on]) for on in table if on.year == year}
    marks = {on: Day(on, DayKind.HOLIDAY, name or _neighbour(names, on)) for on, name in names.items()}
    for on in table.weekend_workdays:
        if on.year == year:
            marks[on] = Day(on, DayKind.MAKEUP)
    is_provisional = year not in ChinaStaticHolidays.special_public_holidays
    source = _PACKAGE["provisional" if is_provisional else "published"]
    source = source.format(version=package_version("holidays"))
    return YearPlan(PlanVersion(year, 0, is_provisional), source, marks)


def _plain(label: str) -> str:
    """The festival's name alone; blank for a day off that was moved from a weekend."""
    parts = [part.removesuffix(_PACKAGE["in_place_of_weekend"]) for part in label.split("; ")]
    names = [part for part in dict.fromkeys(parts) if not part.startswith(_PACKAGE["moved_day_off"])]
    return BETWEEN_NAMES.join(names)


def _neighbour(names: dict[date, str], on: date) -> str:
    """Name of the festival whose days off reach up to `on`, over weekends too."""
    for step in (-1, 1):
        other = on + timedelta(days=step)
        while other in names or other.weekday() >= SATURDAY:
            if names.get(other):
                return names[other]
            other += timedelta(days=step)
    return ""


@cache
def statutory_days(year: int) -> tuple[tuple[date, str], ...]:
    """The days of the law itself with their names: none moved, none in place of a weekend.

    Source: 《全国年节及纪念日放假办法》第二条, in the version of that year.
    """
    table = China(years=year, language="zh_CN", observed=False)  # type: ignore[no-untyped-call]  # as above
    named = ((on, _plain(table[on])) for on in sorted(table) if on.year == year)
    return tuple((on, name) for on, name in named if name)

"""The notices on file against two packages; provisional years against the law, by hand."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]  # it has no types
import pytest

from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import CalendarMissing, Day, DayKind, PlanVersion, YearPlan
from jiyue.policy.work_calendar.sources import _from_package, days_between, shipped_plan, statutory_days

pytestmark = pytest.mark.unit

CALENDAR = WorkCalendar()
GOLDEN_2027 = tomllib.loads((Path(__file__).parent / "golden_2027.toml").read_text("utf-8"))


def year_days(year: int) -> list[date]:
    return list(days_between(date(year, 1, 1), date(year, 12, 31)))


@pytest.mark.req("PROF-04")
@pytest.mark.parametrize(
    ("year", "document", "days_off", "makeup"),
    [
        (2024, "国办发明电〔2023〕7号", 28, 8),
        (2025, "国办发明电〔2024〕12号", 28, 5),
        (2026, "国办发明电〔2025〕7号", 33, 6),
    ],
)
def test_a_notice_on_file_agrees_with_both_packages(year, document, days_off, makeup):
    plan = shipped_plan(year)
    kinds = [day.kind for day in plan.marks.values()]
    assert (plan.source, plan.version.is_provisional) == (document, False)
    assert (kinds.count(DayKind.HOLIDAY), kinds.count(DayKind.MAKEUP)) == (days_off, makeup)
    package = WorkCalendar([_from_package(year)])
    for on in year_days(year):
        assert CALENDAR.is_working(on) == chinese_calendar.is_workday(on) == package.is_working(on), on


@pytest.mark.parametrize("year", range(2006, 2024))
def test_earlier_years_agree_with_the_other_package(year):
    assert not shipped_plan(year).version.is_provisional
    for on in year_days(year):
        assert CALENDAR.is_working(on) == chinese_calendar.is_workday(on), on


@pytest.mark.req("PROF-04")
def test_a_year_without_notice_is_computed_from_the_law_and_marked_provisional():
    plan = shipped_plan(2027)
    assert plan.version.is_provisional
    expected = {*GOLDEN_2027["statutory"], *GOLDEN_2027["instead_of_weekends"]}
    assert set(plan.marks) == expected
    assert {day.kind for day in plan.marks.values()} == {DayKind.HOLIDAY}  # no make-up day is guessed
    assert [on for on, _name in statutory_days(2027)] == GOLDEN_2027["statutory"]
    assert all(day.name for day in plan.marks.values())


@pytest.mark.parametrize("year", [2000, 2100])
def test_a_year_outside_the_packages_reach_is_refused(year):
    with pytest.raises(CalendarMissing, match=str(year)):
        CALENDAR.day(date(year, 6, 1))


def test_the_last_covered_days_do_not_ask_for_the_year_behind():
    assert CALENDAR.day(date(2099, 12, 31)).kind == DayKind.ORDINARY
    assert CALENDAR.day(date(2001, 1, 1)).kind == DayKind.HOLIDAY


def test_a_later_notice_decides_about_the_last_days_of_the_year_before():
    eve = date(2026, 12, 27)  # a Sunday
    plan = YearPlan(PlanVersion(2027, 1, False), "通知", {eve: Day(eve, DayKind.MAKEUP, "元旦")})
    changed = WorkCalendar([plan])
    assert not CALENDAR.is_working(eve)
    assert changed.is_working(eve)
    assert changed.working_day_after(date(2026, 12, 26), 1) == eve


def test_counting_agrees_with_looking_at_each_day_across_years():
    first, last = date(2023, 11, 3), date(2026, 2, 20)
    by_day = sum(CALENDAR.is_working(on) for on in days_between(first, last))
    assert CALENDAR.count_working(first, last) == by_day
    assert CALENDAR.count_working(last, first) == 0
    assert CALENDAR.count_working(first, first + timedelta(days=0)) == 1

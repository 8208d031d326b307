"""What may be entered as a year, and what is said about it."""

from dataclasses import replace
from datetime import date

import pytest

from jiyue.policy.work_calendar.days import PlanStatus
from jiyue.policy.work_calendar.entry import (
    HolidayEntry,
    YearEntry,
    as_entry,
    entry_blockers,
    entry_warnings,
)
from jiyue.policy.work_calendar.sources import shipped_plan

pytestmark = pytest.mark.unit

NEW_YEAR = HolidayEntry("元旦", date(2027, 1, 1), date(2027, 1, 3))


def entry(*holidays: HolidayEntry, year: int = 2027, source: str = "国办发明电〔2026〕1号") -> YearEntry:
    return YearEntry(year, PlanStatus.PUBLISHED, source, 0, holidays)


@pytest.mark.parametrize("year", [2018, 2024, 2025, 2026, 2027])
def test_a_plan_survives_being_entered_again(year):
    plan = shipped_plan(year)
    again = as_entry(plan)
    assert set(again.plan().marks) == set(plan.marks)
    assert {day.on for day in again.marks if day.is_working} == {
        on for on, day in plan.marks.items() if day.is_working
    }
    assert YearEntry.from_json(again.as_json()) == again


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_published_notice_has_no_blockers_and_no_warnings_but_for_a_holiday_on_a_weekend(year):
    found = as_entry(shipped_plan(year))
    assert entry_blockers(found) == []
    assert entry_warnings(found) == []


@pytest.mark.parametrize(
    ("holidays", "said"),
    [
        ([], "no holiday"),
        ([HolidayEntry("", date(2027, 1, 1), date(2027, 1, 1))], "no name"),
        ([HolidayEntry("元旦", date(2027, 1, 3), date(2027, 1, 1))], "before it begins"),
        ([HolidayEntry("元旦", date(2027, 1, 1), date(2027, 3, 1))], "longer than any holiday"),
        ([HolidayEntry("元旦", date(2026, 10, 1), date(2026, 10, 1))], "belong to the year"),
        ([replace(NEW_YEAR, makeup=(date(2027, 1, 4),))], "not on a weekend"),
        ([replace(NEW_YEAR, makeup=(date(2028, 5, 6),))], "belong to the year"),
        ([NEW_YEAR, HolidayEntry("春节", date(2027, 1, 3), date(2027, 1, 4))], "entered twice"),
        ([replace(NEW_YEAR, makeup=(date(2027, 1, 2),))], "entered twice"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(holidays, said):
    assert any(said in str(refusal.message) for refusal in entry_blockers(entry(*holidays)))
    assert all(refusal.fix for refusal in entry_blockers(entry(*holidays)))


def test_a_notice_may_reach_a_few_days_into_the_year_before():
    reaching = HolidayEntry("元旦", date(2026, 12, 31), date(2027, 1, 2), (date(2026, 12, 26),))
    assert entry_blockers(entry(reaching)) == []


def test_a_year_outside_the_calendar_and_a_missing_source_are_refused():
    assert "outside" in str(entry_blockers(entry(NEW_YEAR, year=2100))[0].message)
    assert entry_blockers(entry(NEW_YEAR, source=" "))[0].field == "source"


def test_what_is_unusual_is_only_said():
    odd = entry(
        HolidayEntry("元旦", date(2027, 1, 2), date(2027, 1, 3)),
        HolidayEntry("清明节", date(2027, 4, 5), date(2027, 4, 5), (date(2027, 5, 8),)),
    )
    warnings = " ".join(entry_warnings(odd))
    assert entry_blockers(odd) == []
    assert "falls on a weekend only" in warnings
    assert "33 days away" in warnings
    assert "statutory holiday (元旦)" in warnings

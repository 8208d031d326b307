"""Due dates against a walk day by day, against dates counted by hand, and their working."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import CalendarMissing
from jiyue.policy.work_calendar.deadlines import (
    SHANGHAI,
    Period,
    deadline,
    end_of,
    working_days_before,
    working_days_between,
)
from jiyue.policy.work_calendar.explaining import explain
from jiyue.policy.work_calendar.steps import Step, StepKind
from jiyue.policy.work_calendar.tests.oracle import due_day, works

pytestmark = pytest.mark.unit

CALENDAR = WorkCalendar()
CASES = tomllib.loads((Path(__file__).parent / "golden_deadlines.toml").read_text("utf-8"))["case"]
DAY_UNITS = [unit for unit in TermUnit if unit != TermUnit.HOURS]
FIRST = datetime(2006, 1, 1, tzinfo=SHANGHAI)
moments = st.integers(0, 7091 * 86_400).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)  # to June 2025
terms = st.builds(Term, st.integers(0, 90), st.sampled_from([TermUnit.WORKING_DAYS, TermUnit.DAYS])) | (
    st.builds(Term, st.integers(0, 10), st.sampled_from([TermUnit.WEEKS, TermUnit.MONTHS]))
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@st.composite
def started_with_pauses(draw: st.DrawFn, longest_hours: int = 480) -> tuple[datetime, list[Period]]:
    start = draw(moments)
    pauses = draw(
        st.lists(st.tuples(st.integers(0, 3 * longest_hours), st.integers(0, longest_hours)), max_size=3)
    )
    return start, [
        Period(start + timedelta(hours=after), start + timedelta(hours=after + length))
        for after, length in pauses
    ]


@pytest.mark.req("PROF-04")
@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_due_dates_are_those_counted_by_hand_on_the_notices(case):
    number, unit = case["term"]
    found = deadline(at(case["start"]), Term(number, TermUnit(unit)), CALENDAR)
    if "T" in case["due"]:
        assert found.due_at == at(case["due"])
    else:
        assert found.due_on == date.fromisoformat(case["due"])
        assert found.due_at == end_of(found.due_on)
    assert found.is_provisional is case.get("is_provisional", False)


@pytest.mark.req("PROF-04")
@settings(deadline=None)  # a walk takes what it takes on a busy machine
@given(moments, terms)
def test_due_dates_agree_with_a_walk_day_by_day(start, term):
    assert deadline(start, term, CALENDAR).due_on == due_day(start, term, [], works)


@settings(deadline=None)  # a walk takes what it takes on a busy machine
@given(started_with_pauses(), terms)
def test_excluded_days_lengthen_a_term_as_in_a_walk_day_by_day(started, term):
    start, pauses = started
    found = deadline(start, term, CALENDAR, excluded=pauses)
    assert found.due_on == due_day(start, term, pauses, works)


@settings(deadline=None)  # a walk takes what it takes on a busy machine
@given(started_with_pauses(longest_hours=24), st.integers(0, 48))
def test_hours_run_on_whatever_the_day_and_stop_during_pauses(started, number):
    start, pauses = started
    moment, left = _minute(start), number * 60
    spans = [(_minute(period.start), _minute(period.end)) for period in pauses]
    while left:  # minute by minute
        left -= not any(begin <= moment < end for begin, end in spans)
        moment += timedelta(minutes=1)
    assert deadline(start, Term(number, TermUnit.HOURS), CALENDAR, excluded=pauses).due_at == moment


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


@settings(deadline=None)  # a walk takes what it takes on a busy machine
@given(moments, st.integers(1, 300))
def test_counting_back_from_a_due_day_undoes_counting_forward(start, number):
    due = deadline(start, Term(number, TermUnit.WORKING_DAYS), CALENDAR).due_on
    assert working_days_between(start, due, CALENDAR) == number
    assert working_days_between(due, start, CALENDAR) == -number
    assert working_days_between(working_days_before(due, number, CALENDAR), due, CALENDAR) == number


@settings(deadline=None)  # a walk takes what it takes on a busy machine
@given(moments, terms)
def test_every_day_of_the_working_is_told_once_and_adds_up(start, term):
    found = deadline(start, term, CALENDAR)
    middle = [step for step in found.working if step.kind not in (StepKind.RECEIVED, StepKind.DUE)]
    if term.unit == TermUnit.WORKING_DAYS and term.number:
        told = sum((step.last_on - step.first_on).days + 1 for step in middle)
        assert told == (found.due_on - start.date()).days
        lines = explain(found.working)
        assert [line.total for line in lines if line.total is not None][-1] == term.number
    assert len(found.working) <= 30
    assert tuple(Step.from_json(step.as_json()) for step in found.working) == found.working


def test_a_long_working_is_told_month_by_month():
    found = deadline(at("2026-01-05T09:00"), Term(100, TermUnit.WORKING_DAYS), CALENDAR)
    assert {step.kind for step in found.working[1:-1]} == {StepKind.STRETCH}
    assert sum(step.count for step in found.working[1:-1]) == 100


def test_the_working_names_the_holiday_and_the_make_up_day():
    found = deadline(at("2026-02-12T10:00"), Term(3, TermUnit.WORKING_DAYS), CALENDAR)
    assert [(step.kind, step.count, step.name) for step in found.working[1:-1]] == [
        ("counted", 1, ""),
        ("makeup", 1, "春节"),
        ("holiday", 9, "春节"),
        ("counted", 1, ""),
    ]


def test_a_moment_in_another_time_zone_counts_by_the_day_in_beijing():
    late = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)  # 00:30 on Friday in Beijing
    assert deadline(late, Term(1, TermUnit.WORKING_DAYS), CALENDAR).due_on == date(2026, 3, 9)


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        deadline(at("2026-03-05T09:00").replace(tzinfo=None), Term(1, TermUnit.HOURS), CALENDAR)


def test_a_pause_that_ends_at_midnight_leaves_the_next_day_in_the_count():
    pause = Period(at("2026-03-10T00:00"), at("2026-03-11T00:00"), "征求第三方意见")
    found = deadline(at("2026-03-09T10:00"), Term(2, TermUnit.WORKING_DAYS), CALENDAR, excluded=[pause])
    assert found.due_on == date(2026, 3, 12)
    assert [step.name for step in found.working if step.kind == StepKind.EXCLUDED] == ["征求第三方意见"]


@pytest.mark.req("PROF-04")
@pytest.mark.parametrize("unit", DAY_UNITS)
def test_a_date_beyond_every_calendar_is_refused_with_the_year(unit):
    with pytest.raises(CalendarMissing, match="2100"):
        deadline(at("2099-12-31T09:00"), Term(12, unit), CALENDAR)


@pytest.mark.parametrize("unit", list(TermUnit))
def test_an_absurd_term_is_refused(unit):
    with pytest.raises(CalendarMissing):
        deadline(at("2026-12-31T09:00"), Term(10**9, unit), CALENDAR)


def test_a_start_before_every_calendar_is_refused():
    with pytest.raises(CalendarMissing, match="1999"):
        deadline(at("1999-12-31T09:00"), Term(1, TermUnit.WORKING_DAYS), CALENDAR)


def test_a_reminder_on_the_due_day_falls_before_it_when_it_is_a_rest_day():
    assert working_days_before(date(2026, 10, 8), 0, CALENDAR) == date(2026, 10, 8)
    assert working_days_before(date(2026, 10, 5), 0, CALENDAR) == date(2026, 9, 30)
    assert working_days_before(date(2026, 10, 8), 1, CALENDAR) == date(2026, 9, 30)

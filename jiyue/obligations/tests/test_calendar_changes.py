"""A changed calendar moves open clocks with a record; a changed profile moves none."""

from datetime import date

import pytest

from jiyue.core import audit, clock
from jiyue.core.crypto import sm3_hex
from jiyue.core.models import AuditEntry
from jiyue.obligations.enums import EventVerb
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.recomputing import mark_for_recomputing
from jiyue.obligations.tests.conftest import moment
from jiyue.obligations.tests.scenes import run_sweep, start_clock, stop_clock
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.announcements import CALENDAR_CHANGED, CalendarChanged
from jiyue.policy.work_calendar.days import DayKind, PlanStatus
from jiyue.policy.work_calendar.deadlines import deadline
from jiyue.policy.work_calendar.models import CalendarDay, CalendarVersion
from jiyue.policy.work_calendar.selectors import get_calendar

pytestmark = pytest.mark.django_db


def publish_year(year: int, *holidays: date, number: int = 1) -> None:
    """Put a published plan of a year into force, as the calendar's own service announces it."""
    version = CalendarVersion.objects.create(
        year=year,
        number=number,
        status=PlanStatus.PUBLISHED,
        source=f"国办发明电〔{year - 1}〕7号",
        digest=sm3_hex(repr((year, number, holidays)).encode()),
        created_at=clock.now(),
    )
    for on in holidays:
        CalendarDay.objects.create(version=version, on=on, kind=DayKind.HOLIDAY, name="临时放假")
    CALENDAR_CHANGED.announce(
        CalendarChanged(
            year=year,
            number=number,
            first_on=date(year, 1, 1),
            last_on=date(year, 12, 31),
            source=version.source,
            is_provisional=False,
            actor=audit.PLATFORM,
        )
    )


@pytest.fixture
def across_the_year(world, at_work) -> Obligation:
    """A clock that starts at the end of 2026 and is due in 2027, which isn't published."""
    at_work.move_to(moment(12, 31))
    return start_clock(world.unit_a)


def test_a_clock_that_reaches_into_an_unpublished_year_is_marked_provisional(across_the_year):
    assert across_the_year.due_at.year == 2027
    assert across_the_year.is_provisional


def test_a_published_year_moves_the_date_with_a_record_on_the_clock(across_the_year):
    before = across_the_year.due_at
    publish_year(2027, date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 5))
    run_sweep()
    obligation = Obligation.objects.get()
    term = Term(obligation.term_number, TermUnit(obligation.term_unit))
    expected = deadline(obligation.opened_at, term, get_calendar())
    assert obligation.due_at == expected.due_at
    assert obligation.due_at > before
    assert not obligation.is_provisional
    assert not obligation.needs_recomputing
    event = ObligationEvent.objects.get(verb=EventVerb.RECOMPUTED)
    assert (event.old_due_at, event.new_due_at) == (before, obligation.due_at)
    assert "2026" in event.note
    assert AuditEntry.objects.filter(verb="obligation.recomputed").count() == 1


def test_the_steps_move_with_the_date(across_the_year):
    before = [moment for _key, moment in across_the_year.plan]
    publish_year(2027, date(2027, 1, 1), *(date(2027, 1, day) for day in range(4, 30)))
    run_sweep()
    obligation = Obligation.objects.get()
    assert all(
        later > earlier for (_key, later), earlier in zip(obligation.plan, before, strict=True) if later
    )
    assert obligation.next_step_at is not None


def test_an_unchanged_date_leaves_no_record(world, at_work):
    obligation = start_clock(world.unit_a)
    publish_year(2026, date(2026, 1, 1), date(2026, 10, 1))
    run_sweep()
    moved = Obligation.objects.get()
    if moved.due_at == obligation.due_at:
        assert not ObligationEvent.objects.filter(verb=EventVerb.RECOMPUTED).exists()


def test_reminders_wait_until_the_date_is_computed_anew(across_the_year, at_work):
    at_work.move_to(across_the_year.next_step_at)
    publish_year(2027, date(2027, 1, 1), *(date(2027, 1, day) for day in range(4, 30)))
    assert run_sweep() == 1  # computed anew; the reminder's day has moved, so nobody is reminded
    assert not ObligationEvent.objects.filter(verb=EventVerb.REMINDED).exists()


def test_a_year_far_away_and_a_stopped_clock_are_left_alone(world, at_work):
    start_clock(world.unit_a)
    assert mark_for_recomputing(date(2029, 1, 1), date(2029, 12, 31)) == 0
    stop_clock()
    assert mark_for_recomputing(date(2026, 1, 1), date(2026, 12, 31)) == 0


def test_a_date_somebody_set_stays_but_its_steps_are_counted_anew(world, at_work):
    obligation = start_clock(world.unit_a, kind="content_task.delivery", due_at=moment(11, 20, 18))
    publish_year(2026, *(date(2026, 11, day) for day in (17, 18, 19)))
    run_sweep()
    moved = Obligation.objects.get()
    assert moved.due_at == obligation.due_at
    assert moved.next_step_at < obligation.next_step_at

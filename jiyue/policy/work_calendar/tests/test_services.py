"""A year changes by two persons, or by the program for its own; clocks hear of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import two_person
from jiyue.core.audit import AuditActor
from jiyue.core.models import AuditEntry, ChangeStatus, TwoPersonChange
from jiyue.core.two_person import AlreadyProposed, ReasonNeeded, SamePerson
from jiyue.policy.work_calendar import services
from jiyue.policy.work_calendar.announcements import CALENDAR_CHANGED, CalendarChanged
from jiyue.policy.work_calendar.days import Day, DayKind, PlanStatus, PlanVersion, YearPlan
from jiyue.policy.work_calendar.entry import EntryRefused, HolidayEntry, YearEntry, as_entry
from jiyue.policy.work_calendar.models import CalendarDay, CalendarVersion
from jiyue.policy.work_calendar.permissions import KEEPERS, NotCalendarKeeper
from jiyue.policy.work_calendar.selectors import (
    as_plan,
    changed_days,
    get_calendar,
    get_waiting_change,
    list_versions,
)
from jiyue.policy.work_calendar.services import NothingChanges, YearChangedMeanwhile, propose_year
from jiyue.policy.work_calendar.sources import shipped_plan

pytestmark = pytest.mark.django_db

FIRST = AuditActor(account_id=901, person_id=901, person_name="甲")
SECOND = AuditActor(account_id=902, person_id=902, person_name="乙")
STRANGER = AuditActor(account_id=903, person_id=903, person_name="丙")
MAKEUP = date(2027, 2, 20)  # a Saturday


@pytest.fixture(autouse=True)
def _keepers(monkeypatch: pytest.MonkeyPatch) -> None:
    keepers: dict[str, Callable[[AuditActor], bool]] = {"test": lambda actor: actor.person_id in (901, 902)}
    monkeypatch.setattr(KEEPERS, "_entries", keepers)


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[CalendarChanged]:
    facts: list[CalendarChanged] = []
    monkeypatch.setattr(CALENDAR_CHANGED, "_listeners", [facts.append])
    return facts


def notice(base_number: int = 0, source: str = "国办发明电〔2026〕测试号") -> YearEntry:
    """The provisional 2027 with one make-up day, as if it had been published."""
    entry = as_entry(shipped_plan(2027))
    spring = next(holiday for holiday in entry.holidays if holiday.name == "春节")
    holidays = [replace(one, makeup=(MAKEUP,)) if one is spring else one for one in entry.holidays]
    return YearEntry(2027, PlanStatus.PUBLISHED, source, base_number, tuple(holidays))


def approve(change: TwoPersonChange, actor: AuditActor = SECOND) -> None:
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor)


@pytest.mark.req("PROF-04")
def test_a_published_year_comes_into_force_when_a_second_person_approves(heard):
    change = propose_year(entry=notice(), reason="国务院办公厅已发通知", actor=FIRST)
    assert not get_calendar().is_working(MAKEUP)
    assert get_waiting_change(2027) == change
    approve(change)
    calendar = get_calendar()
    assert calendar.day(MAKEUP) == Day(MAKEUP, DayKind.MAKEUP, "春节")
    assert calendar.plan(2027).version == PlanVersion(2027, 1, False)
    version = CalendarVersion.objects.get()
    assert (version.change_id, version.proposer_name, version.approver_name) == (change.pk, "甲", "乙")
    assert [(fact.year, fact.number, fact.is_provisional) for fact in heard] == [(2027, 1, False)]
    assert (heard[0].first_on, heard[0].last_on) == (date(2027, 1, 1), date(2027, 12, 31))
    entry = AuditEntry.objects.get(verb="calendar.year_stored")
    assert (entry.subject_id, entry.person_id) == ("2027", 902)


def test_nobody_approves_the_own_year(heard):
    change = propose_year(entry=notice(), reason="通知", actor=FIRST)
    with pytest.raises(SamePerson):
        approve(change, FIRST)
    assert heard == []
    assert CalendarVersion.objects.count() == 0


def test_who_does_not_keep_the_calendar_neither_proposes_nor_decides():
    with pytest.raises(NotCalendarKeeper):
        propose_year(entry=notice(), reason="通知", actor=STRANGER)
    change = propose_year(entry=notice(), reason="通知", actor=FIRST)
    with pytest.raises(NotCalendarKeeper):
        approve(change, STRANGER)


def test_a_refused_year_changes_nothing(heard):
    change = propose_year(entry=notice(), reason="通知", actor=FIRST)
    two_person.refuse(change_id=change.pk, seen_digest=change.digest, actor=SECOND, opinion="日期有误")
    assert CalendarVersion.objects.count() == 0
    assert heard == []


def test_one_proposal_per_year_waits_and_a_reason_is_needed():
    with pytest.raises(ReasonNeeded):
        propose_year(entry=notice(), reason=" ", actor=FIRST)
    propose_year(entry=notice(), reason="通知", actor=FIRST)
    with pytest.raises(AlreadyProposed):
        propose_year(entry=notice(), reason="通知", actor=SECOND)


def test_a_wrong_or_unchanged_year_is_not_proposed():
    with pytest.raises(EntryRefused, match="no holiday"):
        propose_year(entry=replace(notice(), holidays=()), reason="通知", actor=FIRST)
    with pytest.raises(NothingChanges):
        propose_year(entry=as_entry(shipped_plan(2026)), reason="通知", actor=FIRST)


def test_a_proposal_that_was_overtaken_is_neither_made_nor_carried_out():
    change = propose_year(entry=notice(), reason="通知", actor=FIRST)
    services.bring_shipped_year(year=2027)
    with pytest.raises(YearChangedMeanwhile):
        approve(change)
    change.refresh_from_db()
    assert change.status == ChangeStatus.WAITING
    two_person.withdraw(change_id=change.pk, actor=FIRST)
    with pytest.raises(YearChangedMeanwhile):
        propose_year(entry=notice(base_number=0), reason="通知", actor=FIRST)
    approve(propose_year(entry=notice(base_number=1), reason="通知", actor=FIRST))
    assert [version.number for version in list_versions(2027)] == [2, 1]


@pytest.mark.req("PROF-04")
def test_the_daily_job_brings_the_years_around_today_once(time_machine, heard):
    time_machine.move_to("2026-11-22T01:00+08:00")
    assert list(services.bring_shipped_years()) == [2025, 2026, 2027, 2028]
    found = CalendarVersion.objects.order_by("year").values_list("year", "number", "status", "source")
    assert list(found[:3]) == [
        (2025, 1, "published", "国办发明电〔2024〕12号"),
        (2026, 1, "published", "国办发明电〔2025〕7号"),
        (2027, 1, "provisional", shipped_plan(2027).source),
    ]
    list(services.bring_shipped_years())
    assert CalendarVersion.objects.count() == len(heard) == 4


@pytest.mark.req("PROF-04")
def test_a_newer_program_that_knows_the_notice_replaces_the_provisional_year(monkeypatch, heard):
    services.bring_shipped_year(year=2027)
    monkeypatch.setattr(services, "shipped_plan", lambda year: notice().plan())
    services.bring_shipped_year(year=2027)
    assert [fact.is_provisional for fact in heard] == [True, False]
    assert get_calendar().is_working(MAKEUP)


def test_what_two_persons_entered_is_never_replaced_by_the_program():
    approve(propose_year(entry=notice(), reason="通知", actor=FIRST))
    assert services.bring_shipped_year(year=2027) is None
    assert get_calendar().is_working(MAKEUP)


def test_a_new_program_with_the_same_days_makes_no_new_version(monkeypatch):
    services.bring_shipped_year(year=2027)
    plan = shipped_plan(2027)
    monkeypatch.setattr(
        services, "shipped_plan", lambda year: YearPlan(plan.version, "holidays 9.9", plan.marks)
    )
    assert services.bring_shipped_year(year=2027) is None


def test_the_change_tells_every_day_that_differs():
    change = propose_year(entry=notice(), reason="通知", actor=FIRST)
    rows = services.YearTopic().describe(change)
    assert len(rows) == 3  # source, status, the make-up day
    assert [
        (new.on if new else None, old) for old, new in changed_days(shipped_plan(2027), notice().plan())
    ] == [(MAKEUP, None)]


def test_a_holiday_at_the_turn_of_the_year_reaches_into_the_announcement(heard):
    entry = notice()
    early = HolidayEntry("元旦", date(2026, 12, 31), date(2027, 1, 3))
    approve(
        propose_year(entry=replace(entry, holidays=(early, *entry.holidays[1:])), reason="通知", actor=FIRST)
    )
    assert heard[0].first_on == date(2026, 12, 31)
    assert not get_calendar().is_working(date(2026, 12, 31))


def test_a_stored_version_can_be_neither_changed_nor_removed():
    services.bring_shipped_year(year=2026)
    for queryset in (CalendarVersion.objects.all(), CalendarDay.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            queryset.update(id=99_999)
        with pytest.raises(IntegrityError), transaction.atomic():
            queryset._raw_delete(queryset.db)


def test_the_calendar_in_force_costs_one_query_once_it_is_known(django_assert_num_queries):
    services.bring_shipped_year(year=2026)
    assert as_plan(CalendarVersion.objects.get()).marks == shipped_plan(2026).marks
    get_calendar()
    with django_assert_num_queries(1):
        assert not get_calendar().is_working(date(2026, 10, 1))

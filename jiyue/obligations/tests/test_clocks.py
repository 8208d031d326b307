"""How clocks start, move and stop."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry
from jiyue.obligations.enums import EventVerb, ObligationStatus
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.reckoning import stored_steps
from jiyue.obligations.services import ObligationRefused, Owed, hand_over, open_obligation, reschedule
from jiyue.obligations.tests.conftest import moment
from jiyue.obligations.tests.scenes import start_clock, stop_clock
from jiyue.policy.selectors import value
from jiyue.policy.work_calendar.deadlines import deadline
from jiyue.policy.work_calendar.selectors import get_calendar

pytestmark = pytest.mark.django_db


def verbs(obligation: Obligation) -> list[str]:
    return list(obligation.events.order_by("pk").values_list("verb", flat=True))


def audited(obligation: Obligation) -> list[str]:
    return list(
        AuditEntry.objects.filter(subject_type="obligation", subject_id=str(obligation.pk))
        .order_by("pk")
        .values_list("verb", flat=True)
    )


def test_an_announced_clock_is_due_when_the_calendar_and_the_profile_say(world, at_work):
    obligation = start_clock(world.unit_a)
    rule = value("personnel.successor", world.unit_a)
    expected = deadline(clock.now(), rule.term, get_calendar())
    assert obligation.due_at == expected.due_at
    assert stored_steps(obligation.working) == expected.working
    assert (obligation.term_number, obligation.term_unit) == (rule.term.number, rule.term.unit)
    assert (obligation.policy_origin, obligation.policy_version) == (rule.origin, rule.version)
    assert obligation.clause == rule.clause
    assert verbs(obligation) == [EventVerb.OPENED]
    assert audited(obligation) == ["obligation.opened"]


def test_the_same_clock_announced_twice_is_one_row(world, at_work):
    first, second = start_clock(world.unit_a), start_clock(world.unit_a)
    assert first.pk == second.pk
    assert Obligation.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.create(
            kind=first.kind,
            unit=world.unit_b,
            subject_type=first.subject_type,
            subject_key=first.subject_key,
            title="又一个",
            opened_at=clock.now(),
            due_at=clock.now(),
        )


def test_a_clock_announced_again_takes_over_what_is_new(world, at_work):
    start_clock(world.unit_a, kind="content_task.delivery", due_at=moment(11, 20))
    obligation = start_clock(
        world.unit_b,
        kind="content_task.delivery",
        due_at=moment(11, 30),
        title="新的题目",
        person_id=world.lead.person_id,
    )
    assert (obligation.unit, obligation.person, obligation.title) == (
        world.unit_b,
        world.lead.person,
        "新的题目",
    )
    assert obligation.due_at == moment(11, 30)
    assert verbs(obligation) == [EventVerb.OPENED, EventVerb.HANDED_OVER, EventVerb.RESCHEDULED]


def test_a_kind_without_a_term_needs_a_date(world, at_work):
    with pytest.raises(ObligationRefused) as refused:
        start_clock(world.unit_a, kind="content_task.delivery")
    assert refused.value.field == "due_at"
    assert not Obligation.objects.exists()


def test_an_unknown_kind_undoes_what_announced_it(world, at_work):
    with pytest.raises(LookupError):
        start_clock(world.unit_a, kind="no.such.kind")


def test_done_in_time_is_kept_as_not_late(world, at_work):
    obligation = start_clock(world.unit_a)
    at_work.move_to(obligation.due_at)  # 24:00 of the last day is still in time
    stop_clock()
    obligation.refresh_from_db()
    assert (obligation.status, obligation.is_late, obligation.late_number) == (
        ObligationStatus.SATISFIED,
        False,
        None,
    )
    assert obligation.next_step_at is None
    assert audited(obligation)[-1] == "obligation.satisfied"


def test_done_late_keeps_by_how_many_working_days(world, at_work):
    obligation = start_clock(world.unit_a, kind="content_task.delivery", due_at=moment(11, 6, 18))
    at_work.move_to(moment(11, 10))  # Friday → Tuesday: the weekend doesn't count
    stop_clock(kind="content_task.delivery")
    obligation.refresh_from_db()
    assert (obligation.is_late, obligation.late_number, obligation.late_unit) == (True, 2, "working_days")


def test_a_clock_set_back_does_not_end_before_it_began(world, at_work):
    obligation = start_clock(world.unit_a)
    at_work.move_to(moment(1, 1))
    stop_clock()
    obligation.refresh_from_db()
    assert obligation.closed_at == obligation.opened_at


def test_a_reason_that_fell_away_lets_the_clock_lapse(world, at_work):
    obligation = start_clock(world.unit_a)
    stop_clock(reason="职务取消")
    obligation.refresh_from_db()
    assert (obligation.status, obligation.reason) == (ObligationStatus.LAPSED, "职务取消")
    assert start_clock(world.unit_a).pk != obligation.pk  # the same subject may owe it again


def test_stopping_what_does_not_run_does_nothing(world, at_work):
    stop_clock("unknown")
    stop_clock("unknown", reason="没有了")
    assert not ObligationEvent.objects.exists()


def test_a_stopped_clock_neither_moves_nor_disappears(world, at_work):
    obligation = start_clock(world.unit_a, kind="content_task.delivery", due_at=moment(11, 20))
    stop_clock(kind="content_task.delivery")
    with pytest.raises(ObligationRefused):
        hand_over(obligation_id=obligation.pk, unit=world.unit_b, person_id=None, actor=audit.PLATFORM)
    with pytest.raises(ObligationRefused):
        reschedule(obligation_id=obligation.pk, due_at=moment(12, 1), actor=audit.PLATFORM)
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.filter(pk=obligation.pk).update(is_late=False, title="改过的标题")
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.filter(pk=obligation.pk)._raw_delete("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        ObligationEvent.objects.update(note="改过")


@pytest.mark.req("PROF-05")
def test_the_rule_a_clock_started_under_can_not_be_changed_in_the_database(world, at_work):
    obligation = start_clock(world.unit_a)
    rows = Obligation.objects.filter(pk=obligation.pk)
    changes = (
        {"term_number": 99},
        {"policy_version": 99},
        {"policy_origin": "HT"},
        {"opened_at": clock.now() - timedelta(days=1)},
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


def test_a_date_that_follows_from_a_rule_can_not_be_set_by_hand(world, at_work):
    obligation = start_clock(world.unit_a)
    with pytest.raises(ObligationRefused):
        reschedule(obligation_id=obligation.pk, due_at=moment(12, 31), actor=audit.PLATFORM)


def test_handing_over_keeps_the_date_and_writes_an_event(world, at_work):
    obligation = start_clock(world.unit_a)
    hand_over(
        obligation_id=obligation.pk,
        unit=world.unit_b,
        person_id=world.other_lead.person_id,
        actor=audit.PLATFORM,
    )
    moved = Obligation.objects.get(pk=obligation.pk)
    assert (moved.unit, moved.due_at) == (world.unit_b, obligation.due_at)
    assert verbs(moved)[-1] == EventVerb.HANDED_OVER
    assert audited(moved)[-1] == "obligation.handed_over"


def test_a_clock_started_on_a_leap_day_or_across_a_year_without_published_calendar(world, at_work):
    at_work.move_to(moment(2, 29, year=2028))
    leap = open_obligation(
        owed=Owed("personnel.successor", "thing", "leap", "闰日", world.unit_a),
        opened_at=clock.now(),
        actor=audit.PLATFORM,
    )
    assert leap.is_provisional
    assert leap.due_at > clock.now()

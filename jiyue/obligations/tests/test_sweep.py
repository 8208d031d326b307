"""Reminders ahead and escalation after the due date: who is told, when, and never twice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiyue.core import audit
from jiyue.core.models import AuditEntry
from jiyue.core.schedule import JOBS
from jiyue.obligations import sweeping
from jiyue.obligations.enums import EventVerb
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.services import reschedule
from jiyue.obligations.tests.conftest import moment
from jiyue.obligations.tests.scenes import run_sweep, start_clock, stop_clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount, StaffNotice
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db
DUE = moment(11, 20, 18)  # a Friday; reminders 3 and 1 working days ahead, escalation after 1, 3 and 5


@pytest.fixture
def office(world):
    """A unit below unit A, with an owner, a leader, and a coordinator above."""
    unit = make_unit("C00000003", "市档案馆", supervising_unit=world.unit_a)
    return {
        "unit": unit,
        "owner": make_account("zi", unit, StaffRole.INFORMATION_OFFICER, name="子"),
        "leader": make_account("chou", unit, StaffRole.LEADER_IN_CHARGE, name="丑"),
        "above": make_account("yin", world.unit_a, StaffRole.COORDINATOR, name="寅"),
        "stranger": make_account("mao", world.unit_b, StaffRole.LEADER_IN_CHARGE, name="卯"),
    }


def start_task(office, **values):
    values = {
        "kind": "content_task.delivery",
        "due_at": DUE,
        "person_id": office["owner"].person_id,
        **values,
    }
    return start_clock(office["unit"], **values)


def notices(account: StaffAccount) -> int:
    return StaffNotice.objects.filter(person_id=account.person_id).count()


def told(office) -> list[int]:
    return [notices(office[name]) for name in ("owner", "leader", "above", "stranger")]


@pytest.mark.req("PROF-06")
def test_owner_leader_and_supervising_unit_are_told_step_by_step(office, at_work):
    obligation = start_task(office)
    expected = [
        (moment(11, 17, 7), [0, 0, 0, 0]),
        (moment(11, 17, 8), [1, 0, 0, 0]),  # three working days ahead
        (moment(11, 19, 8), [2, 0, 0, 0]),
        (moment(11, 23, 23), [2, 0, 0, 0]),  # overdue since Friday; one working day isn't over
        (moment(11, 24, 0), [3, 0, 0, 0]),
        (moment(11, 26, 0), [4, 1, 0, 0]),
        (moment(11, 28, 0), [5, 2, 1, 0]),
        (moment(12, 31, 0), [5, 2, 1, 0]),
    ]
    for when, numbers in expected:
        at_work.move_to(when)
        run_sweep()
        run_sweep()
        assert told(office) == numbers, when
    obligation.refresh_from_db()
    assert (obligation.escalation_level, obligation.next_step_at) == (3, None)
    verbs = list(ObligationEvent.objects.order_by("pk").values_list("verb", "told"))
    assert verbs[1:] == [
        (EventVerb.REMINDED, 1),
        (EventVerb.REMINDED, 1),
        (EventVerb.ESCALATED, 1),
        (EventVerb.ESCALATED, 2),
        (EventVerb.ESCALATED, 3),
    ]
    assert AuditEntry.objects.filter(verb="obligation.escalated").count() == 3


def test_a_clock_set_back_neither_repeats_nor_takes_back_a_step(office, at_work):
    obligation = start_task(office)
    at_work.move_to(moment(11, 26, 8))
    run_sweep()
    before = told(office), ObligationEvent.objects.count()
    at_work.move_to(moment(11, 3))
    assert run_sweep() == 0
    at_work.move_to(moment(11, 26, 9))
    assert run_sweep() == 0
    obligation.refresh_from_db()
    assert obligation.escalation_level == 2
    assert (told(office), ObligationEvent.objects.count()) == before


def test_after_a_standstill_only_the_last_reminder_goes_out_but_no_escalation_is_lost(office, at_work):
    start_task(office, key="soon")
    at_work.move_to(moment(11, 20, 9))
    run_sweep()
    assert told(office) == [1, 0, 0, 0]
    start_task(office, key="late", due_at=moment(11, 20, 10))
    at_work.move_to(moment(11, 28, 0))
    stop_clock("soon", kind="content_task.delivery")
    run_sweep()
    assert told(office) == [2, 1, 1, 0]  # one message of the last step for all three that were missed
    escalated = ObligationEvent.objects.filter(verb=EventVerb.ESCALATED).order_by("pk")
    assert list(escalated.values_list("told", flat=True)) == [1, 2, 3]


def test_reminders_before_the_start_are_never_sent(office, at_work):
    at_work.move_to(moment(11, 18))
    start_task(office)
    run_sweep()
    assert told(office) == [0, 0, 0, 0]
    at_work.move_to(moment(11, 19, 8))
    run_sweep()
    assert told(office) == [1, 0, 0, 0]


def test_a_stopped_clock_tells_nobody(office, at_work):
    start_task(office)
    stop_clock(kind="content_task.delivery")
    at_work.move_to(moment(12, 31))
    assert run_sweep() == 0
    assert told(office) == [0, 0, 0, 0]


def test_without_a_named_person_those_who_handle_it_in_the_unit_are_told(office, at_work):
    start_task(office, person_id=None)
    at_work.move_to(moment(11, 17, 8))
    run_sweep()
    assert told(office) == [1, 1, 0, 0]


def test_where_the_unit_has_nobody_the_unit_above_is_told(world, office, at_work):
    empty = make_unit("D00000004", "空单位", supervising_unit=world.unit_a)
    start_clock(empty, kind="content_task.delivery", due_at=DUE)
    at_work.move_to(moment(11, 17, 8))
    run_sweep()
    assert told(office) == [0, 0, 1, 0]


def test_a_date_set_anew_is_reminded_of_anew(office, at_work):
    obligation = start_task(office)
    at_work.move_to(moment(11, 26, 8))
    run_sweep()
    reschedule(obligation_id=obligation.pk, due_at=moment(12, 11, 18), actor=audit.PLATFORM)
    before = told(office)
    at_work.move_to(moment(12, 8, 8))
    run_sweep()
    assert told(office)[0] == before[0] + 1
    obligation.refresh_from_db()
    assert obligation.escalation_level == 0


def test_a_notice_says_what_it_is_about_and_leads_there(office, at_work):
    obligation = start_task(office)
    at_work.move_to(moment(11, 17, 8))
    run_sweep()
    notice = StaffNotice.objects.get()
    assert obligation.title in notice.title
    assert notice.path == f"/obligations/{obligation.pk}/"


def test_queries_do_not_grow_with_the_number_of_clocks(office, at_work):
    def sweep_queries(first: int, count: int) -> int:
        for number in range(first, first + count):
            start_task(office, key=str(number))
        at_work.move_to(moment(11, 17, 8))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert run_sweep() == count
        at_work.move_to(moment(11, 2))
        return len(queries)

    assert sweep_queries(0, 3) == sweep_queries(10, 40)


def test_the_sweep_goes_in_batches_and_is_a_job_of_the_schedule(office, at_work, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for number in range(5):
        start_task(office, key=str(number))
    at_work.move_to(moment(11, 17, 8))
    assert list(JOBS.get("obligations.sweep").steps()) == [2, 2, 1]
    assert not Obligation.objects.filter(next_step_at__lte=moment(11, 17, 8) + timedelta(hours=1)).exists()


def test_nobody_is_reminded_ahead_of_what_is_late_already(office, at_work):
    start_task(office)
    at_work.move_to(moment(11, 21))  # the worker stood still over both reminders and the due moment
    assert run_sweep() == 1
    assert told(office) == [0, 0, 0, 0]
    at_work.move_to(moment(11, 24))
    run_sweep()
    assert told(office) == [1, 0, 0, 0]

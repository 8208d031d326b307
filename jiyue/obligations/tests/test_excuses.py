"""Excusing takes a second person above the unit, who doesn't owe the task."""

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import audit, two_person
from jiyue.core.models import AuditEntry
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.services import ExcuseRefused, ObligationRefused, propose_excuse
from jiyue.obligations.tests.scenes import start_clock, stop_clock
from jiyue.organizations.enums import StaffRole
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(world):
    return make_unit("C00000003", "市档案馆", supervising_unit=world.unit_a)


@pytest.fixture
def leader(unit):
    return make_account("chou", unit, StaffRole.LEADER_IN_CHARGE, name="丑")


def propose(obligation, account, reason="大厅停电三天"):
    return propose_excuse(
        obligation_id=obligation.pk, reason=reason, account=account, actor=account.audit_actor()
    )


def approve(change, account, **values):
    return two_person.approve(
        change_id=change.pk, seen_digest=change.digest, actor=account.audit_actor(), **values
    )


def test_a_leader_asks_and_a_manager_above_excuses(world, unit, leader, at_work):
    obligation = start_clock(unit)
    change = propose(obligation, leader)
    assert Obligation.objects.get().is_open  # the clock runs until somebody decides
    approve(change, world.manager)
    excused = Obligation.objects.get()
    assert (excused.status, excused.reason) == (ObligationStatus.EXCUSED, "大厅停电三天")
    assert excused.excused_by_person_id == world.manager.person_id
    assert AuditEntry.objects.filter(verb="obligation.excused", person_id=world.manager.person_id).exists()


def test_who_owes_it_can_ask_but_not_decide(world, unit, at_work):
    manager = world.manager
    obligation = start_clock(unit, person_id=manager.person_id)
    second = make_account("yin", world.unit_a, StaffRole.INSPECTOR, name="寅")
    change = propose(obligation, second)
    with pytest.raises(ExcuseRefused):
        approve(change, manager)
    with pytest.raises(two_person.SamePerson):
        approve(change, second)
    assert Obligation.objects.get().is_open


def test_the_database_refuses_an_excuse_by_who_owes_it_and_one_without_reason(world, unit, at_work):
    obligation = start_clock(unit, person_id=world.lead.person_id)
    stopped = {"status": ObligationStatus.EXCUSED, "closed_at": obligation.opened_at, "next_step_at": None}
    rows = Obligation.objects.filter(pk=obligation.pk)
    for wrong in (
        {"excused_by_person_id": world.lead.person_id, "reason": "理由"},
        {"excused_by_person_id": world.manager.person_id, "reason": ""},
        {"excused_by_person_id": None, "reason": "理由"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**stopped, **wrong)


def test_neither_strangers_nor_those_without_a_say_can_ask_or_decide(world, unit, leader, at_work):
    obligation = start_clock(unit)
    clerk = make_account("mao", unit, StaffRole.ENTRY_CLERK, name="卯")
    for account in (world.other_leader, clerk, world.author):
        with pytest.raises(ExcuseRefused):
            propose(obligation, account)
    change = propose(obligation, leader)
    below = make_account("chen", unit, StaffRole.LEADER_IN_CHARGE, name="辰")
    elsewhere = make_account("si", world.unit_b, StaffRole.PLATFORM_MANAGER, name="巳")
    for account in (below, elsewhere, world.leader):
        with pytest.raises(ExcuseRefused):
            approve(change, account)


def test_one_excuse_waits_at_a_time_and_it_needs_a_reason(unit, leader, at_work):
    obligation = start_clock(unit)
    with pytest.raises(two_person.ReasonNeeded):
        propose(obligation, leader, reason="  ")
    propose(obligation, leader)
    with pytest.raises(two_person.AlreadyProposed):
        propose(obligation, leader)


def test_what_was_done_meanwhile_can_not_be_excused(world, unit, leader, at_work):
    obligation = start_clock(unit)
    change = propose(obligation, leader)
    stop_clock()
    with pytest.raises(ObligationRefused):
        approve(change, world.manager)
    change.refresh_from_db()
    assert change.status == "waiting"
    with pytest.raises(ObligationRefused):
        propose(obligation, leader)


def test_the_platform_itself_does_not_decide(unit, leader, at_work):
    change = propose(start_clock(unit), leader)
    with pytest.raises(ExcuseRefused):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=audit.PLATFORM)

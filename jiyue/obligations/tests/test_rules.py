"""The profile of the start rules a clock; reminders and escalation are rules like any other."""

from datetime import date

import pytest
from django.db import transaction

from jiyue.core import audit
from jiyue.obligations.models import Obligation
from jiyue.obligations.reckoning import StepKey
from jiyue.obligations.tests.conftest import moment
from jiyue.obligations.tests.scenes import run_sweep, start_clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, ProfileAssignment, StaffNotice, UnitRole
from jiyue.organizations.services import assign_role
from jiyue.organizations.services.filings import file_change
from jiyue.policy.models import LocalProfile, LocalValue
from tests.factories import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def local(world, at_work) -> LocalProfile:
    """A local profile that applies to unit A."""
    profile = LocalProfile.objects.create(
        code="yunting", name="云汀市", parent="GL", owner_unit_id=world.unit_a.pk, created_at=moment(1, 1)
    )
    ProfileAssignment.objects.create(
        unit=world.unit_a, profile=profile.code, effective_on=date(2026, 1, 1), created_at=moment(1, 1)
    )
    return profile


def state(profile: LocalProfile, key: str, stated: object, version: int = 1) -> None:
    """Put a value of the local profile into force, as two persons' change does."""
    LocalValue.objects.create(
        profile=profile,
        key=key,
        version=version,
        value=stated,
        unit="working_days",
        clause="云汀〔2026〕1号",
        effective_on=date(2026, 1, 1),
        approved_on=date(2026, 1, 1),
        change_id=LocalValue.objects.count() + 1,
    )


def unit_of(world) -> Organization:
    return Organization.objects.get(pk=world.unit_a.pk)


@pytest.mark.req("PROF-05")
def test_a_changed_rule_leaves_running_clocks_alone_and_rules_the_next_one(world, local):
    state(local, "personnel.successor", 5)
    running = start_clock(unit_of(world), "running")
    state(local, "personnel.successor", 20, version=2)
    run_sweep()
    following = start_clock(unit_of(world), "following")
    same = Obligation.objects.get(pk=running.pk)
    assert (same.due_at, same.term_number, same.policy_version) == (running.due_at, 5, 1)
    assert (following.term_number, following.policy_version, following.policy_origin) == (20, 2, "yunting")
    assert following.due_at > same.due_at


@pytest.mark.req("PROF-06")
def test_reminders_and_escalation_are_set_by_the_profile_for_all_or_for_one_kind(world, local):
    state(local, "reminder.lead", [5])
    state(local, "reminder.lead.content_task.delivery", [2, 1])
    state(local, "reminder.escalation", [2])
    general = start_clock(unit_of(world))
    own = start_clock(unit_of(world), kind="content_task.delivery", due_at=moment(12, 1))

    def steps(obligation: Obligation) -> list[tuple[str, int]]:
        keys = [StepKey.parse(key) for key, _moment in obligation.plan]
        return [(key.direction, key.term.number) for key in keys]

    assert steps(general) == [("ahead", 5), ("late", 2)]
    assert steps(own) == [("ahead", 2), ("ahead", 1), ("late", 2)]


@pytest.mark.req("ORG-07")
def test_a_post_without_successor_is_reminded_of_until_one_is_filed(world, at_work):
    leader = make_account("geng", world.unit_a, StaffRole.LEADER_IN_CHARGE, name="庚")
    role = UnitRole.objects.get(person=world.lead.person, role=StaffRole.REVIEW_LEAD)
    with transaction.atomic():
        file_change(role, date(2026, 11, 1), reason="调离", actor=audit.PLATFORM)
    obligation = Obligation.objects.get(kind="personnel.successor")
    numbers = []
    for _round in range(3):
        obligation.refresh_from_db()
        at_work.move_to(obligation.next_step_at)
        run_sweep()
        numbers.append(StaffNotice.objects.filter(person=leader.person, topic="obligation").count())
    assert numbers == [1, 2, 3]
    assign_role(
        person=world.second_author.person,
        unit=world.unit_a,
        role=StaffRole.CONTENT_EDITOR,
        starts_on=date(2026, 11, 2),
        actor=audit.PLATFORM,
    )
    assert Obligation.objects.get(pk=obligation.pk).is_open  # another post is no successor
    successor = make_account("xin2", world.unit_a, name="辛二").person
    assign_role(
        person=successor,
        unit=world.unit_a,
        role=StaffRole.REVIEW_LEAD,
        starts_on=date(2026, 11, 2),
        actor=audit.PLATFORM,
    )
    assert Obligation.objects.get(pk=obligation.pk).status == "satisfied"
    at_work.move_to(moment(12, 31))
    assert run_sweep() == 0

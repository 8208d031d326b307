"""Delegations and the duty roster: who decides for whom, and who at three in the morning."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from jiyue.core import clock, outbox
from jiyue.core.models import AuditEntry
from jiyue.library.models import Edition
from jiyue.library.services import create_resource, submit_for_review
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.sweeping import sweep
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount, StaffNotice
from jiyue.organizations.services.accounts import suspend_account
from jiyue.review.authority import list_deciders
from jiyue.review.clocks import watch_urgent_steps
from jiyue.review.enums import Authority, StepStatus
from jiyue.review.models import DutyShift, ReviewAction, ReviewCase, ReviewDelegation
from jiyue.review.roster import read_week, week_of
from jiyue.review.selectors import list_steps_waiting_for
from jiyue.review.services import NotTheReviewer, SelfApprovalForbidden, recall_case
from jiyue.review.services.delegating import (
    DelegationRefused,
    delegate_review,
    end_delegation,
    latest_end,
)
from jiyue.review.services.duty import DutyRefused, cancel_shift, plan_shift, swap_shift
from jiyue.review.submission import Handling
from tests.factories import World, approve_step, make_account, make_content, make_unit

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)  # Sunday 03:00 in Asia/Shanghai


def delegate(world: World, helper: StaffAccount, **values: Any) -> ReviewDelegation:
    defaults = {
        "unit": world.unit_a,
        "role": StaffRole.REVIEW_LEAD,
        "delegate": helper,
        "starts_on": clock.today(),
        "ends_on": clock.today() + timedelta(days=3),
        "reason": "外出学习",
        "actor": world.lead,
    }
    return delegate_review(**{**defaults, **values})


def plan(world: World, account: StaffAccount, role: StaffRole, **values: Any) -> DutyShift:
    start = clock.now()
    defaults = {
        "unit": world.unit_a,
        "role": role,
        "account": account,
        "starts_at": start,
        "ends_at": start + timedelta(hours=8),
        "actor": world.leader,
    }
    return plan_shift(**{**defaults, **values})


def test_delegate_decides_in_the_others_place_and_the_trail_names_both(world: World) -> None:
    helper = make_account("bang", world.unit_a, name="帮")
    delegation = delegate(world, helper)
    assert AuditEntry.objects.get(verb="delegation.given").subject_id == str(delegation.pk)
    assert StaffNotice.objects.filter(person=helper.person, key__startswith="delegation:").count() == 1
    case = world.submitted()
    assert [step.case_id for step in list_steps_waiting_for(helper)] == [case.pk]
    approve_step(case, helper)
    action = ReviewAction.objects.get(verb="approve")
    assert (action.person.name, action.on_behalf_of.name) == ("帮", "乙")
    assert action.authority == Authority.DELEGATION


def test_delegation_counts_on_its_days_only_and_ends_when_taken_back(world: World) -> None:
    helper = make_account("bang", world.unit_a)
    tomorrow = clock.today() + timedelta(days=1)
    delegation = delegate(world, helper, starts_on=tomorrow, ends_on=tomorrow)
    case = world.submitted()
    with pytest.raises(NotTheReviewer):
        approve_step(case, helper)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert list_steps_waiting_for(helper).exists()
        with pytest.raises(DelegationRefused):
            end_delegation(delegation_id=delegation.pk, actor=world.leader)
        end_delegation(delegation_id=delegation.pk, actor=world.lead)
        with pytest.raises(NotTheReviewer):
            approve_step(case, helper)
        with pytest.raises(DelegationRefused):
            end_delegation(delegation_id=delegation.pk, actor=world.lead)
    assert AuditEntry.objects.filter(verb="delegation.ended").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewDelegation.objects.all()._raw_delete("default")


def test_what_was_delegated_cannot_be_passed_on(world: World) -> None:
    helper = make_account("bang", world.unit_a)
    third = make_account("third", world.unit_a)
    delegate(world, helper)
    with pytest.raises(DelegationRefused) as refusal:
        delegate(world, third, actor=helper)
    assert refusal.value.field == "role"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("delegate", lambda world: {"delegate": world.lead}),
        ("delegate", lambda world: {"delegate": world.author}),
        ("delegate", lambda world: {"delegate": world.manager}),
        ("delegate", lambda world: {"delegate": world.other_lead}),
        ("role", lambda world: {"role": StaffRole.LEADER_IN_CHARGE}),
        ("role", lambda world: {"role": StaffRole.ENTRY_CLERK, "actor": world.author}),
        ("starts_on", lambda world: {"starts_on": clock.today() - timedelta(days=1)}),
        ("ends_on", lambda world: {"ends_on": clock.today() - timedelta(days=1)}),
        ("ends_on", lambda world: {"ends_on": latest_end(world.unit_a, clock.today()) + timedelta(days=1)}),
        ("reason", lambda world: {"reason": " "}),
        ("reason", lambda world: {"reason": "长" * 301}),
    ],
)
def test_delegation_that_breaks_a_rule_is_refused_at_its_field(
    world: World, field: str, change: Callable[[World], dict[str, Any]]
) -> None:
    helper = make_account("bang", world.unit_a)
    with pytest.raises(DelegationRefused) as refusal:
        delegate(world, helper, **change(world))
    assert refusal.value.field == field
    assert refusal.value.fix
    assert not ReviewDelegation.objects.exists()


def test_the_same_delegation_is_not_given_twice(world: World) -> None:
    helper = make_account("bang", world.unit_a)
    delegate(world, helper)
    with pytest.raises(DelegationRefused):
        delegate(world, helper, starts_on=clock.today() + timedelta(days=3))
    delegate(
        world,
        helper,
        starts_on=clock.today() + timedelta(days=4),
        ends_on=clock.today() + timedelta(days=5),
    )


def test_account_that_was_suspended_stands_in_for_nobody(world: World) -> None:
    helper = make_account("bang", world.unit_a)
    suspend_account(account=helper, reason="调查", actor=world.manager.audit_actor())
    with pytest.raises(DelegationRefused):
        delegate(world, helper)


@pytest.mark.req("REV-31")
def test_duty_people_edit_review_and_release_an_urgent_item_of_a_unit_below_at_night(world: World) -> None:
    """Nobody of the unit itself is there: three people of the roster pass the full chain at 03:00."""
    below = make_unit("A00000009", "市气象台", superior=world.unit_a)
    with time_machine.travel(NIGHT, tick=False):
        shifts = [
            plan(world, world.author, StaffRole.ENTRY_CLERK),
            plan(world, world.lead, StaffRole.REVIEW_LEAD),
            plan(
                world,
                world.principal,
                StaffRole.LEADER_IN_CHARGE,
                actor=world.leader,
            ),
        ]
        assert AuditEntry.objects.filter(verb="duty.planned").count() == 3
        world.news.contributors.add(below)
        resource = create_resource(
            unit=below, content=make_content(world.news, title="暴雪橙色预警"), actor=world.author
        )
        urgent = Handling(is_urgent=True, urgent_reason="夜间暴雪预警")
        case = submit_for_review(resource=resource, actor=world.author, handling=urgent)
        step = case.steps.get(status=StepStatus.OPEN)
        assert list_deciders(step) == [world.lead]
        told = StaffNotice.objects.get(topic="review.urgent")
        assert (told.person, told.body, told.path) == (
            world.lead.person,
            "夜间暴雪预警",
            f"/review/{case.pk}/",
        )
        approve_step(case, world.lead)
        assert StaffNotice.objects.filter(topic="review.urgent", person=world.principal.person).exists()
        approve_step(case, world.principal)
        outbox.drain()
    edition = Edition.objects.get()
    assert timezone.localtime(edition.published_at).hour == 3
    people = {case.submitter.person_id, *edition.case.actions.values_list("person_id", flat=True)}
    assert people == {shift.account.person_id for shift in shifts}
    assert list(edition.case.actions.filter(verb="approve").values_list("authority", flat=True)) == [
        "duty",
        "duty",
    ]


@pytest.mark.req("REV-31")
def test_duty_counts_for_urgent_items_in_the_turn_only(world: World) -> None:
    below = make_unit("A00000009", "市气象台", superior=world.unit_a)
    world.news.contributors.add(below)
    clerk = make_account("qi", below, StaffRole.ENTRY_CLERK)

    def submitted(**values: Any) -> ReviewCase:
        content = make_content(world.news, title=values.pop("title"))
        resource = create_resource(unit=below, content=content, actor=clerk)
        return submit_for_review(resource=resource, actor=clerk, handling=Handling(**values))

    with time_machine.travel(NIGHT, tick=False):
        plan(world, world.lead, StaffRole.REVIEW_LEAD)
        normal = submitted(title="普通信息")
        with pytest.raises(NotTheReviewer):
            approve_step(normal, world.lead)
        urgent = submitted(title="紧急信息", is_urgent=True, urgent_reason="预警")
        assert list_steps_waiting_for(world.lead).count() == 1
    with time_machine.travel(NIGHT + timedelta(hours=9), tick=False), pytest.raises(NotTheReviewer):
        approve_step(urgent, world.lead)


@pytest.mark.req("REV-31")
def test_author_on_duty_does_not_review_what_they_wrote(world: World) -> None:
    with time_machine.travel(NIGHT, tick=False):
        with pytest.raises(DutyRefused):
            plan(world, world.author, StaffRole.REVIEW_LEAD)
        with pytest.raises(DutyRefused):
            plan(world, world.lead, StaffRole.ENTRY_CLERK)
        plan(world, world.author, StaffRole.ENTRY_CLERK)
        resource = world.draft()
        urgent = Handling(is_urgent=True, urgent_reason="急")
        case = submit_for_review(resource=resource, actor=world.author, handling=urgent)
        with pytest.raises(SelfApprovalForbidden):
            approve_step(case, world.author)


@pytest.mark.req("REV-31")
def test_coverage_names_the_hours_nobody_covers(world: World) -> None:
    monday, _end = week_of(date(2026, 11, 25))
    with time_machine.travel(monday, tick=False):
        for day in range(7):
            start = monday + timedelta(days=day)
            hours = 24 if day != 2 else 22
            plan(
                world,
                world.lead,
                StaffRole.REVIEW_LEAD,
                starts_at=start,
                ends_at=start + timedelta(hours=hours),
            )
        weeks = {week.role: week for week in read_week(world.unit_a, date(2026, 11, 25))}
    assert [str(role) for role in weeks] == ["entry_clerk", "review_lead", "leader_in_charge"]
    (gap,) = weeks[StaffRole.REVIEW_LEAD].gaps
    wednesday = monday + timedelta(days=2)
    assert (gap.starts_at, gap.ends_at) == (wednesday + timedelta(hours=22), wednesday + timedelta(days=1))
    (whole,) = weeks[StaffRole.ENTRY_CLERK].gaps
    assert (whole.starts_at, whole.ends_at) == (monday, monday + timedelta(days=7))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("unit", lambda world, now: {"actor": world.lead}),
        ("unit", lambda world, now: {"actor": world.other_leader}),
        ("account", lambda world, now: {"account": world.other_lead}),
        ("account", lambda world, now: {"account": world.manager}),
        ("ends_at", lambda world, now: {"ends_at": now}),
        ("ends_at", lambda world, now: {"ends_at": now + timedelta(hours=25)}),
        (
            "ends_at",
            lambda world, now: {
                "starts_at": now - timedelta(hours=3),
                "ends_at": now - timedelta(hours=1),
            },
        ),
    ],
)
def test_turn_that_breaks_a_rule_is_refused_at_its_field(
    world: World, field: str, change: Callable[[World, datetime], dict[str, Any]]
) -> None:
    with time_machine.travel(NIGHT, tick=False):
        values = change(world, clock.now())
        account = values.pop("account", world.lead)
        with pytest.raises(DutyRefused) as refusal:
            plan(world, account, StaffRole.REVIEW_LEAD, **values)
    assert refusal.value.field == field
    assert refusal.value.fix
    assert not DutyShift.objects.exists()


def test_one_person_has_one_turn_at_a_time_and_can_hand_it_over(world: World) -> None:
    second = make_account("yi-er", world.unit_a, StaffRole.REVIEW_LEAD, name="乙二")
    shift = plan(world, world.lead, StaffRole.REVIEW_LEAD)
    with pytest.raises(DutyRefused):
        plan(world, world.lead, StaffRole.LEADER_IN_CHARGE)
    with pytest.raises(DutyRefused):
        swap_shift(shift_id=shift.pk, account=world.lead, actor=world.leader)
    with pytest.raises(DutyRefused):
        swap_shift(shift_id=shift.pk, account=world.author, actor=world.leader)
    assert not DutyShift.objects.exclude(cancelled_at=None).exists()
    successor = swap_shift(shift_id=shift.pk, account=second, actor=world.leader)
    shift.refresh_from_db()
    assert shift.cancelled_at is not None
    assert successor.account == second
    assert successor.ends_at == shift.ends_at
    assert AuditEntry.objects.filter(verb="duty.swapped").count() == 1
    with pytest.raises(DutyRefused):
        cancel_shift(shift_id=successor.pk, actor=world.lead)
    cancel_shift(shift_id=successor.pk, actor=world.leader)
    with pytest.raises(DutyRefused):
        cancel_shift(shift_id=successor.pk, actor=world.leader)
    assert AuditEntry.objects.filter(verb="duty.cancelled").count() == 2


def urgent_case(world: World) -> ReviewCase:
    handling = Handling(is_urgent=True, urgent_reason="预警信息")
    return submit_for_review(resource=world.draft(), actor=world.author, handling=handling)


@pytest.mark.req("REV-20")
def test_urgent_item_is_told_to_every_reviewer_at_once_and_no_level_is_skipped(world: World) -> None:
    second = make_account("yi-er", world.unit_a, StaffRole.REVIEW_LEAD, name="乙二")
    assert world.lead
    assert world.leader
    case = urgent_case(world)
    told = set(StaffNotice.objects.filter(topic="review.urgent").values_list("person_id", flat=True))
    assert told == {world.lead.person_id, second.person_id}
    (clock_row,) = Obligation.objects.filter(kind="review.step.urgent", status=ObligationStatus.OPEN)
    assert clock_row.due_at == clock_row.opened_at.replace(second=0, microsecond=0) + timedelta(hours=2)
    with pytest.raises(NotTheReviewer):
        approve_step(case, world.leader)
    approve_step(case, world.lead)
    assert not Edition.objects.exists()
    assert StaffNotice.objects.filter(topic="review.urgent", person=world.leader.person).exists()
    approve_step(case, world.leader)
    assert Edition.objects.count() == 1
    statuses = Obligation.objects.filter(kind="review.step.urgent").values_list("status", flat=True)
    assert set(statuses) == {ObligationStatus.SATISFIED}


@pytest.mark.req("REV-20")
def test_urgent_step_that_is_overdue_escalates_to_the_leaders(world: World) -> None:
    assert world.lead
    assert world.leader
    assert world.principal
    with time_machine.travel(datetime(2026, 11, 25, 2, 0, tzinfo=UTC), tick=False) as traveller:
        urgent_case(world)
        traveller.shift(timedelta(hours=5))
        list(sweep())
    row = Obligation.objects.get(kind="review.step.urgent")
    assert row.escalation_level == 2
    told = set(StaffNotice.objects.filter(topic="obligation").values_list("person__name", flat=True))
    assert {"乙", "庚", "辛"} <= told


@pytest.mark.req("REV-20")
def test_whoever_comes_on_duty_later_hears_of_open_urgent_items_once(world: World) -> None:
    second = make_account("bei", world.unit_a, name="备")
    assert world.lead
    urgent_case(world)
    delegate(world, second)
    list(watch_urgent_steps())
    list(watch_urgent_steps())
    assert StaffNotice.objects.filter(topic="review.urgent", person=second.person).count() == 1
    assert StaffNotice.objects.filter(topic="review.urgent", person=world.lead.person).count() == 1


def test_urgent_item_nobody_can_decide_is_told_to_those_who_can_change_that(world: World) -> None:
    assert world.leader
    assert world.manager
    urgent_case(world)
    told = StaffNotice.objects.filter(topic="review.urgent")
    assert {row.person_id for row in told} == {world.leader.person_id, world.manager.person_id}


def test_clock_of_a_level_is_met_when_it_is_decided_and_lapses_when_the_case_is_taken_back(
    world: World,
) -> None:
    case = world.submitted()
    (row,) = Obligation.objects.filter(kind="review.step")
    assert row.path == f"/review/{case.pk}/"
    recall_case(case_id=case.pk, actor=world.author, reason="改标题")
    row.refresh_from_db()
    assert row.status == ObligationStatus.LAPSED
    case = world.submitted(title="第二件")
    world.decide_all(case)
    statuses = Obligation.objects.filter(kind="review.step").order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["lapsed", "satisfied", "satisfied"]

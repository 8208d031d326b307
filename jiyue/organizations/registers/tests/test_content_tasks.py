"""Content-provision tasks: who may do what when, and the clock behind it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from jiyue.core import clock, files
from jiyue.core.audit import PLATFORM
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.registers.content_tasks import services, sides
from jiyue.organizations.registers.content_tasks.models import (
    ContentTask,
    ContentTaskEvent,
    TaskKind,
    TaskStatus,
)
from jiyue.organizations.registers.content_tasks.services import Assignment, Delivery, TaskRefused
from jiyue.organizations.registers.tests.making import entered, with_file
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db
Obligation = apps.get_model("obligations", "Obligation")  # a room above: these are its rows
NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
DUE = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def _spring():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def below(world):
    return make_unit("A1", "市统计局", superior=world.unit_a)


@pytest.fixture
def coordinator(world):
    return make_account("xietiao", world.unit_a, StaffRole.COORDINATOR, name="协调员").audit_actor()


@pytest.fixture
def officer(below):
    return make_account("xinxi", below, StaffRole.INFORMATION_OFFICER, name="信息员").audit_actor()


def assigned(world, below, actor, **values):
    assignment = Assignment(
        **{"kind": TaskKind.PROVISION, "topic": "报送一季度数据", "due_at": DUE, **values}
    )
    [task] = services.assign_tasks(
        office=world.unit_a, unit_ids=[below.pk], assignment=assignment, actor=actor
    )
    return task


def running():
    return Obligation.objects.filter(kind="content_task.delivery", status="open")


@pytest.mark.req("ORG-20")
def test_a_task_is_assigned_accepted_and_delivered_with_its_clock(world, below, coordinator, officer):
    meeting = with_file("meetings", entered("meetings", world.unit_a), title="纪要")
    task = assigned(world, below, coordinator, meeting=meeting)
    clock_of_task = running().get()
    assert (clock_of_task.unit, clock_of_task.due_at) == (below, DUE)
    services.accept_task(task_id=task.pk, actor=officer)
    delivery = Delivery(
        note="已报", link="https://example.org/1", data="数据".encode(), original_name="数据.txt"
    )
    done = services.deliver_task(task_id=task.pk, delivery=delivery, actor=officer)
    assert (done.status, done.delivered_at) == (TaskStatus.DELIVERED, NOW)
    assert not running().exists()
    file = ContentTaskEvent.objects.get(verb="deliver").file
    assert files.open_file(file=file, actor=coordinator) == "数据".encode()
    assert files.open_file(file=file, actor=world.other_author.audit_actor()) is None
    acts = list(ContentTaskEvent.objects.order_by("pk").values_list("verb", "person_name"))
    assert acts == [("assign", "协调员"), ("accept", "信息员"), ("deliver", "信息员")]
    assert AuditEntry.objects.filter(verb="content_task.handled", subject_id=str(task.pk)).count() == 3
    for statement in (
        "DELETE FROM registers_contenttaskevent",
        "UPDATE registers_contenttaskevent SET note = ''",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.req("ORG-20")
def test_steps_in_the_wrong_order_or_twice_are_refused(world, below, coordinator, officer):
    task = assigned(world, below, coordinator)
    with pytest.raises(TaskRefused):  # before acceptance
        services.deliver_task(task_id=task.pk, delivery=Delivery(note="早"), actor=officer)
    services.accept_task(task_id=task.pk, actor=officer)
    with pytest.raises(TaskRefused):
        services.accept_task(task_id=task.pk, actor=officer)
    with pytest.raises(TaskRefused):
        services.deliver_task(task_id=task.pk, delivery=Delivery(), actor=officer)
    with pytest.raises(TaskRefused):
        services.deliver_task(task_id=task.pk, delivery=Delivery(link="javascript:alert(1)"), actor=officer)
    services.deliver_task(task_id=task.pk, delivery=Delivery(note="已报"), actor=officer)
    with pytest.raises(TaskRefused):
        services.deliver_task(task_id=task.pk, delivery=Delivery(note="再报"), actor=officer)
    with pytest.raises(TaskRefused):
        services.withdraw_task(task_id=task.pk, note="不要了", actor=coordinator)
    assert ContentTaskEvent.objects.filter(verb="deliver").count() == 1


@pytest.mark.req("ORG-20")
def test_each_side_does_its_own_part_only(world, below, coordinator, officer):
    task = assigned(world, below, coordinator)
    outsider = world.other_author.audit_actor()
    for actor in (coordinator, outsider, world.manager.audit_actor()):
        with pytest.raises(TaskRefused):
            services.accept_task(task_id=task.pk, actor=actor)
    for actor in (officer, outsider):
        with pytest.raises(TaskRefused):
            services.withdraw_task(task_id=task.pk, note="不要了", actor=actor)
    assert list(sides.list_tasks(officer)) == list(sides.list_tasks(coordinator)) == [task]
    assert not sides.list_tasks(outsider).exists()


@pytest.mark.req("ORG-20")
def test_tasks_go_to_units_below_the_own_office_only(world, below, coordinator, officer):
    for office, unit, actor in (
        (world.unit_a, world.unit_b, coordinator),
        (world.unit_b, world.unit_b, coordinator),
        (world.unit_a, below, officer),
        (world.unit_a, below, world.author.audit_actor()),
    ):
        with pytest.raises(TaskRefused):
            services.assign_tasks(
                office=office,
                unit_ids=[unit.pk],
                assignment=Assignment(TaskKind.RESPONSE, "回应", DUE),
                actor=actor,
            )
    assert not ContentTask.objects.exists()
    both = [below.pk, world.unit_a.pk]
    tasks = services.assign_tasks(
        office=world.unit_a,
        unit_ids=both,
        assignment=Assignment(TaskKind.RISK_ASSESSMENT, "评估", DUE),
        actor=world.manager.audit_actor(),
    )
    assert {task.unit_id for task in tasks} == set(both)


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": " "},
        {"topic": "长" * 201},
        {"due_at": NOW},
        {"due_at": NOW + timedelta(days=3000)},
        {"details": "长" * 2001},
    ],
)
def test_an_incomplete_task_is_refused(world, below, coordinator, wrong):
    with pytest.raises(TaskRefused) as refusal:
        assigned(world, below, coordinator, **wrong)
    assert refusal.value.fix
    assert not Obligation.objects.exists()


def test_a_meeting_of_another_office_is_refused(world, below, coordinator):
    with pytest.raises(TaskRefused) as refusal:
        assigned(world, below, coordinator, meeting=entered("meetings", world.unit_b))
    assert refusal.value.field == "meeting"


@pytest.mark.req("ORG-20")
def test_another_date_counts_when_the_office_agrees(world, below, coordinator, officer):
    task = assigned(world, below, coordinator)
    later = DUE + timedelta(days=2)
    with pytest.raises(TaskRefused):
        services.decide_on_date(task_id=task.pk, is_granted=True, actor=coordinator)
    with pytest.raises(TaskRefused):
        services.ask_for_date(task_id=task.pk, wanted_due_at=later, note="", actor=officer)
    services.ask_for_date(task_id=task.pk, wanted_due_at=later, note="数据未出", actor=officer)
    assert running().get().due_at == DUE
    with pytest.raises(TaskRefused):
        services.decide_on_date(task_id=task.pk, is_granted=True, actor=officer)
    services.decide_on_date(task_id=task.pk, is_granted=True, actor=coordinator)
    assert running().get().due_at == later
    services.ask_for_date(
        task_id=task.pk, wanted_due_at=later + timedelta(days=9), note="再等", actor=officer
    )
    with pytest.raises(TaskRefused):
        services.decide_on_date(task_id=task.pk, is_granted=False, actor=coordinator)
    services.decide_on_date(task_id=task.pk, is_granted=False, note="不能再等", actor=coordinator)
    assert running().get().due_at == later


@pytest.mark.req("ORG-20")
def test_what_is_late_is_listed_and_a_delivery_can_be_handed_back(world, below, coordinator, officer):
    task = assigned(world, below, coordinator)
    services.accept_task(task_id=task.pk, actor=officer)
    with time_machine.travel(DUE + timedelta(seconds=1), tick=False):
        assert list(sides.list_overdue_tasks(coordinator)) == [task]
        services.deliver_task(task_id=task.pk, delivery=Delivery(note="迟报"), actor=officer)
        assert not sides.list_overdue_tasks(coordinator).exists()
        assert Obligation.objects.get().is_late
        again = clock.now() + timedelta(days=1)
        services.hand_back_delivery(task_id=task.pk, due_at=again, note="缺表", actor=coordinator)
        assert running().get().due_at == again


def test_a_withdrawn_task_is_owed_no_longer(world, below, coordinator, officer):
    task = assigned(world, below, coordinator)
    with pytest.raises(TaskRefused):
        services.withdraw_task(task_id=task.pk, note="", actor=coordinator)
    services.withdraw_task(task_id=task.pk, note="已由他处报送", actor=coordinator)
    assert not running().exists()
    with pytest.raises(TaskRefused):
        services.accept_task(task_id=task.pk, actor=officer)


def test_the_database_holds_that_nothing_is_delivered_unaccepted(world, below):
    task = assigned(world, below, PLATFORM)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContentTask.objects.filter(pk=task.pk).update(status=TaskStatus.DELIVERED)

"""Release at the second: never early, never without review, all together, never forgotten."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from jiyue.core import clock, outbox, steady_clock
from jiyue.core.models import Alarm, AlarmState, AuditEntry, OutboxMessage
from jiyue.core.worker import Worker
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, Resource
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, submit_batch, submit_for_review
from jiyue.organizations.models import StaffNotice
from jiyue.publishing.tests.output import occurrences
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.publishing.work.planning import (
    MAX_TOGETHER,
    PlanRefused,
    ask_for_forgotten,
    cancel_release,
    plan_release,
)
from jiyue.review.models import ReviewCase
from jiyue.review.services import recall_case
from tests.factories import World, approve_step, note_correction

pytestmark = pytest.mark.django_db
NINE = "2026-11-23 09:00:00+08:00"
TITLE = "九点整发布的稿件"


@pytest.fixture
def clock_face():
    with time_machine.travel("2026-11-23 08:00:00+08:00", tick=False) as face:
        yield face


@pytest.fixture
def world(clock_face) -> World:
    return World()


def planned(world: World, **values: object) -> ReviewCase:
    """An approved case that goes out in an hour."""
    case = world.submitted(title=TITLE, channels=(world.news,), **values)
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    world.decide_all(case)
    return ReviewCase.objects.get(pk=case.pk)


def in_an_hour():
    return clock.now() + timedelta(hours=1)


def resource_of(case: ReviewCase) -> Resource:
    return Resource.objects.get(pk=case.items.get().subject_key)


@pytest.mark.req("REV-29")
def test_approved_item_goes_out_at_its_second_and_the_time_is_the_servers(world, clock_face):
    case = planned(world)
    clock_face.shift(3599)
    outbox.drain()
    assert (Edition.objects.count(), occurrences(TITLE)) == (0, [])
    assert not PlannedRelease.objects.filter(ended_at__isnull=False).exists()
    clock_face.shift(1)
    outbox.drain()
    edition = Edition.objects.get()
    assert edition.published_at == case.planned_release.release_at == clock.now()
    assert occurrences(TITLE) != []
    assert AuditEntry.objects.filter(verb="release.carried_out", subject_id=case.pk).count() == 1
    clock_face.shift(3600)
    assert (ask_for_forgotten(), outbox.drain()) == (0, 0)
    assert Edition.objects.count() == 1


@pytest.mark.req("REV-29")
def test_moment_that_passes_during_the_review_releases_nothing_before_the_last_approval(world, clock_face):
    case = world.submitted(title=TITLE, channels=(world.news,))
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    approve_step(case, world.lead)
    clock_face.shift(2 * 3600)
    ask_for_forgotten()
    outbox.drain()
    assert Edition.objects.count() == 0
    approve_step(case, world.leader)
    outbox.drain()
    assert Edition.objects.get().published_at == clock.now()


def test_chosen_set_goes_out_in_one_transaction_at_the_same_second(world, clock_face):
    resources = [world.draft(channels=(world.news,), title=f"同时发布{number}") for number in range(3)]
    case = submit_batch(resources=resources, title="同时发布", actor=world.author)
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    world.decide_all(case)
    outbox.drain()
    assert LiveEdition.objects.count() == 0
    clock_face.shift(3600)
    outbox.drain()
    assert list(Edition.objects.values_list("published_at").distinct()) == [(clock.now(),)]
    assert Edition.objects.count() == 3


def test_set_of_which_one_cannot_go_out_goes_back_as_a_whole_with_the_reason(world, clock_face):
    resources = [
        world.draft(channels=(world.news,), title="可以发布"),
        world.draft(channels=(world.county_news,), title="栏目已关闭"),
    ]
    case = submit_batch(resources=resources, title="同时发布", actor=world.author)
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    world.decide_all(case)
    world.county_news.contributors.clear()
    clock_face.shift(3600)
    outbox.drain()
    assert Edition.objects.count() == 0
    assert set(Resource.objects.values_list("status", flat=True)) == {ResourceStatus.RETURNED}
    plan = PlannedRelease.objects.get()
    assert plan.state == PlanState.CANCELLED
    assert "栏目已关闭" in plan.note
    assert StaffNotice.objects.filter(person=world.author.person, topic="release.planned").count() == 1


@pytest.mark.req("LIB-16")
def test_withdrawal_cancels_the_planned_release_of_a_change(world, clock_face):
    resource = world.publish(channels=(world.news,))
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(title=TITLE),
        base_number=get_current_revision(resource).number,
        actor=world.author,
    )
    note_correction(resource, world.author)
    case = submit_for_review(resource=Resource.objects.get(pk=resource.pk), actor=world.author)
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    clock_face.shift(1)
    world.decide_all(case)
    world.withdraw(resource)
    assert PlannedRelease.objects.get().state == PlanState.CANCELLED
    clock_face.shift(7200)
    ask_for_forgotten()
    outbox.drain()
    assert LiveEdition.objects.count() == 0
    assert (occurrences(TITLE), occurrences(resource.title)) == ([], [])
    assert resource_of(case).status == ResourceStatus.RETURNED


def test_moment_is_moved_and_cancelled_by_leaders_once_somebody_approved(world, clock_face):
    case = planned(world)
    later = in_an_hour() + timedelta(hours=3)
    with pytest.raises(PlanRefused, match=world.unit_a.name):
        plan_release(case_id=case.pk, release_at=later, reason="推迟", actor=world.author)
    with pytest.raises(PlanRefused, match=world.unit_a.name):
        cancel_release(case_id=case.pk, reason="不发了", actor=world.other_leader)
    with pytest.raises(PlanRefused) as refusal:
        plan_release(case_id=case.pk, release_at=later, actor=world.leader)
    assert refusal.value.field == "reason"
    for _ in range(2):  # sent twice, it is moved once
        plan_release(case_id=case.pk, release_at=later, reason="推迟", actor=world.leader)
    assert AuditEntry.objects.filter(verb="release.moved").count() == 1
    clock_face.shift(3600)
    outbox.drain()
    assert Edition.objects.count() == 0
    with pytest.raises(PlanRefused) as refusal:
        cancel_release(case_id=case.pk, reason=" ", actor=world.leader)
    assert refusal.value.field == "reason"
    cancel_release(case_id=case.pk, reason="会议改期", actor=world.leader)
    clock_face.shift(5 * 3600)
    outbox.drain()
    assert Edition.objects.count() == 0
    assert resource_of(case).status == ResourceStatus.RETURNED
    verbs = AuditEntry.objects.filter(subject_type="case", subject_id=case.pk, verb__startswith="release.")
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == [
        "release.planned",
        "release.moved",
        "release.cancelled",
    ]
    with pytest.raises(PlanRefused):
        plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.leader)


def test_plans_without_sense_are_refused(world, monkeypatch):
    case = world.submitted(channels=(world.news,))
    for wrong in (clock.now(), clock.now() - timedelta(days=1), clock.now() + timedelta(days=400)):
        with pytest.raises(PlanRefused) as refusal:
            plan_release(case_id=case.pk, release_at=wrong, actor=world.author)
        assert refusal.value.field == "release_at"
    ReviewCase.objects.filter(pk=case.pk).update(item_count=MAX_TOGETHER + 1)
    with pytest.raises(PlanRefused, match="200"):
        plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    with pytest.raises(PlanRefused):
        cancel_release(case_id=case.pk, reason="x", actor=world.author)
    plan = PlannedRelease(
        case=case,
        release_at=in_an_hour(),
        planned_by=world.author,
        planned_at=clock.now(),
        state=PlanState.RELEASED,
        ended_at=clock.now(),
    )
    with pytest.raises(IntegrityError, match="not_early"), transaction.atomic():
        plan.save()


def test_case_taken_back_has_no_moment_any_more(world, clock_face):
    case = world.submitted(channels=(world.news,))
    plan_release(case_id=case.pk, release_at=in_an_hour(), actor=world.author)
    recall_case(case_id=case.pk, reason="还要改", actor=world.author)
    assert PlannedRelease.objects.get().state == PlanState.CANCELLED


def test_lost_row_and_a_clock_set_back_forget_no_release(world, clock_face):
    planned(world)
    OutboxMessage.objects.all().delete()
    assert ask_for_forgotten() == 1
    clock_face.move_to("2026-11-22 09:00:00+08:00")
    outbox.wake_after_clock_change()
    outbox.drain()
    assert Edition.objects.count() == 0
    clock_face.move_to(NINE)
    outbox.drain()
    assert Edition.objects.get().published_at == clock.now()


def test_clock_that_jumps_forward_for_a_moment_releases_nothing_early(world, clock_face, monkeypatch):
    machine = {"seconds": 1000.0}
    monkeypatch.setattr(steady_clock, "_seconds_since_start", lambda: machine["seconds"])
    monkeypatch.setattr(steady_clock, "WATCH", steady_clock.SteadyClock())
    worker = Worker()

    def work(*, clock_moves: float, machine_moves: float) -> None:
        clock_face.shift(clock_moves)
        machine["seconds"] += machine_moves
        while worker.run_once():
            pass

    planned(world)
    work(clock_moves=0, machine_moves=0)
    work(clock_moves=86_400, machine_moves=1)
    alarm = Alarm.objects.get(kind="clock_jumped")
    assert (alarm.state, Edition.objects.count()) == (AlarmState.OPEN, 0)
    work(clock_moves=-86_400, machine_moves=30)
    assert Edition.objects.count() == 0
    work(clock_moves=3_600, machine_moves=3_600)
    alarm.refresh_from_db()
    assert (alarm.state, Edition.objects.count()) == (AlarmState.OVER, 1)


def test_bulk_work_is_not_begun_within_seconds_of_a_moment(world, clock_face):
    planned(world)
    outbox.drain()
    outbox.request("publishing.home", world.portal.pk, priority=outbox.OutboxPriority.BULK)
    clock_face.shift(3598)
    assert outbox.claim("a") == []
    clock_face.shift(2)
    assert outbox.claim("a")[0].topic == "release.planned"

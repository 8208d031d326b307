"""How long releases take, and what waits in the lanes."""

import pytest
import time_machine

from jiyue.core import clock, outbox
from jiyue.core.models import OutboxMessage, OutboxPriority
from jiyue.publishing.work.batches import Work, open_batch
from jiyue.publishing.work.enums import BatchKind, BatchState
from jiyue.publishing.work.forgetting import forget_finished_work
from jiyue.publishing.work.models import BatchStep, PublicationTime, PublishingBatch, StepFailure
from jiyue.publishing.work.selectors import LaneDepth, latency_percentiles, queue_depth
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_time_is_taken_when_nothing_that_follows_from_the_release_is_left(world):
    with time_machine.travel("2026-11-22 09:00:00+08:00", tick=False) as clock_face:
        world.decide_all(world.submitted())
        clock_face.shift(2)
        outbox.drain()
        row = PublicationTime.objects.get()
        assert row.duration_ms == 2000
        assert not OutboxMessage.objects.filter(topic__startswith="publishing.", finished_at=None).exists()
        assert latency_percentiles(1) == {"p50": 2.0, "p95": 2.0, "p99": 2.0}
        clock_face.shift(2 * 3600)
        assert latency_percentiles(1) == {"p50": None, "p95": None, "p99": None}


def test_a_page_that_fails_keeps_the_time_open(world, monkeypatch):
    with time_machine.travel("2026-11-22 09:00:00+08:00", tick=False) as clock_face:
        world.decide_all(world.submitted(channels=(world.news,)))
        with monkeypatch.context() as patch:
            patch.setattr("jiyue.publishing.tasks.write_home", _fail)
            outbox.drain()
        assert PublicationTime.objects.get().live_at is None
        clock_face.shift(30)
        outbox.drain()
        assert PublicationTime.objects.get().duration_ms == 30_000


def _fail(*args):
    raise ValueError("broken template")


def test_depth_of_the_lanes_names_the_oldest_of_each(world):
    with time_machine.travel("2026-11-22 09:00:00+08:00", tick=False) as clock_face:
        outbox.request("publishing.home", 1, priority=OutboxPriority.BULK)
        clock_face.shift(60)
        outbox.request("publishing.home", 2, priority=OutboxPriority.BULK)
        outbox.request("publishing.home", 3, not_before=clock.now().replace(year=2027))
        assert queue_depth() == {
            "withdrawal": LaneDepth(0, 0),
            "urgent": LaneDepth(0, 0),
            "bulk": LaneDepth(2, 60),
        }


def test_ended_batches_and_times_of_long_ago_are_forgotten(world, settings):
    settings.JIYUE_FINISHED_WORK_DAYS = 90
    work = [Work("publishing.home", str(world.portal.pk))]
    with time_machine.travel("2026-08-01 09:00:00+08:00", tick=False) as clock_face:
        world.decide_all(world.submitted())
        outbox.drain()
        old = open_batch(kind=BatchKind.REBUILD, site_id=world.portal.pk, work=work)
        StepFailure.objects.create(step=old.steps.get(), reason="broken", failed_at=clock.now())
        PublishingBatch.objects.update(state=BatchState.DONE, finished_at=clock.now())
        clock_face.shift(89 * 86_400)
        assert list(forget_finished_work()) == []
        clock_face.shift(2 * 86_400)
        running = open_batch(kind=BatchKind.REBUILD, site_id=world.portal.pk, work=work)
        assert list(forget_finished_work()) == [1, 1, 1]
    assert not PublicationTime.objects.exists()
    assert [batch.pk for batch in PublishingBatch.objects.all()] == [running.pk]
    assert [step.batch_id for step in BatchStep.objects.all()] == [running.pk]

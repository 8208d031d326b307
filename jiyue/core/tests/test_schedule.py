"""Jobs of the schedule: when they come round, who runs them, what a failure leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import OperationalError

from jiyue.core import schedule
from jiyue.core.models import ScheduledJob
from jiyue.core.registries import Registry
from jiyue.core.schedule import LEASE_SECONDS, RETRY_MINUTES, Job, Scheduler, next_run_after
from jiyue.core.worker import Worker

pytestmark = pytest.mark.django_db
CHINA = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 12, tzinfo=CHINA)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Registry[Job]:
    """An empty registry in place of the platform's."""
    registry: Registry[Job] = Registry("jobs of a test")
    monkeypatch.setattr(schedule, "JOBS", registry)
    return registry


class Recorder:
    """A job of some steps that writes down what it did."""

    def __init__(self, steps: int = 2):
        self.done: list[int] = []
        self._steps = steps

    def __call__(self) -> Iterator[int]:
        for number in range(self._steps):
            self.done.append(number)
            yield number


def run_to_the_end(scheduler: Scheduler) -> None:
    while scheduler.run_step():
        pass


def row(name: str = "job") -> ScheduledJob:
    return ScheduledJob.objects.get(name=name)


def test_a_job_takes_one_step_at_a_time_and_then_waits_for_its_next_turn(jobs):
    work = Recorder(2)
    jobs.register("job", Job(work, every=timedelta(hours=1)))
    scheduler = Scheduler("worker 1")
    with time_machine.travel(NOON, tick=False) as traveller:
        assert scheduler.run_step()
        assert work.done == [0]
        run_to_the_end(scheduler)
        assert work.done == [0, 1]
        assert row().finished_at == NOON
        assert row().next_at == NOON + timedelta(hours=1)
        assert not scheduler.run_step()
        traveller.shift(timedelta(minutes=59))
        assert not scheduler.run_step()
        traveller.shift(timedelta(minutes=1))
        assert scheduler.run_step()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 21, 2, 59, tzinfo=CHINA), datetime(2026, 11, 21, 3, tzinfo=CHINA)),
        (datetime(2026, 11, 21, 3, 0, tzinfo=CHINA), datetime(2026, 11, 22, 3, tzinfo=CHINA)),
        (datetime(2026, 12, 31, 20, 0, tzinfo=UTC), datetime(2027, 1, 2, 3, tzinfo=CHINA)),
        (datetime(2028, 2, 28, 23, 0, tzinfo=CHINA), datetime(2028, 2, 29, 3, tzinfo=CHINA)),
    ],
)
def test_a_daily_job_runs_at_its_time_in_china(moment, expected):
    assert next_run_after(Job(Recorder(), at=time(3)), moment) == expected


def test_a_run_missed_while_nothing_ran_is_made_up_for_once(jobs):
    work = Recorder(1)
    jobs.register("job", Job(work, at=time(3)))
    ScheduledJob.objects.create(name="job", next_at=NOON - timedelta(days=5))
    with time_machine.travel(NOON, tick=False):
        run_to_the_end(Scheduler("worker 1"))
    assert work.done == [0]
    assert row().next_at == datetime(2026, 11, 22, 3, tzinfo=CHINA)


def test_two_workers_never_run_the_same_job_at_once(jobs):
    first, second = Scheduler("worker 1"), Scheduler("worker 2")
    jobs.register("job", Job(Recorder(3)))
    with time_machine.travel(NOON, tick=False):
        assert first.run_step()
        assert not second.run_step()
        run_to_the_end(first)
        assert not second.run_step()


def test_a_worker_that_saw_the_job_due_does_not_repeat_what_another_has_just_finished(jobs):
    jobs.register("job", Job(Recorder(1)))
    second = Scheduler("worker 2")
    with time_machine.travel(NOON, tick=False):
        ScheduledJob.objects.create(name="job", next_at=NOON)
        run_to_the_end(Scheduler("worker 1"))
        assert not second._claim("job", NOON, NOON)


def test_the_job_of_a_dead_worker_is_taken_over_when_its_lease_runs_out(jobs):
    work = Recorder(3)
    jobs.register("job", Job(work))
    dead, heir = Scheduler("worker 1"), Scheduler("worker 2")
    with time_machine.travel(NOON, tick=False) as traveller:
        dead.run_step()
        traveller.shift(timedelta(seconds=LEASE_SECONDS + 1))
        run_to_the_end(heir)
        assert work.done == [0, 0, 1, 2]
        assert dead.run_step()  # it wakes up, sees that the job is another's and lets go
        assert not dead.run_step()
    assert row().lease_owner == ""


def test_a_clock_set_back_neither_stops_a_job_nor_keeps_a_lease(jobs):
    work = Recorder(1)
    jobs.register("job", Job(work, every=timedelta(hours=1)))
    ScheduledJob.objects.create(
        name="job",
        next_at=NOON + timedelta(days=900),
        lease_owner="worker 0",
        lease_until=NOON + timedelta(days=900),
    )
    with time_machine.travel(NOON, tick=False):
        run_to_the_end(Scheduler("worker 1"))
    assert work.done == [0]
    assert row().next_at == NOON + timedelta(hours=1)


def test_a_failing_job_shows_its_error_is_tried_again_soon_and_stops_no_other(jobs):
    def failing() -> Iterator[int]:
        yield 1
        raise RuntimeError("the disk is full")

    work = Recorder(1)
    jobs.register("failing", Job(failing))
    jobs.register("sound", Job(work))
    with time_machine.travel(NOON, tick=False):
        run_to_the_end(Scheduler("worker 1"))
    assert "the disk is full" in row("failing").last_error
    assert row("failing").next_at == NOON + timedelta(minutes=RETRY_MINUTES)
    assert work.done == [0]
    assert row("sound").last_error == ""


def test_a_failure_that_cannot_be_written_down_is_not_taken_for_success(jobs, monkeypatch):
    def failing() -> Iterator[int]:
        yield from ()
        raise OperationalError("the database is away")

    jobs.register("job", Job(failing))
    scheduler = Scheduler("worker 1")
    with time_machine.travel(NOON, tick=False) as traveller:
        with monkeypatch.context() as patch:

            def away(*args: object, **values: object) -> None:
                raise OperationalError("the database is away")

            patch.setattr(schedule.JOBS, "get", away)
            with pytest.raises(OperationalError):
                scheduler.run_step()
        assert not scheduler.run_step()  # the lease still stands
        assert row().finished_at is None
        traveller.shift(timedelta(seconds=LEASE_SECONDS + 1))
        assert scheduler.run_step()
    assert "away" in row().last_error


def test_a_worker_takes_scheduled_steps_between_its_other_work(jobs):
    work = Recorder(2)
    jobs.register("job", Job(work))
    worker = Worker()
    worker.run_once()
    worker.run_once()
    worker.run_once()
    assert work.done == [0, 1]
    assert row().finished_at is not None

"""Side effects as rows: joined, claimed once, retried, never lost."""

import errno
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from jiyue.core import clock, finished_work, outbox
from jiyue.core.errors import ExternalFailure
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus

pytestmark = pytest.mark.django_db


class Recorder:
    """A handler that remembers its calls and fails when told to."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.error: Exception | None = None

    def __call__(self, keys: Sequence[str]) -> None:
        self.calls.append(list(keys))
        if self.error:
            raise self.error


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    handler = Recorder()
    topics = {"test.one": outbox.Topic(handler, 1), "test.many": outbox.Topic(handler, 50)}
    monkeypatch.setattr(outbox.TOPICS, "_entries", topics)
    return handler


def test_request_joins_a_waiting_row_and_the_more_urgent_priority_wins() -> None:
    outbox.request("test.one", 7, priority=OutboxPriority.BULK)
    outbox.request("test.one", 7, priority=OutboxPriority.WITHDRAWAL)
    outbox.request("test.one", 7, priority=OutboxPriority.URGENT)
    message = OutboxMessage.objects.get()
    assert (message.requests, message.priority) == (3, OutboxPriority.WITHDRAWAL)


def test_request_goes_with_its_transaction() -> None:
    class Undo(Exception):
        pass

    def ask_and_fail() -> None:
        with transaction.atomic():
            outbox.request("test.one", 1)
            raise Undo

    with pytest.raises(Undo):
        ask_and_fail()
    assert not OutboxMessage.objects.exists()


def test_withdrawals_overtake_urgent_and_bulk_work(recorder: Recorder) -> None:
    outbox.request("test.one", "bulk", priority=OutboxPriority.BULK)
    outbox.request("test.one", "urgent")
    outbox.request("test.one", "withdrawal", priority=OutboxPriority.WITHDRAWAL)
    assert outbox.drain() == 3
    assert recorder.calls == [["withdrawal"], ["urgent"], ["bulk"]]


def test_batch_topics_get_many_keys_at_once(recorder: Recorder) -> None:
    for key in range(60):
        outbox.request("test.many", key)
    outbox.drain()
    assert [len(call) for call in recorder.calls] == [50, 10]


def test_request_made_during_the_work_is_carried_out_afterwards(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    claimed = outbox.claim("a")
    outbox.request("test.one", 1)
    assert outbox.claim("b") == []
    outbox.carry_out(claimed)
    assert outbox.drain("b") == 1


def test_claimed_rows_are_not_claimed_again(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    assert len(outbox.claim("a")) == 1
    assert outbox.claim("b") == []


def test_failed_batch_is_retried_row_by_row_with_growing_delay(recorder: Recorder) -> None:
    for key in (1, 2):
        outbox.request("test.many", key)
    recorder.error = RuntimeError("store away")
    assert outbox.drain() == 2
    assert outbox.drain() == 0
    recorder.error = None
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        assert outbox.drain() == 2
    assert recorder.calls[1:] == [["1"], ["2"]]
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {OutboxStatus.DONE}


def test_permanent_failure_ends_at_once_and_can_be_retried_by_hand(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    recorder.error = ExternalFailure("refused for good", permanent=True)
    outbox.drain()
    message = OutboxMessage.objects.get()
    assert message.status == OutboxStatus.FAILED
    assert "refused for good" in message.last_error
    recorder.error = None
    assert outbox.retry_failed([message.pk]) == 1
    assert outbox.drain() == 1


def test_attempts_end_and_leave_a_visible_failure(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    recorder.error = RuntimeError("always")
    moment = clock.now()
    for _ in range(outbox.MAX_ATTEMPTS):
        moment += timedelta(hours=1)
        with time_machine.travel(moment):
            outbox.drain()
    message = OutboxMessage.objects.get()
    assert (message.status, message.attempts) == (OutboxStatus.FAILED, outbox.MAX_ATTEMPTS)


def test_rows_of_a_dead_worker_on_this_host_come_back_at_once(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    host = outbox.worker_name().rpartition(":")[0]
    outbox.claim(f"{host}:{2**22 + 1}")  # beyond the largest process number
    assert outbox.release_dead_leases() == 1
    assert outbox.drain() == 1


def test_rows_of_a_worker_elsewhere_come_back_when_the_lease_ran_out(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    outbox.claim("elsewhere:1")
    assert outbox.release_dead_leases() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=outbox.LEASE_SECONDS + 1)):
        assert outbox.release_dead_leases() == 1


def test_dead_workers_row_gives_way_to_a_newer_request(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    outbox.claim("elsewhere:1")
    outbox.request("test.one", 1)
    with time_machine.travel(clock.now() + timedelta(seconds=outbox.LEASE_SECONDS + 1)):
        assert outbox.release_dead_leases() == 1
        assert outbox.drain() == 1


def test_failed_row_with_a_waiting_twin_is_retried_by_the_twin(recorder: Recorder) -> None:
    recorder.error = ExternalFailure("refused for good", permanent=True)
    for _ in range(2):
        outbox.request("test.one", 1)
        outbox.drain()
    failed = list(OutboxMessage.objects.values_list("pk", flat=True))
    recorder.error = None
    assert outbox.retry_failed(failed) == 2
    assert outbox.drain() == 1
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {OutboxStatus.DONE}


def test_failure_meeting_a_newer_request_gives_way_to_it(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    claimed = outbox.claim("a")
    outbox.request("test.one", 1)
    recorder.error = RuntimeError("store away")
    outbox.carry_out(claimed)
    assert sorted(OutboxMessage.objects.values_list("status", flat=True)) == ["done", "pending"]


def test_work_whose_lease_was_given_away_leaves_the_row_to_its_new_holder(recorder: Recorder) -> None:
    """A request that joined meanwhile must not be marked done by work begun before it."""
    outbox.request("test.one", 1)
    slow = outbox.claim("elsewhere:1")
    with time_machine.travel(clock.now() + timedelta(seconds=outbox.LEASE_SECONDS + 1)):
        assert outbox.release_dead_leases() == 1
        outbox.request("test.one", 1)
        outbox.carry_out(slow)
        recorder.error = RuntimeError("late failure")
        outbox.carry_out(slow)
        message = OutboxMessage.objects.get()
        assert (message.status, message.requests, message.last_error) == (OutboxStatus.PENDING, 2, "")


def test_row_of_a_topic_nobody_knows_fails_visibly_and_holds_up_nothing(recorder: Recorder) -> None:
    outbox.request("test.unknown", 1)
    outbox.request("test.one", 2)
    assert outbox.drain() == 2
    assert recorder.calls == [["2"]]
    assert "test.unknown" in OutboxMessage.objects.get(topic="test.unknown").last_error


def test_row_that_kills_every_worker_ends_as_a_visible_failure(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    OutboxMessage.objects.update(attempts=outbox.MAX_CLAIMS - 1)
    assert outbox.claim("me:1")
    assert outbox.release_dead_leases(idle_owner="me:1") == 1
    assert OutboxMessage.objects.get().status == OutboxStatus.FAILED


def test_restarted_worker_with_the_same_name_takes_its_rows_back_at_once(recorder: Recorder) -> None:
    """In a container the host name and process number are the same after a restart."""
    outbox.request("test.one", 1)
    outbox.claim(outbox.worker_name())
    assert outbox.release_dead_leases() == 0
    assert outbox.release_dead_leases(idle_owner=outbox.worker_name()) == 1


def test_reason_of_a_failure_is_kept_without_characters_no_database_stores(recorder: Recorder) -> None:
    outbox.request("test.one", 1)
    recorder.error = RuntimeError("half\ud800 nul\x00")
    outbox.drain()
    assert OutboxMessage.objects.get().last_error == "RuntimeError: half nul"


def test_topic_of_another_worker_is_left_alone_and_holds_nothing_up(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = {**outbox.TOPICS._entries, "test.theirs": outbox.Topic(recorder, 1, lambda: False)}
    monkeypatch.setattr(outbox.TOPICS, "_entries", topics)
    for key in range(outbox.CANDIDATES + 1):
        outbox.request("test.theirs", key, priority=OutboxPriority.WITHDRAWAL)
    outbox.request("test.one", "ours", priority=OutboxPriority.BULK)
    assert outbox.drain() == 1
    assert recorder.calls == [["ours"]]


def test_rows_made_while_the_clock_was_ahead_go_on_after_it_is_set_back(recorder: Recorder) -> None:
    with time_machine.travel("2030-05-01 09:00:00+08:00", tick=False):
        outbox.request("test.one", 1)
        assert outbox.claim("another-host:7")
        outbox.request("test.one", 2)
    with time_machine.travel("2030-01-01 09:00:00+08:00", tick=False):
        assert outbox.drain("a") == 0
        assert (outbox.release_dead_leases(), outbox.wake_after_clock_change()) == (1, 2)
        outbox.drain("a")
    assert sorted(recorder.calls) == [["1"], ["2"]]


def test_row_with_a_moment_waits_for_it(recorder: Recorder) -> None:
    with time_machine.travel("2030-01-01 09:00:00+08:00", tick=False) as clock_face:
        outbox.request("test.one", 1, not_before=clock.now() + timedelta(seconds=90))
        clock_face.shift(89)
        assert (outbox.drain("a"), outbox.wake_after_clock_change()) == (0, 0)
        clock_face.shift(1)
        assert outbox.drain("a") == 1


def test_full_disk_never_uses_up_the_attempts(recorder: Recorder) -> None:
    recorder.error = OSError(errno.ENOSPC, "No space left on device")
    with time_machine.travel("2030-01-01 09:00:00+08:00", tick=False) as clock_face:
        outbox.request("test.many", 1)
        for _attempt in range(2 * outbox.MAX_CLAIMS):
            outbox.drain("a")
            clock_face.shift(outbox.ENVIRONMENT_SECONDS)
        message = OutboxMessage.objects.get()
        assert message.status == OutboxStatus.PENDING
        assert "No space left" in message.last_error
        recorder.error = FileNotFoundError(errno.ENOENT, "no such template")
        outbox.drain("a")
        assert OutboxMessage.objects.get().attempts == 1  # that one is counted


def test_helper_claims_only_its_topics(recorder: Recorder) -> None:
    outbox.request("test.many", 1)
    outbox.request("test.one", 2)
    assert [message.key for message in outbox.claim("a", topics=["test.one"])] == ["2"]
    assert outbox.claim("a", topics=["test.one"]) == []


def test_side_effects_done_long_ago_are_forgotten_and_failed_ones_stay(recorder, settings, monkeypatch):
    monkeypatch.setattr(finished_work, "ROWS", 1)
    settings.JIYUE_FINISHED_WORK_DAYS = 90
    with time_machine.travel("2026-11-22 09:00:00+08:00", tick=False) as clock_face:
        for key in ("old", "older", "broken", "new"):
            outbox.request("test.one", key)
        outbox.drain()
        OutboxMessage.objects.filter(key="broken").update(status=OutboxStatus.FAILED)
        clock_face.shift(timedelta(days=90, seconds=1))
        OutboxMessage.objects.filter(key="new").update(finished_at=clock.now())
        outbox.request("test.one", "waiting")
        assert list(finished_work.forget_side_effects()) == [1, 1]
        assert set(OutboxMessage.objects.values_list("key", flat=True)) == {"broken", "new", "waiting"}

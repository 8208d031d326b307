"""Citizens' input: handled once, retried while there is hope, never lost."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError, connection

from jiyue.core import clock, inbox
from jiyue.core.models import InboxSubmission

pytestmark = pytest.mark.django_db(databases="__all__")


class Receiver:
    """A handler that remembers what it got and fails when told to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.error: Exception | None = None
        self.meanwhile: Callable[[], object] | None = None

    def __call__(self, submission: inbox.Submission) -> None:
        if self.meanwhile:
            self.meanwhile()
        if self.error:
            raise self.error
        self.texts.append(submission.fields["text"])


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    handler = Receiver()
    monkeypatch.setattr(inbox.HANDLERS, "_entries", {"test": handler})
    return handler


def send(text: str) -> uuid.UUID:
    number = uuid.uuid4()
    assert inbox.store(submission_id=number, topic="test", site_key="shi", fields={"text": text})
    return number


def later(**delay: float) -> int:
    with time_machine.travel(clock.now() + timedelta(**delay)):
        return inbox.process()


def test_temporary_failure_is_tried_again_and_nothing_is_lost(receiver: Receiver) -> None:
    number = send("路灯不亮")
    receiver.error = OperationalError("database is locked")
    assert inbox.process() == 0
    waiting = InboxSubmission.objects.get(pk=number, processed_at=None)
    assert "locked" in waiting.failure
    receiver.error = None
    assert inbox.process() == 0  # not due yet
    assert later(seconds=5) == 1
    row = InboxSubmission.objects.get(pk=number)
    assert row.processed_at
    assert row.failure == ""
    assert receiver.texts == ["路灯不亮"]


def test_failure_outside_the_submission_never_ends_the_attempts(receiver: Receiver) -> None:
    send("路灯不亮")
    receiver.error = OperationalError("away for days")
    for day in range(20):
        later(days=day)
    receiver.error = None
    assert later(days=21) == 1


def test_attempts_of_a_submission_nobody_can_handle_end_visibly_and_start_again_by_hand(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    number = send("无法处理")
    receiver.error = ValueError("no such site")
    for day in range(inbox.MAX_ATTEMPTS):
        later(days=day)
    assert [row.pk for row in inbox.list_failed()] == [number]
    assert later(days=30) == 0
    call_command("inbox")
    listed = capsys.readouterr().out
    assert "no such site" in listed
    assert "无法处理" not in listed
    receiver.error = None
    call_command("inbox", "--retry", str(number))
    assert inbox.process() == 1
    assert not inbox.list_failed().exists()


def test_submission_that_cannot_be_opened_waits_for_a_person_at_once(receiver: Receiver) -> None:
    number = send("密文")
    InboxSubmission.objects.update(sealed=b"\x00\x02damaged")
    assert inbox.process() == 0
    assert [row.pk for row in inbox.list_failed()] == [number]
    assert inbox.retry_failed([number]) == 1


def test_second_worker_leaves_a_submission_to_the_one_that_took_it(receiver: Receiver) -> None:
    send("一次")
    row = InboxSubmission.objects.get()
    receiver.meanwhile = lambda: receiver.texts.extend(["twice"] * inbox.process())
    assert inbox.process() == 1
    assert receiver.texts == ["一次"]
    assert not inbox._claim(row)


def test_submission_of_a_worker_that_died_comes_back_after_its_lease(receiver: Receiver) -> None:
    send("断电")
    assert inbox._claim(InboxSubmission.objects.get())
    assert inbox.process() == 0
    assert later(seconds=inbox.LEASE_SECONDS + 1) == 1


def test_failing_submission_does_not_hold_up_the_others(receiver: Receiver) -> None:
    InboxSubmission.objects.filter(pk=send("坏")).update(topic="nobody")
    send("好")
    assert inbox.process() == 1
    assert receiver.texts == ["好"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_what_a_room_makes_of_a_submission_is_on_disk_before_the_inbox_says_handled(
    receiver: Receiver,
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("one database holds both: one commit order")
    levels: list[int] = []

    def note_level() -> None:
        with connection.cursor() as cursor:
            levels.append(cursor.execute("PRAGMA synchronous").fetchone()[0])

    receiver.meanwhile = note_level
    send("停电之前")
    assert inbox.process() == 1
    note_level()
    full, normal = 2, 1
    assert levels == [full, normal]

"""Several workers side by side, and one that meets a failing database."""

import pytest
from django.db import OperationalError

from jiyue.core import audit, outbox
from jiyue.core.models import AuditSeal, OutboxMessage, OutboxStatus
from jiyue.core.worker import Worker
from tests.plumbing.processes import at_once


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sealers_of_several_workers_neither_fail_nor_fork_the_chain() -> None:
    audit.record_many(
        actor=audit.PLATFORM, verb="test", facts=[audit.Fact("thing", number, {}) for number in range(500)]
    )
    sealed = at_once(*[audit.seal_entries] * 4)
    assert sum(sealed) == AuditSeal.objects.count() == 500
    assert audit.verify().breaches == ()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_and_writers_side_by_side_carry_out_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def fail_every_third_time(keys: object) -> None:
        calls.append(str(keys))
        if len(calls) % 3 == 0:
            raise OperationalError("away")

    monkeypatch.setattr(outbox.TOPICS, "_entries", {"test": outbox.Topic(fail_every_third_time, 5)})
    monkeypatch.setattr(outbox, "RETRY_DELAYS_SECONDS", (0,))
    monkeypatch.setattr(outbox, "ENVIRONMENT_SECONDS", 0)  # the database is such a matter

    def work() -> int:
        for key in range(40):
            outbox.request("test", key % 4)
            outbox.drain(f"elsewhere:{id(work)}")
        return 1

    assert at_once(*[work] * 4) == [1, 1, 1, 1]
    outbox.drain("last")
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {OutboxStatus.DONE}


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("error", [OperationalError("away"), OSError("disk full")])
def test_worker_outlives_a_failing_database_and_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    worker, rounds = Worker(), []

    def run_once() -> bool:
        rounds.append(1)
        if len(rounds) == 1:
            raise error
        worker.is_stopping = True
        return True

    monkeypatch.setattr("jiyue.core.worker.signal.signal", lambda *_: None)
    monkeypatch.setattr("jiyue.core.worker.time.sleep", lambda _: None)
    monkeypatch.setattr("jiyue.core.worker.close_old_connections", lambda: None)
    monkeypatch.setattr(worker, "run_once", run_once)
    worker.run()
    assert len(rounds) == 2


@pytest.mark.django_db(databases="__all__")
def test_starting_worker_seals_whatever_an_earlier_one_left() -> None:
    audit.record_many(
        actor=audit.PLATFORM, verb="test", facts=[audit.Fact("thing", number, {}) for number in range(2500)]
    )
    Worker().run_once()
    assert audit.verify().unsealed == 0

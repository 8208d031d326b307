"""A change takes two persons: who may decide, what they saw, and what the database holds by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import clock, two_person
from jiyue.core.audit import PLATFORM, AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, ChangeStatus, TwoPersonChange
from tests.plumbing.processes import at_once

ANNA = AuditActor(account_id=1, person_id=1, person_name="甲")
ANNA_AGAIN = AuditActor(account_id=2, person_id=1, person_name="甲")
BERT = AuditActor(account_id=3, person_id=2, person_name="乙")
CARL = AuditActor(account_id=4, person_id=3, person_name="丙")
OUTSIDER = AuditActor(account_id=5, person_id=4, person_name="丁")
TOPIC = "test.lamp"


class NotYours(DomainError):
    code = "not_yours"


class Lamp:
    """A topic that switches a lamp; the outsider may not touch it."""

    label = "lamp"

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.is_broken = False

    def refusal(self, change, actor):
        return NotYours("not yours") if actor.person_id == OUTSIDER.person_id else None

    def describe(self, change):
        return [("lamp", "off", str(change.payload["state"]))]

    def apply(self, change, actor):
        if self.is_broken:
            raise NotYours("broken")
        self.applied.append(change.pk)


@pytest.fixture
def lamp(monkeypatch) -> Iterator[Lamp]:
    topic = Lamp()
    monkeypatch.setitem(two_person.TOPICS._entries, TOPIC, topic)
    return topic


def _propose(actor: AuditActor = ANNA, key: str = "1", **values) -> TwoPersonChange:
    defaults = {
        "topic": TOPIC,
        "subject_type": "lamp",
        "subject_key": key,
        "title": "Switch the lamp on",
        "payload": {"state": "on"},
        "reason": "it is dark",
    }
    return two_person.propose(**{**defaults, **values}, actor=actor)


def _approve(change: TwoPersonChange, actor: AuditActor = BERT, **values) -> TwoPersonChange:
    return two_person.approve(change_id=change.pk, **{"seen_digest": change.digest, **values}, actor=actor)


def _verbs(change: TwoPersonChange) -> list[str]:
    entries = AuditEntry.objects.filter(subject_type="two_person_change", subject_id=str(change.pk))
    return list(entries.order_by("pk").values_list("verb", flat=True))


@pytest.mark.django_db
def test_second_person_approves_and_the_change_is_carried_out_once(lamp) -> None:
    change = _approve(_propose(), opinion="fine")
    assert lamp.applied == [change.pk]
    assert (change.status, change.decider_person_id, change.opinion) == ("approved", BERT.person_id, "fine")
    assert _verbs(change) == ["change.proposed", "change.approved"]


@pytest.mark.django_db
@pytest.mark.parametrize("actor", [ANNA, ANNA_AGAIN, PLATFORM], ids=["same", "second account", "platform"])
def test_the_same_person_never_decides_whatever_the_account(lamp, actor) -> None:
    change = _propose()
    assert two_person.decision_refusal(change, actor).code == "same_person"
    for decide in (two_person.approve, two_person.refuse):
        with pytest.raises(two_person.SamePerson):
            decide(change_id=change.pk, seen_digest=change.digest, opinion="I agree", actor=actor)
    assert lamp.applied == []
    assert _verbs(change) == ["change.proposed"]


@pytest.mark.django_db
def test_whoever_the_topic_refuses_decides_nothing(lamp) -> None:
    change = _propose()
    with pytest.raises(NotYours):
        _approve(change, OUTSIDER)
    change.refresh_from_db()
    assert change.status == ChangeStatus.WAITING


@pytest.mark.django_db
def test_decision_on_another_state_than_the_one_seen_is_refused(lamp) -> None:
    change = _propose()
    with pytest.raises(two_person.ChangeRefused):
        _approve(change, seen_digest="0" * 64)
    assert lamp.applied == []


@pytest.mark.django_db
def test_nobody_decides_twice(lamp) -> None:
    change = _approve(_propose())
    with pytest.raises(two_person.ChangeDecided):
        _approve(change, CARL)
    with pytest.raises(two_person.ChangeDecided):
        two_person.refuse(change_id=change.pk, seen_digest=change.digest, opinion="no", actor=CARL)
    with pytest.raises(two_person.ChangeDecided):
        two_person.withdraw(change_id=change.pk, actor=ANNA)
    assert lamp.applied == [change.pk]


@pytest.mark.django_db
def test_refusal_needs_an_opinion_and_changes_nothing(lamp) -> None:
    change = _propose()
    with pytest.raises(two_person.ReasonNeeded):
        two_person.refuse(change_id=change.pk, seen_digest=change.digest, opinion="  ", actor=BERT)
    two_person.refuse(change_id=change.pk, seen_digest=change.digest, opinion="too bright", actor=BERT)
    assert lamp.applied == []
    assert _verbs(change) == ["change.proposed", "change.refused"]


@pytest.mark.django_db
def test_a_change_that_cannot_be_carried_out_stays_undecided(lamp) -> None:
    change = _propose()
    lamp.is_broken = True
    with pytest.raises(NotYours):
        _approve(change)
    change.refresh_from_db()
    assert (change.status, change.decider_person_id) == (ChangeStatus.WAITING, None)
    assert _verbs(change) == ["change.proposed"]


@pytest.mark.django_db
def test_only_the_proposer_takes_a_proposal_back_from_any_account(lamp) -> None:
    change = _propose()
    assert two_person.withdrawal_refusal(change, BERT).code == "same_person"
    with pytest.raises(two_person.SamePerson):
        two_person.withdraw(change_id=change.pk, actor=BERT)
    two_person.withdraw(change_id=change.pk, actor=ANNA_AGAIN)
    assert _verbs(change) == ["change.proposed", "change.withdrawn"]
    assert _propose().status == ChangeStatus.WAITING  # the way is free again


@pytest.mark.django_db
def test_one_proposal_for_one_thing_waits_at_a_time(lamp) -> None:
    change = _propose()
    with pytest.raises(two_person.AlreadyProposed):
        _propose(BERT)
    _propose(BERT, key="2")
    _approve(change)
    _propose(BERT)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", " \n", "x" * (two_person.MAX_REASON_CHARS + 1)])
def test_a_proposal_needs_a_reason_of_bearable_length(lamp, reason) -> None:
    with pytest.raises(two_person.ReasonNeeded) as caught:
        _propose(reason=reason)
    assert caught.value.field == "reason"


@pytest.mark.django_db
def test_the_platform_itself_proposes_nothing_and_unknown_topics_fail(lamp) -> None:
    with pytest.raises(two_person.SamePerson):
        _propose(PLATFORM)
    with pytest.raises(LookupError, match="no such topic"):
        _propose(topic="no such topic")


def _row(**values) -> dict[str, object]:
    defaults = {
        "topic": TOPIC,
        "subject_type": "lamp",
        "subject_key": "9",
        "title": "t",
        "payload": {},
        "digest": "d",
        "reason": "r",
        "proposer_account_id": 1,
        "proposer_person_id": 1,
        "proposer_name": "甲",
        "proposed_at": clock.now(),
    }
    return {**defaults, **values}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"status": "approved", "decider_person_id": 1, "decider_account_id": 2},
        {"status": "approved"},
        {"status": "refused"},
    ],
    ids=["same person", "approved by nobody", "refused by nobody"],
)
def test_the_database_itself_refuses_rows_without_a_second_person(values) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TwoPersonChange.objects.create(**_row(**values))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [{"payload": {"state": "off"}}, {"digest": "other"}, {"proposer_person_id": 7}, {"topic": "other"}],
)
def test_a_trigger_keeps_what_was_proposed(lamp, values) -> None:
    change = _propose()
    with pytest.raises(IntegrityError), transaction.atomic():
        TwoPersonChange.objects.filter(pk=change.pk).update(**values)


@pytest.mark.django_db
def test_a_trigger_keeps_decided_rows_and_lets_none_be_deleted(lamp) -> None:
    waiting, decided = _propose(key="1"), _approve(_propose(key="2"))
    with pytest.raises(IntegrityError), transaction.atomic():
        TwoPersonChange.objects.filter(pk=decided.pk).update(status="waiting", decider_person_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        TwoPersonChange.objects.filter(pk=decided.pk).update(opinion="other")
    for change in (waiting, decided):
        with pytest.raises(IntegrityError), transaction.atomic():
            TwoPersonChange.objects.filter(pk=change.pk).delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides(lamp) -> None:
    change = _propose()

    def decide(actor: AuditActor) -> str:
        try:
            _approve(change, actor)
        except two_person.ChangeDecided:
            return "too late"
        return "approved"

    outcomes = at_once(partial(decide, BERT), partial(decide, CARL))
    assert sorted(outcomes) == ["approved", "too late"]
    assert lamp.applied == [change.pk]


@pytest.mark.django_db
def test_moments_come_from_the_server(lamp) -> None:
    change = _approve(_propose())
    assert isinstance(change.decided_at, datetime)
    assert timedelta(0) <= change.decided_at - change.proposed_at < timedelta(minutes=1)

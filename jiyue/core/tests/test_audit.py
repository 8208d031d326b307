"""The audit trail: entries stay, and any tampering behind the platform's back is found."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction

from jiyue.core import audit, clock, two_person
from jiyue.core.audit.sealing import _append_head
from jiyue.core.models import AuditEntry, AuditSeal, AuditText, TwoPersonChange

pytestmark = pytest.mark.django_db

ACTOR = audit.AuditActor(1, 1, "甲", 1, "市政府办公室", "127.0.0.1")


def write(count: int) -> None:
    for number in range(count):
        audit.record(actor=ACTOR, verb="test", subject_type="thing", subject_id=number, 意见=f"第{number}条")


def without_triggers(sql: str, *parameters: object) -> None:
    """Do what a database administrator could do behind the platform's back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, parameters)
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'core_audit%%'"
        )
        triggers = cursor.fetchall()
        for name, _create in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(sql, parameters)
        for _name, create in triggers:
            cursor.execute(create)


def reasons() -> set[str]:
    return {breach.reason for breach in audit.verify().breaches}


@pytest.mark.req("REV-03", "SEC-11")
@pytest.mark.parametrize("table", ["core_auditentry", "core_auditseal"])
def test_entries_and_seals_can_be_neither_changed_nor_deleted(table: str) -> None:
    write(1)
    audit.seal_entries()
    with connection.cursor() as cursor:
        for sql in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET {'verb' if 'entry' in table else 'digest'} = 'x'",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(sql)


def test_untouched_trail_verifies_and_reports_its_unsealed_tail() -> None:
    write(5)
    assert audit.seal_entries() == 5
    write(2)
    report = audit.verify()
    assert (report.sealed, report.unsealed, report.breaches) == (5, 2, ())


@pytest.mark.req("SEC-11")
@pytest.mark.parametrize("position", [1, 3, 5])
def test_changed_entry_is_found_wherever_it_lies(position: int) -> None:
    write(5)
    audit.seal_entries()
    entry = AuditSeal.objects.get(position=position).entry_id
    without_triggers("UPDATE core_auditentry SET person_id = 99 WHERE id = %s", entry)
    breaches = audit.verify().breaches
    assert [(breach.position, breach.reason) for breach in breaches] == [(position, "changed")]


@pytest.mark.req("SEC-11")
@pytest.mark.parametrize("position", [1, 3, 5])
def test_removed_entry_is_found_wherever_it_lay(position: int) -> None:
    write(5)
    audit.seal_entries()
    entry = AuditSeal.objects.get(position=position).entry_id
    without_triggers("DELETE FROM core_audittext WHERE entry_id = %s", entry)
    without_triggers("DELETE FROM core_auditentry WHERE id = %s", entry)
    assert reasons() == {"removed"}


def test_newest_entries_cut_off_together_with_their_seals_are_missed_by_the_signed_heads() -> None:
    write(3)
    audit.seal_entries()
    write(2)
    audit.seal_entries()
    for entry in AuditSeal.objects.filter(position__gt=3).values_list("entry_id", flat=True):
        without_triggers("DELETE FROM core_audittext WHERE entry_id = %s", entry)
        without_triggers("DELETE FROM core_auditseal WHERE entry_id = %s", entry)
        without_triggers("DELETE FROM core_auditentry WHERE id = %s", entry)
    assert reasons() == {"cut_off"}


def test_chain_rebuilt_without_the_private_key_carries_a_false_signature() -> None:
    write(1)
    audit.seal_entries()
    without_triggers("UPDATE core_auditseal SET signature = %s", "00" * 70)
    assert "bad_signature" in reasons()


def test_changed_text_is_found() -> None:
    write(2)
    audit.seal_entries()
    text = AuditText.objects.order_by("pk")[1]
    without_triggers(
        "UPDATE core_audittext SET body = %s WHERE entry_id = %s",
        text.body.replace("第1条", "第2条"),
        text.pk,
    )
    assert reasons() == {"text_changed"}


def test_database_allows_no_change_of_a_text_but_its_erasure() -> None:
    write(1)
    for change in ({"body": ""}, {"body": "改", "erased_at": clock.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditText.objects.update(**change)


class Erasure:
    """What a room registers for erasures; here anybody may decide."""

    label = "erase"

    def refusal(self, change, actor):
        return None

    def describe(self, change):
        return []

    def apply(self, change, actor):
        audit.erase_text(change=change, actor=actor)


SECOND = audit.AuditActor(2, 2, "乙", 1, "市政府办公室", "127.0.0.1")


def propose_erasure(entry_id: int) -> TwoPersonChange:
    return two_person.propose(
        topic=audit.ERASURE_TOPIC,
        subject_type=audit.ERASURE_SUBJECT,
        subject_key=entry_id,
        title="erase",
        payload={},
        reason="个人信息保护法第四十七条",
        actor=ACTOR,
    )


@pytest.fixture
def erasure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(two_person.TOPICS._entries, audit.ERASURE_TOPIC, Erasure())


def test_text_erased_by_two_persons_leaves_a_tombstone_that_verifies(erasure: None) -> None:
    write(2)
    audit.seal_entries()
    entry = AuditEntry.objects.first()
    change = propose_erasure(entry.pk)
    with pytest.raises(two_person.SamePerson):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=ACTOR)
    assert AuditText.objects.get(pk=entry.pk).body
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=SECOND)
    audit.seal_entries()
    assert AuditText.objects.get(pk=entry.pk).body == ""
    assert AuditEntry.objects.get(verb=audit.ERASED).subject_id == str(entry.pk)
    assert reasons() == set()
    again = propose_erasure(entry.pk)
    with pytest.raises(audit.ErasureRefused):
        two_person.approve(change_id=again.pk, seen_digest=again.digest, actor=SECOND)


def test_text_is_not_erased_by_one_person(erasure: None) -> None:
    write(1)
    change = propose_erasure(AuditEntry.objects.first().pk)
    with pytest.raises(audit.ErasureRefused):
        audit.erase_text(change=change, actor=SECOND)


def test_erasure_that_only_one_person_recorded_is_found() -> None:
    write(1)
    entry = AuditEntry.objects.get()
    AuditText.objects.update(body="", erased_at=clock.now())
    audit.record(
        actor=ACTOR, verb=audit.ERASED, subject_type=audit.ERASURE_SUBJECT, subject_id=entry.pk, reason="x"
    )
    audit.seal_entries()
    assert reasons() == {"erasure_unrecorded"}


@pytest.mark.req("SEC-17")
def test_ordinary_delete_by_the_administrator_of_the_database_is_refused_whatever_the_age() -> None:
    """Six months is a floor: this trail is never deleted at all."""
    with time_machine.travel(clock.now() - timedelta(days=400)):
        write(1)
        audit.seal_entries()
    for table in ("core_audittext", "core_auditseal", "core_auditentry"):
        with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"DELETE FROM {table}")
    assert reasons() == set()


@pytest.mark.req("SEC-17")
@pytest.mark.parametrize("table", ["core_audittext", "core_auditseal", "core_auditentry"])
def test_verification_notices_that_the_guard_against_deletion_is_gone(table: str) -> None:
    write(1)
    audit.seal_entries()
    name = f"{table}_append_only_delete"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")
    assert reasons() == {"guard_missing"}


def test_forged_tombstone_without_an_entry_about_the_erasure_is_found() -> None:
    write(1)
    audit.seal_entries()
    AuditText.objects.update(body="", erased_at=clock.now())
    assert reasons() == {"erasure_unrecorded"}


def test_chain_rewritten_without_signatures_is_found() -> None:
    """Every sealing ends signed: a chain whose end carries no signature was rewritten."""
    write(2)
    audit.seal_entries()
    without_triggers("UPDATE core_auditseal SET signature = ''")
    assert "bad_signature" in reasons()


def test_cut_off_end_is_found_however_many_heads_came_after_it() -> None:
    write(3)
    audit.seal_entries()
    without_triggers("DELETE FROM core_auditseal WHERE position > 2")
    without_triggers("DELETE FROM core_audittext WHERE entry_id = %s", AuditEntry.objects.last().pk)
    without_triggers("DELETE FROM core_auditentry WHERE id = %s", AuditEntry.objects.last().pk)
    seal = AuditSeal(position=2, digest=AuditSeal.objects.get(position=2).digest)
    for _ in range(300):
        _append_head(seal)
    assert "cut_off" in reasons()


@pytest.mark.parametrize("content", [None, "", "no head at all\n"])
def test_missing_emptied_or_overwritten_file_of_heads_is_a_breach(content: str | None) -> None:
    write(1)
    audit.seal_entries()
    path = Path(settings.JIYUE_AUDIT_HEADS)
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    assert reasons() == {"cut_off"}


def test_line_torn_by_a_crash_is_vouched_for_by_the_next_head() -> None:
    write(1)
    audit.seal_entries()
    with Path(settings.JIYUE_AUDIT_HEADS).open("a", encoding="utf-8") as file:
        file.write('{"position": 2, "dig')
    assert reasons() == {"cut_off"}
    write(1)
    audit.seal_entries()
    assert reasons() == set()


def test_sealing_that_is_undone_leaves_no_head_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head without its seals would look like a cut-off trail for ever."""

    def fail(*args: object) -> None:
        raise OperationalError("away")

    write(1)
    with monkeypatch.context() as patch:
        patch.setattr(type(AuditSeal.objects), "bulk_create", fail)
        with pytest.raises(OperationalError):
            audit.seal_entries()
    assert not Path(settings.JIYUE_AUDIT_HEADS).exists()
    assert audit.seal_entries() == 1
    assert reasons() == set()


def test_text_that_no_database_stores_is_recorded_without_those_characters() -> None:
    audit.record(actor=ACTOR, verb="test", subject_type="thing", subject_id=1, opinion="好\ud800\x00的")
    audit.seal_entries()
    assert reasons() == set()


def test_command_exits_with_one_when_the_trail_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    write(2)
    audit.seal_entries()
    call_command("audit", "verify")
    without_triggers("UPDATE core_auditentry SET verb = 'other' WHERE id = %s", AuditEntry.objects.first().pk)
    with pytest.raises(SystemExit):
        call_command("audit", "verify", "--json")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["breaches"][0]["reason"] == "changed"


def test_signed_heads_lie_outside_the_database() -> None:
    write(1)
    audit.seal_entries()
    head = json.loads(Path(settings.JIYUE_AUDIT_HEADS).read_text(encoding="utf-8"))
    assert head["digest"] == AuditSeal.objects.get().digest


def test_acts_of_a_person_carry_the_address_of_the_request_and_those_of_the_platform_none() -> None:
    anywhere = audit.AuditActor(account_id=1, person_id=1)
    with audit.acting_from("192.0.2.7"):
        for actor in (anywhere, ACTOR, audit.PLATFORM):
            audit.record(actor=actor, verb="test", subject_type="thing", subject_id=1)
    audit.record(actor=anywhere, verb="test", subject_type="thing", subject_id=1)
    addresses = list(AuditEntry.objects.order_by("pk").values_list("source_address", flat=True))
    assert addresses == ["192.0.2.7", "127.0.0.1", "", ""]

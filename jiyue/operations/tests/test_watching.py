"""The watch: what leaves its bounds alarms once, tells those who answer, and ends when it is right again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import PermissionDenied

from jiyue.core import alarms, audit, clock, outbox
from jiyue.core.models import Alarm, AlarmState, AuditEntry, InboxSubmission, OutboxMessage, ScheduledJob
from jiyue.core.worker import ALIVE, STOPPED
from jiyue.operations import alarm_kinds as kinds
from jiyue.operations import jobs, machine, services, start_checks, watching
from jiyue.operations.backup.refusals import BackupRefused
from jiyue.operations.heartbeats import watch_workers
from jiyue.operations.models import BackupRun, RestoreTest, RunResult, WorkerHeartbeat
from jiyue.operations.selectors import list_alarms_for, may_handle_alarm
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffNotice
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def open_kinds() -> set[str]:
    return set(Alarm.objects.filter(state=AlarmState.OPEN).values_list("kind", flat=True))


def look() -> set[str]:
    for _kind in watching.watch():
        pass
    return open_kinds()


def make_certificate(path: Path, *, ends_at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.gov.cn")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(ends_at - timedelta(days=90)).not_valid_after(ends_at)
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def fine(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    """Figures of a machine without worries, except those named."""
    figures = {
        "read_disks": [machine.Disk(("JIYUE_OUTPUT_DIR",), "/srv", 100, 50)],
        "read_free_memory_percent": 50.0,
        "read_load_percent": 20.0,
        "read_clock_skew_seconds": 0.1,
        "read_database_bytes": 1000,
        **values,
    }
    for name, value in figures.items():
        monkeypatch.setattr(machine, name, lambda value=value: value)


def good_backup() -> None:
    now = clock.now()
    BackupRun.objects.create(
        name="b", target="/b", result=RunResult.GOOD, started_at=now, finished_at=now, digest="1" * 64
    )
    RestoreTest.objects.create(
        backup_name="b",
        backup_digest="1" * 64,
        backup_made_at=now,
        result=RunResult.GOOD,
        tested_at=now,
        duration_ms=1,
    )


@pytest.mark.req("SEC-14", "SEC-22")
def test_every_state_that_leaves_its_bounds_alarms_once_and_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    with time_machine.travel(NOW, tick=False):
        good_backup()
        fine(monkeypatch)
        assert look() == set()
        settings.JIYUE_TLS_DIR, settings.JIYUE_MAX_DATABASE_GB = str(tmp_path), 1
        make_certificate(tmp_path / "www.crt", ends_at=NOW + timedelta(days=10))
        make_certificate(tmp_path / "later.crt", ends_at=NOW + timedelta(days=40))
        ScheduledJob.objects.update_or_create(
            name="operations.watch", defaults={"next_at": NOW, "last_error": "OSError('x')"}
        )
        outbox.request("nobody.knows", 1)
        InboxSubmission.objects.create(
            id="0" * 32, topic="comment", site_key="shi", sealed=b"", code_hash="", received_at=NOW
        )
        fine(
            monkeypatch,
            read_disks=[machine.Disk(("JIYUE_OUTPUT_DIR",), "/srv", 100, 4)],
            read_free_memory_percent=2.0,
            read_load_percent=900.0,
            read_clock_skew_seconds=30.0,
            read_database_bytes=2 * 1024**3,
        )
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        wrong = look()
        assert wrong == {
            *(kinds.DISK_LOW, kinds.MEMORY_LOW, kinds.LOAD_HIGH, kinds.CLOCK_SKEW, kinds.DATABASE_LARGE),
            *(kinds.CERTIFICATE_ENDING, kinds.JOB_FAILING, kinds.QUEUE_STUCK, kinds.INBOX_STUCK),
        }
        assert Alarm.objects.get(kind=kinds.CERTIFICATE_ENDING).subject == "www.crt"
        look()
        assert Alarm.objects.filter(state=AlarmState.OPEN).count() == len(wrong)
        fine(monkeypatch)
        settings.JIYUE_TLS_DIR = ""
        ScheduledJob.objects.update(last_error="")
        OutboxMessage.objects.all().delete()
        InboxSubmission.objects.update(processed_at=NOW)
        assert look() == set()
        assert set(Alarm.objects.values_list("state", flat=True)) == {AlarmState.OVER}
    with time_machine.travel(NOW + timedelta(hours=26), tick=False):
        assert look() == set()
    with time_machine.travel(NOW + timedelta(hours=28), tick=False):
        assert look() == {kinds.BACKUP_OVERDUE}
    with time_machine.travel(NOW + timedelta(days=93), tick=False):
        assert look() == {kinds.BACKUP_OVERDUE, kinds.RESTORE_TEST_OVERDUE}


def test_a_new_platform_has_a_day_for_its_first_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    fine(monkeypatch)
    with time_machine.travel(NOW, tick=False):
        assert look() == set()
        audit.record(actor=audit.PLATFORM, verb="alarm.over", subject_type="alarm", subject_id=0)
    with time_machine.travel(NOW + timedelta(hours=26), tick=False):
        assert look() == set()
    with time_machine.travel(NOW + timedelta(hours=28), tick=False):
        assert look() == {kinds.BACKUP_OVERDUE}


def test_the_daily_backup_needs_a_folder_and_tells_when_it_cannot(settings: Any, tmp_path: Path) -> None:
    assert list(jobs.back_up_daily()) == []
    settings.JIYUE_BACKUP_DIR = str(tmp_path / "backup")
    with pytest.raises(BackupRefused):
        list(jobs.back_up_daily())
    assert BackupRun.objects.get().result == RunResult.FAILED
    assert open_kinds() == {kinds.BACKUP_FAILED}


@pytest.mark.req("SEC-14")
def test_a_dead_worker_is_noticed_and_a_replaced_or_stopped_one_is_not() -> None:
    with time_machine.travel(NOW, tick=False):
        for owner in ("inner:10", "other:20", "third:30"):
            ALIVE.announce(owner)
        STOPPED.announce("third:30")
        assert watch_workers() == []
    with time_machine.travel(NOW + timedelta(minutes=4), tick=False):
        ALIVE.announce("inner:11")
        assert watch_workers() == ["other"]
        assert list(WorkerHeartbeat.objects.values_list("owner", flat=True).order_by("owner")) == [
            *("inner:11", "other:20")
        ]
        assert Alarm.objects.get(state=AlarmState.OPEN).subject == "other"
        ALIVE.announce("other:21")
        assert watch_workers() == []
        assert open_kinds() == set()


@pytest.mark.req("SEC-14")
def test_managers_hear_of_grave_alarms_once_and_a_sites_owners_of_theirs(world: World) -> None:
    owner = make_account("owner", world.unit_a, StaffRole.SECURITY_OWNER)
    other = make_account("other", world.unit_b, StaffRole.PLATFORM_MANAGER)
    world.manager, world.portal  # noqa: B018  # made now

    def told() -> set[int]:
        found = set(StaffNotice.objects.values_list("person_id", flat=True))
        StaffNotice.objects.all().delete()
        return found

    for _time in range(3):
        alarms.raise_alarm(kinds.DISK_LOW, "/srv")
    assert told() == {world.manager.person_id, other.person_id}
    alarms.raise_alarm(kinds.QUEUE_STUCK, "urgent", site_key=world.portal.key)
    assert told() == {world.manager.person_id, owner.person_id}
    alarms.raise_alarm(kinds.MEMORY_LOW, "platform")
    assert told() == set()


@pytest.mark.req("SEC-14")
def test_an_alarm_is_handled_by_its_own_manager_and_by_nobody_else(world: World) -> None:
    other = make_account("other", world.unit_b, StaffRole.PLATFORM_MANAGER)
    alarm = alarms.raise_alarm(kinds.QUEUE_STUCK, "urgent", site_key=world.portal.key)
    assert not list_alarms_for(other).exists()
    assert list_alarms_for(world.inspector).get() == alarm
    for stranger in (other, world.inspector, world.author):
        assert not may_handle_alarm(alarm, stranger)
        with pytest.raises(PermissionDenied):
            services.handle_alarm(alarm=alarm, handling="看过", account=stranger, actor=audit.PLATFORM)
    done = services.handle_alarm(
        alarm=alarm, handling="重启了存储", account=world.manager, actor=world.manager.audit_actor()
    )
    assert (done.state, done.handled_by_person_id) == (AlarmState.HANDLED, world.manager.person_id)
    assert AuditEntry.objects.filter(verb="alarm.handled", subject_id=str(alarm.pk)).exists()


def test_unsafe_settings_stop_the_start(settings: Any, tmp_path: Path) -> None:
    assert start_checks.find_unsafe_settings() == []
    settings.JIYUE_BACKUP_DIR = str(tmp_path)
    settings.JIYUE_BACKUP_KEYS_DIR = str(tmp_path / "keys")
    settings.JIYUE_METRICS_TOKEN = "short"
    assert [each.id for each in start_checks.find_unsafe_settings()] == ["jiyue.E401", "jiyue.E402"]


@pytest.mark.parametrize("name", ["KEPT", "QUARANTINE", "PRIVATE", "KEY", "MEDIA", "LOG"])
def test_folder_that_nobody_may_read_never_lies_with_the_published_files(
    settings: Any, tmp_path: Path, name: str
) -> None:
    settings.JIYUE_OUTPUT_DIR = tmp_path / "public"
    for other in ("KEPT", "QUARANTINE", "PRIVATE", "KEY", "MEDIA", "LOG"):
        setattr(settings, f"JIYUE_{other}_DIR", tmp_path / other)
    assert start_checks.find_unsafe_settings() == []
    for folder in (tmp_path / "public" / "shi" / "media", tmp_path):
        setattr(settings, f"JIYUE_{name}_DIR", folder)
        assert [each.id for each in start_checks.find_unsafe_settings()] == ["jiyue.E403"]


def test_the_machine_says_something_sensible() -> None:
    disks = machine.read_disks()
    assert disks
    assert all(0 <= disk.free_bytes <= disk.total_bytes for disk in disks)
    free = machine.read_free_memory_percent()
    assert free is None or 0 < free < 100
    assert machine.read_load_percent() >= 0
    assert machine.read_database_bytes() > 0

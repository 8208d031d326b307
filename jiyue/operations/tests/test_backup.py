"""Backups under bad conditions: full disks, damaged media, wrong folders, repeated runs."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jiyue.core import audit, crypto
from jiyue.core.models import Alarm, AlarmState, AuditEntry
from jiyue.core.schedule import JOBS
from jiyue.operations import alarm_kinds, jobs
from jiyue.operations.backup import making, objects, restoring
from jiyue.operations.backup.databases import Copy
from jiyue.operations.backup.keys import OpenedKeys, open_keys
from jiyue.operations.backup.listing import list_backups
from jiyue.operations.backup.making import BackupMade, BackupPlan, plain_settings
from jiyue.operations.backup.places import AREAS, Place
from jiyue.operations.backup.refusals import BackupDamaged, BackupFailed, BackupRefused, RestoreRefused
from jiyue.operations.models import BackupRun, RunResult
from jiyue.operations.services import make_backup

pytestmark = pytest.mark.django_db
PASSPHRASE = "long enough to be one"
_SQLITE = {"ENGINE": "django.db.backends.sqlite3"}


@pytest.fixture
def plan(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> BackupPlan:
    """A place with three files and a database that is a few bytes; backups don't read the test's own."""
    folders = {area: tmp_path / area for area in AREAS}
    for name in ("media/ab/abc.jpg", "private/cd/cde.sealed", "logs/worker-2026-11-21.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode() * 50)
    (tmp_path / "media" / "link").symlink_to("/etc/passwd")
    keys = tmp_path / "keys"
    keys.mkdir()
    for path in Path(settings.JIYUE_KEY_DIR).iterdir():
        (keys / path.name).write_bytes(path.read_bytes())
    place = Place(
        databases={"default": {**_SQLITE, "NAME": str(tmp_path / "db.sqlite3")}},
        folders=folders,
        heads=tmp_path / "heads.log",
        keys=keys,
        scratch=tmp_path / "scratch",
    )

    @making.contextmanager
    def copied(_database: object, _scratch: Path) -> Any:
        yield Copy(iter([b"tables"]), {"letter": 3}, [("core", "0001_initial")])

    monkeypatch.setattr(making.databases, "copied", copied)
    return BackupPlan(place, tmp_path / "backup", tmp_path / "elsewhere", PASSPHRASE, keep=2)


def run(plan: BackupPlan) -> BackupMade:
    made = BackupMade()
    for _step in make_backup(plan, actor=audit.PLATFORM, made=made):
        pass
    return made


def opened(plan: BackupPlan, keys: OpenedKeys | None = None) -> restoring.Source:
    assert plan.keys_to
    return restoring.open_backup(plan.target, keys or open_keys(plan.keys_to, PASSPHRASE))


def check(plan: BackupPlan, keys: OpenedKeys | None = None) -> None:
    for _step in restoring.check_contents(opened(plan, keys)):
        pass


@pytest.mark.req("SEC-22")
def test_second_backup_costs_what_is_new_and_old_ones_go_with_their_objects(plan: BackupPlan) -> None:
    first = run(plan)
    (plan.place.folders["media"] / "ab" / "abc.jpg").unlink()
    (plan.place.folders["media"] / "ab" / "new.jpg").write_bytes(b"n" * 5000)
    second = run(plan)
    assert (first.files, second.files) == (3, 3)
    assert second.new_bytes < 5000 + 6000  # the new file and the lists
    third = run(plan)
    assert third.removed == [first.name]
    assert [path.name for path in list_backups(plan.target)] == [second.name, third.name]
    names = [path.read_bytes() for path in plan.target.rglob("files.jsonl")]
    assert not any(b"abc.jpg" in name or b"link" in name for name in names)
    kept = [path for path in (plan.target / "objects").rglob("*") if path.is_file()]
    assert len(kept) == 3
    check(plan)


@pytest.mark.req("SEC-13")
def test_keys_never_lie_with_the_data(plan: BackupPlan, tmp_path: Path) -> None:
    places = [plan.target, plan.target / "keys", tmp_path]
    for folder in places:
        with pytest.raises(BackupRefused, match=r"same folder|同一"):
            run(BackupPlan(plan.place, plan.target, folder, PASSPHRASE))
    assert not list_backups(plan.target)
    (plan.place.keys / "storage-0002.aes").write_bytes(b"a key of 32 bytes, as AES needs it")
    run(plan)
    private = crypto.load_key_pair(audit.KEY_NAME).private
    storage = (plan.place.keys / "storage-0001.sm4").read_bytes()
    for place in (plan.target, tmp_path / "elsewhere"):
        stored = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
        assert private not in stored
        assert storage not in stored
        assert b"as AES needs it" not in stored
    assert plan.keys_to
    assert open_keys(plan.keys_to, PASSPHRASE).files["storage-0001.sm4"] == storage
    assert b"as AES needs it" in open_keys(plan.keys_to, PASSPHRASE).files["storage-0002.aes"]
    assert not (plan.place.keys / "backup.key").exists()  # the host can't open what it wrote


@pytest.mark.req("SEC-22")
def test_the_schedule_backs_up_every_day_by_itself(
    plan: BackupPlan, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert JOBS.get("operations.backup").steps is jobs.back_up_daily
    assert JOBS.get("operations.backup").at is not None
    monkeypatch.setattr(jobs, "live_place", lambda: plan.place)
    settings.JIYUE_BACKUP_DIR, settings.JIYUE_BACKUP_KEYS_DIR = str(plan.target), str(plan.keys_to)
    settings.JIYUE_BACKUP_PASSPHRASE = PASSPHRASE
    for count in (1, 2):
        for _step in jobs.back_up_daily():
            pass
        assert len(list_backups(plan.target)) == count
    assert set(BackupRun.objects.values_list("result", flat=True)) == {RunResult.GOOD}
    check(plan)


@pytest.mark.parametrize("folder", ["media", "media/sub", "keys"])
def test_a_backup_does_not_lie_in_what_it_backs_up(plan: BackupPlan, tmp_path: Path, folder: str) -> None:
    with pytest.raises(BackupRefused):
        run(BackupPlan(plan.place, tmp_path / folder, plan.keys_to, PASSPHRASE))
    assert BackupRun.objects.get().result == RunResult.FAILED


def test_without_a_backup_key_nothing_is_written(plan: BackupPlan) -> None:
    with pytest.raises(BackupRefused) as refusal:
        run(BackupPlan(plan.place, plan.target))
    assert "--keys-to" in str(refusal.value.fix)
    with pytest.raises(BackupRefused):
        run(BackupPlan(plan.place, plan.target, plan.keys_to, "short"))
    assert not plan.target.exists()


@pytest.mark.req("SEC-22")
def test_full_disk_is_reported_and_leaves_no_backup_and_the_next_run_goes_on(
    plan: BackupPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan)
    (plan.place.folders["media"] / "big.mp4").write_bytes(b"b" * 9000)
    original, calls = objects.ObjectStore._write, []

    def write(*args: Any) -> None:
        calls.append(1)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(objects.ObjectStore, "_write", write)
    with pytest.raises(BackupFailed):
        run(plan)
    assert calls
    assert len(list_backups(plan.target)) == 1
    assert not list(plan.target.glob(".partial-*"))
    failed = BackupRun.objects.order_by("-pk").first()
    assert failed is not None
    assert (failed.result, failed.digest) == (RunResult.FAILED, "")
    assert "No space" in failed.error
    assert Alarm.objects.get(kind=alarm_kinds.BACKUP_FAILED).state == AlarmState.OPEN
    assert AuditEntry.objects.filter(verb="backup.failed").count() == 1
    monkeypatch.setattr(objects.ObjectStore, "_write", original)
    run(plan)
    assert Alarm.objects.get(kind=alarm_kinds.BACKUP_FAILED).state == AlarmState.OVER
    check(plan)


@pytest.mark.req("SEC-22")
def test_every_damage_is_found_before_anything_is_restored(plan: BackupPlan) -> None:
    run(plan)
    assert plan.keys_to
    keys = open_keys(plan.keys_to, PASSPHRASE)
    (backup,) = list_backups(plan.target)
    some_object = next(path for path in (plan.target / "objects").rglob("*") if path.is_file())
    for path in (*backup.iterdir(), some_object):
        good = path.read_bytes()
        changed = good[:-2] + bytes([good[-2] ^ 1]) + good[-1:]
        path.write_bytes(changed)
        with pytest.raises(BackupDamaged):
            check(plan, keys)
        path.write_bytes(good)
    some_object.unlink()
    with pytest.raises(BackupDamaged):
        check(plan, keys)
    run(plan)  # a missing object is written anew
    check(plan, keys)


def test_a_newer_version_or_foreign_keys_or_files_in_the_way_are_refused(
    plan: BackupPlan, tmp_path: Path
) -> None:
    run(plan)
    empty = Place(
        databases={"default": {**_SQLITE, "NAME": str(tmp_path / "new" / "db.sqlite3")}},
        folders={area: tmp_path / "new" / area for area in plan.place.folders},
        heads=tmp_path / "new" / "heads",
        keys=tmp_path / "new" / "keys",
        scratch=tmp_path / "new",
    )
    source = opened(plan)
    assert restoring.restore_blockers(source, empty) == []
    assert restoring.restore_blockers(source, plan.place)  # its media folder isn't empty
    source.listing.databases[0].migrations.append(["core", "9999_future"])
    (refusal,) = restoring.restore_blockers(source, empty)
    assert "core.9999_future" in str(refusal.message)
    empty.keys.mkdir(parents=True)
    (empty.keys / "audit.pub").write_bytes(b"other")
    with pytest.raises(RestoreRefused):
        restoring.write_keys(empty.keys, source.keys)
    assert [path.name for path in empty.keys.iterdir()] == ["audit.pub"]


def test_settings_are_kept_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIYUE_SECRET_KEY", "s3cret")
    monkeypatch.setenv("JIYUE_OIDC_X_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("JIYUE_METRICS_TOKEN", "s3cret")
    monkeypatch.setenv("JIYUE_DATABASE_URL", "postgresql://jiyue:s3cret@db:5432/jiyue?sslmode=verify-full")
    monkeypatch.setenv("JIYUE_SECRET_KEY_FILE", "/etc/jiyue/key")
    kept = plain_settings()
    assert "s3cret" not in json.dumps(kept)
    assert kept["JIYUE_DATABASE_URL"] == "postgresql://jiyue@db:5432/jiyue?sslmode=verify-full"
    assert kept["JIYUE_SECRET_KEY_FILE"] == "/etc/jiyue/key"

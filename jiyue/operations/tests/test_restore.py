"""Publish a small city, back it up, destroy it, restore it: everything works as before."""

import shutil
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from jiyue.core import at_rest, audit, inbox, outbox
from jiyue.core.models import AuditEntry
from jiyue.interaction.models import CorrectionReport
from jiyue.library.models import LiveEdition, Resource
from jiyue.operations.models import BackupRun, RestoreTest, RunResult
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.search.selectors import get_index
from tests.factories import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "网页上的电话号码是错的"


@pytest.fixture
def place(tmp_path: Path, settings: SimpleNamespace) -> SimpleNamespace:
    """An installation with keys of its own, and two folders for backup and keys."""
    shutil.copytree(settings.JIYUE_KEY_DIR, tmp_path / "platform-keys")
    settings.JIYUE_KEY_DIR = tmp_path / "platform-keys"
    settings.JIYUE_LOG_DIR = tmp_path / "logs"
    settings.DATA_DIR = tmp_path / "data"
    settings.JIYUE_BACKUP_PASSPHRASE = "long enough to be one"
    return SimpleNamespace(backup=tmp_path / "backup", keys=tmp_path / "keys-elsewhere")


def make_city() -> World:
    """Two published items, a draft, a citizen's report."""
    world = World()
    world.publish(title="第一件")
    world.publish(title="第二件")
    world.draft(title="还是草稿")
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    fields = {"page": "/index.html", "page_title": "首页", "text": WORDS, "contact": "张三"}
    inbox.store(submission_id=uuid.uuid4(), topic="correction", site_key=world.portal.key, fields=fields)
    inbox.process()
    while audit.seal_entries():
        pass
    return world


def destroy() -> None:
    """Lose the host: database, files, keys, log of heads."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    connections.close_all()
    if connection.vendor == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{suffix}").unlink(missing_ok=True)
    get_index().close()
    names = ("MEDIA_DIR", "PRIVATE_DIR", "OUTPUT_DIR", "SEARCH_DIR", "LOG_DIR", "KEY_DIR")
    for name in names:
        shutil.rmtree(getattr(django_settings, f"JIYUE_{name}"), ignore_errors=True)
    Path(django_settings.JIYUE_AUDIT_HEADS).unlink()
    at_rest.forget_keys()


def sign_in(login_name: str) -> Client:
    """Prove password and code, as a person does."""
    client = Client()
    client.post(reverse("backoffice:sign_in"), {"login_name": login_name, "password": PASSWORD})
    code = second_factor.current_code(StaffAccount.objects.get(login_name=login_name))
    client.post(reverse("backoffice:sign_in_code"), {"code": code})
    return client


@pytest.mark.req("SEC-22", "SEC-13")
def test_a_lost_host_comes_back_whole_from_backup_and_keys(place: SimpleNamespace) -> None:
    world = make_city()
    live, drafts = set(LiveEdition.objects.values_list("pk", flat=True)), Resource.objects.count()
    call_command("backup", to=place.backup, keys_to=place.keys, keep=2)
    run = BackupRun.objects.get()
    assert (run.result, run.has_keys) == (RunResult.GOOD, True)
    assert AuditEntry.objects.filter(verb="backup.made", subject_id=run.name).exists()
    stored = b"".join(path.read_bytes() for path in place.backup.rglob("*") if path.is_file())
    assert WORDS.encode() not in stored
    assert "还是草稿".encode() not in stored  # nothing of the database lies plain
    call_command("backup", "verify", place.backup, keys_from=place.keys)
    test = RestoreTest.objects.get()
    assert (test.result, test.backup_digest) == (RunResult.GOOD, run.digest)
    assert test.rows > 100

    destroy()
    django_settings.JIYUE_BACKUP_PASSPHRASE = "another passphrase"
    with pytest.raises(CommandError, match="JIYUE_BACKUP_PASSPHRASE"):
        call_command("restore", source=place.backup, keys_from=place.keys)
    django_settings.JIYUE_BACKUP_PASSPHRASE = "long enough to be one"
    call_command("restore", source=place.backup, keys_from=place.keys, rebuild=True)

    outbox.drain()
    while audit.seal_entries():
        pass
    assert find_discrepancies() == []
    assert audit.verify().breaches == ()
    assert set(LiveEdition.objects.values_list("pk", flat=True)) == live
    assert Resource.objects.count() == drafts
    assert CorrectionReport.objects.get().text == WORDS
    client = sign_in(world.author.login_name)
    assert client.get(reverse("backoffice:resource_list")).status_code == 200
    assert AuditEntry.objects.filter(verb="backup.restored", subject_id=run.name).exists()
    with pytest.raises(CommandError):  # the place isn't empty any more
        call_command("restore", source=place.backup, keys_from=place.keys)
    assert CorrectionReport.objects.count() == 1

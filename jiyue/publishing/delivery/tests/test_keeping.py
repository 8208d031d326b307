"""Pages that a correction or a withdrawal ends are kept, privately, for a time."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from jiyue.core import at_rest, audit, clock, outbox
from jiyue.core.files import replace_atomically
from jiyue.core.models import Alarm, AlarmState, AuditEntry
from jiyue.library.models import Resource
from jiyue.publishing.delivery import keeping
from jiyue.publishing.delivery.keeping import bytes_path, read_kept
from jiyue.publishing.delivery.models import KeptFile
from jiyue.publishing.delivery.restoring import RestoreRefused, restore_kept
from jiyue.publishing.models import OutputFile
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.services import refresh_site
from jiyue.publishing.tests.output import correct, detail_path, publish_many, read, root_of

pytestmark = pytest.mark.django_db


def publish_one(world) -> Resource:
    return publish_many(world, 1, channels=(world.news,))[0]


def bytes_on_disk(settings) -> list:
    return [path for path in settings.JIYUE_KEPT_DIR.rglob("*") if path.is_file()]


def test_correction_keeps_one_page_and_neighbours_or_a_new_menu_keep_none(world, settings):
    first, second = publish_many(world, 2, channels=(world.news,))
    assert not KeptFile.objects.exists()
    path = detail_path(first, world.news)
    before = read(world.portal, path)
    refresh_site(site_id=world.portal.pk)
    world.portal.name = "云澜市新门户"
    world.portal.save()
    refresh_site(site_id=world.portal.pk)
    outbox.drain()
    assert read(world.portal, path) != before
    assert not KeptFile.objects.exists()
    before = read(world.portal, path)
    correct(world, first, title="改过的标题")  # the neighbour's page names it and is written again
    assert "改过的标题" in read(world.portal, detail_path(second, world.news))
    kept = KeptFile.objects.get()
    assert (kept.path, kept.reason, kept.edition.number) == (path, "replaced", 1)
    assert read_kept(kept).decode() == before
    [stored] = bytes_on_disk(settings)
    assert at_rest.algorithm_of(stored.read_bytes()) is at_rest.SM4
    assert not list(settings.JIYUE_OUTPUT_DIR.rglob(f"*{kept.sm3}*"))
    assert find_discrepancies() == []


@pytest.mark.req("LIB-16")
def test_withdrawn_page_is_kept_for_evidence_and_never_put_back(world, settings):
    resource = publish_one(world)
    path = detail_path(resource, world.news)
    shown = read(world.portal, path)
    world.withdraw(resource)
    outbox.drain()
    kept = KeptFile.objects.get(site=world.portal)
    assert kept.reason == "removed"
    out = StringIO()
    call_command("kept", "list", "--site", world.portal.key, stdout=out)
    assert path in out.getvalue()
    assert "restorable" not in out.getvalue()
    target = settings.JIYUE_KEPT_DIR.parent / "evidence.html"
    call_command("kept", "show", str(kept.pk), "--to", str(target))
    assert target.read_text() == shown
    assert AuditEntry.objects.filter(verb="kept_file.opened", subject_id=kept.pk).exists()
    with pytest.raises(CommandError, match=r"public|公开"):
        call_command("kept", "restore", str(kept.pk))
    assert not (root_of(world.portal) / path).exists()
    assert find_discrepancies() == []


def test_only_the_live_edition_is_put_back(world):
    resource = publish_one(world)
    path = detail_path(resource, world.news)
    correct(world, resource, title="第二版")
    with pytest.raises(RestoreRefused):
        restore_kept(kept_id=KeptFile.objects.get().pk, actor=audit.PLATFORM)
    now = OutputFile.objects.get(site=world.portal, path=path)
    resource.refresh_from_db()
    kept = KeptFile.objects.create(
        site=world.portal, path=path, edition=resource.live.edition, sm3=now.sm3, size_bytes=now.size_bytes,
        reason="replaced", kept_at=clock.now(),
    )  # fmt: skip
    shown = read(world.portal, path)
    replace_atomically(
        bytes_path(now.sm3), at_rest.seal(keeping.compress(shown.encode()), place=f"kept:{now.sm3}")
    )
    (root_of(world.portal) / path).write_text("spoilt by somebody")
    restore_kept(kept_id=kept.pk, actor=audit.PLATFORM)
    assert read(world.portal, path) == shown
    assert AuditEntry.objects.filter(verb="kept_file.restored", subject_id=kept.pk).exists()
    assert find_discrepancies() == []
    bytes_path(now.sm3).write_bytes(at_rest.seal(b"other", place="kept:elsewhere"))
    with pytest.raises(keeping.KeptFileDamaged):
        restore_kept(kept_id=kept.pk, actor=audit.PLATFORM)


def test_kept_page_that_names_what_was_withdrawn_or_changed_since_stays_away(world):
    older = publish_one(world)
    page = world.publish(channels=(world.news,), title="中间的稿件")
    newer = world.publish(channels=(world.news,), title="后一条")
    path = detail_path(page, world.news)
    now, shown = OutputFile.objects.get(site=world.portal, path=path), read(world.portal, path)
    assert "后一条" in shown
    page.refresh_from_db()
    kept = KeptFile.objects.create(
        site=world.portal, path=path, edition=page.live.edition, sm3=now.sm3, size_bytes=now.size_bytes,
        reason="removed", kept_at=clock.now(),
    )  # fmt: skip
    replace_atomically(
        bytes_path(now.sm3), at_rest.seal(keeping.compress(shown.encode()), place=f"kept:{now.sm3}")
    )
    correct(world, older, title="更正了的标题")
    with pytest.raises(RestoreRefused):
        restore_kept(kept_id=kept.pk, actor=audit.PLATFORM)
    KeptFile.objects.filter(pk=kept.pk).update(kept_at=clock.now())
    restore_kept(kept_id=kept.pk, actor=audit.PLATFORM)
    world.withdraw(newer)
    with pytest.raises(RestoreRefused):
        restore_kept(kept_id=kept.pk, actor=audit.PLATFORM)
    assert "后一条" not in read(world.portal, path)


def test_killed_correction_keeps_the_page_that_was_public(world, monkeypatch):
    resource = publish_one(world)
    before = read(world.portal, detail_path(resource, world.news))
    from jiyue.publishing import tasks  # noqa: PLC0415  # patched below

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "save_batch", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        correct(world, resource, title="第二版")
    assert "第二版" in read(world.portal, detail_path(resource, world.news))
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        outbox.drain()
    assert read_kept(KeptFile.objects.get()).decode() == before


def test_private_folder_that_takes_nothing_holds_up_no_withdrawal(world, settings, tmp_path):
    resource = publish_one(world)
    settings.JIYUE_KEPT_DIR = tmp_path / "file"
    settings.JIYUE_KEPT_DIR.write_text("no folder")
    world.withdraw(resource)
    outbox.drain()
    assert not (root_of(world.portal) / detail_path(resource, world.news)).exists()
    assert not KeptFile.objects.exists()
    assert Alarm.objects.get(kind=keeping.UNKEPT).state == AlarmState.OPEN


def test_kept_pages_are_forgotten_after_their_time_and_sealed_anew(world, settings):
    resource = publish_one(world)
    correct(world, resource, title="第二版")
    kept = KeptFile.objects.get()
    at_rest.create_key()
    assert list(keeping.reseal()) == [kept.sm3]
    assert b"html" in read_kept(kept)
    with time_machine.travel(clock.now() + timedelta(days=settings.JIYUE_KEPT_DAYS - 1)):
        list(keeping.sweep())
        assert KeptFile.objects.exists()
    with time_machine.travel(clock.now() + timedelta(days=settings.JIYUE_KEPT_DAYS + 1)):
        list(keeping.sweep())
    assert not KeptFile.objects.exists()
    assert bytes_on_disk(settings) == []

"""Stores that are full, read-only, gone or tampered with: nothing half is served, and everything goes on."""

import gzip
from datetime import timedelta

import pytest
import time_machine

from jiyue.core import clock, outbox
from jiyue.core.models import Alarm, AlarmState, OutboxMessage, OutboxStatus
from jiyue.publishing.delivery import failures, objects
from jiyue.publishing.delivery.failures import UNWRITABLE, watch_stores
from jiyue.publishing.delivery.objects import ObjectStore
from jiyue.publishing.delivery.selectors import store_errors
from jiyue.publishing.delivery.stores import open_store
from jiyue.publishing.delivery.tests.tiny_disk import TinyDisk
from jiyue.publishing.reconcile import find_discrepancies, repair_discrepancies
from jiyue.publishing.tests.output import correct, detail_path, publish_many, root_of, snapshot

pytestmark = pytest.mark.django_db

LATER = timedelta(minutes=12)  # longer than any delay of the outbox


@pytest.fixture
def disk(tmp_path, settings):
    disk = TinyDisk(tmp_path / "disk")
    settings.JIYUE_OUTPUT_DIR = disk.folder
    yield disk
    disk.unmount()


def waiting() -> int:
    rows = OutboxMessage.objects.filter(topic__startswith="publishing.", status=OutboxStatus.PENDING)
    return rows.count()


@pytest.mark.parametrize("trouble", ["full", "read_only"])
def test_batch_on_a_disk_that_takes_nothing_waits_and_goes_on(world, disk, trouble):
    first, second = publish_many(world, 2, channels=(world.news,))
    before = snapshot(world.portal)
    long_text = "".join(f"<p>第{number}段：全市各单位要认真落实。</p>" for number in range(900))
    with getattr(disk, trouble)():
        correct(world, first, title="改过的标题", body_html=long_text)
        with time_machine.travel(clock.now() + timedelta(seconds=11)):
            outbox.drain()
        assert waiting() > 0
        after = snapshot(world.portal)
        changed = {path for path in after if after[path] != before.get(path)}
        assert {path for path in after if "/." in f"/{path}"} <= {".filler"}  # no half-written file is left
        for path in changed - {".filler"}:  # whole files only, if any
            assert not path.endswith(".gz") or gzip.decompress(after[path]).rstrip().endswith(b">")
        alarm = Alarm.objects.get(kind=UNWRITABLE)
        assert (alarm.subject, alarm.state, alarm.times > 1) == (world.portal.key, AlarmState.OPEN, True)
        assert store_errors(1)[world.portal.key] == alarm.times
        with time_machine.travel(clock.now() + LATER):
            list(watch_stores())
        alarm.refresh_from_db()
        assert alarm.state == AlarmState.OPEN
    with time_machine.travel(clock.now() + LATER):
        list(watch_stores())
        outbox.drain()
        alarm.refresh_from_db()
        assert alarm.state == AlarmState.OVER
        assert waiting() == 0
        assert "改过的标题" in (root_of(world.portal) / detail_path(first, world.news)).read_text()
        assert "改过的标题" in (root_of(world.portal) / detail_path(second, world.news)).read_text()
        assert find_discrepancies() == []


@pytest.mark.req("LIB-16")
def test_whole_chain_runs_on_an_object_store_that_goes_and_comes_back(
    world, object_options, object_server, settings, monkeypatch
):
    monkeypatch.setattr(objects, "RETRIES", 1)
    objects._client.cache_clear()
    settings.JIYUE_OBJECT_STORE = object_options
    [resource] = publish_many(world, 1, channels=(world.news,))
    path = detail_path(resource, world.news)
    with open_store(world.portal.key) as store:
        assert isinstance(store, ObjectStore)
        assert b"%d.html" % resource.pk in store.read("index.html")
        before = store.read(path)
    assert find_discrepancies() == []
    assert not root_of(world.portal).exists()
    object_server.kill()
    correct(world, resource, title="改过的标题")
    assert waiting() > 0
    assert Alarm.objects.get(kind=UNWRITABLE).state == AlarmState.OPEN
    object_server.start()
    OutboxMessage.objects.filter(status=OutboxStatus.PENDING, topic="publishing.placement").update(
        status=OutboxStatus.FAILED, finished_at=clock.now()
    )  # given up meanwhile
    with time_machine.travel(clock.now() + LATER, tick=True):
        assert failures.works(world.portal.key)
    go_on_at = clock.now() + LATER
    # The service signs with the real time: only the platform's clock is moved.
    monkeypatch.setattr(clock, "now", lambda: go_on_at)
    list(watch_stores())
    outbox.drain()
    assert Alarm.objects.get(kind=UNWRITABLE).state == AlarmState.OVER
    with open_store(world.portal.key) as store:
        assert "改过的标题".encode() in store.read(path) != before
        assert gzip.decompress(store.read(f"{path}.gz")) == store.read(path)
    assert find_discrepancies() == []
    world.withdraw(resource)
    with open_store(world.portal.key) as store:
        assert store.read(path) is None
        assert not any("改过的标题".encode() in (store.read(each) or b"") for each in store.walk())
    assert find_discrepancies() == []


def test_planted_links_are_never_followed_nor_deleted_through(world, tmp_path):
    first, second = publish_many(world, 2, channels=(world.news,))
    page = root_of(world.portal) / detail_path(first, world.news)
    folder = page.parent
    outside = tmp_path / "outside"
    folder.rename(outside)  # the attacker's copy, with pages of the same names
    (outside / page.name).write_text("outside")
    folder.symlink_to(outside)
    (root_of(world.portal) / "link.html").symlink_to(outside / page.name)
    world.withdraw(first)
    assert (outside / page.name).read_text() == "outside"
    assert OutboxMessage.objects.filter(topic="publishing.placement", status=OutboxStatus.PENDING).exists()
    with open_store(world.portal.key) as store:
        assert store.read("link.html") is None
    with time_machine.travel(clock.now() + LATER):
        repair_discrepancies(find_discrepancies())
        outbox.drain()
        assert find_discrepancies() == []
    assert not folder.is_symlink()
    assert not (root_of(world.portal) / "link.html").is_symlink()
    assert not page.exists()
    assert (root_of(world.portal) / detail_path(second, world.news)).exists()
    assert (outside / page.name).read_text() == "outside"
    assert Alarm.objects.filter(kind=UNWRITABLE).count() == 0

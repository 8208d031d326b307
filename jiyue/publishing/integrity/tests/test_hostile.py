"""What somebody with a hand in the public folders tries against the watch itself."""

import ctypes
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings

from jiyue.core import clock, outbox
from jiyue.core.models import Alarm, AlarmState, OutboxMessage, OutboxStatus
from jiyue.publishing import topics
from jiyue.publishing.delivery.tests.test_planted import DEEP, dig
from jiyue.publishing.integrity import watching
from jiyue.publishing.integrity.comparing import FolderReader
from jiyue.publishing.integrity.custody import Custody
from jiyue.publishing.integrity.models import TamperEvent, TamperState
from jiyue.publishing.integrity.notifying import FolderNotifier
from jiyue.publishing.integrity.recording import BLIND
from jiyue.publishing.integrity.sealing import manifest_folder, seal_all
from jiyue.publishing.integrity.sweeping import sweep_site
from jiyue.publishing.integrity.tests.following import until
from jiyue.publishing.sites_file import write_sites_file
from jiyue.publishing.tests.output import publish_many, root_of, snapshot
from tests.factories import World

EXCHANGE = 2  # of renameat2
HERE = -100


@pytest.fixture
def world(db: None) -> World:
    world = World()
    publish_many(world, 1, channels=(world.news,))
    return world


def sweep(world: World) -> None:
    for _step in sweep_site(world.portal, workers=1):
        pass
    outbox.drain()


def test_names_that_no_database_takes_and_bottomless_folders_stop_nothing(world, watch, tmp_path):
    before = snapshot(world.portal)
    root = root_of(world.portal)
    named = root / os.fsdecode(b"\xff\xfe")
    now = clock.now()  # begun and not finished: it excuses what it may have written
    values = {"attempts": 1, "available_at": now, "created_at": now, "status": OutboxStatus.RUNNING}
    OutboxMessage.objects.create(topic=topics.CHANNEL, key="0", **values)
    named.mkdir()
    named.with_suffix(".html").touch()
    dig(root, "d", DEEP)
    until(watch, lambda: not (root / "d").exists() and snapshot(world.portal) == before)
    named.mkdir()
    named.rename(tmp_path / "away")
    until(watch, lambda: not watch._notifier.wait(0).paths)
    assert not TamperEvent.objects.filter(state=TamperState.OPEN).exists()


def test_quarantine_that_takes_nothing_keeps_no_tampered_page_public(world, watch):
    before = snapshot(world.portal)
    root = root_of(world.portal)
    shutil.rmtree(settings.JIYUE_QUARANTINE_DIR, ignore_errors=True)
    Path(settings.JIYUE_QUARANTINE_DIR).write_text("no folder")
    (root / "index.html").write_text("tampered")
    (root / "planted").mkdir()
    (root / "planted/x.php").write_text("x")
    until(watch, lambda: snapshot(world.portal) == before and not (root / "planted").exists())
    assert Custody(world.portal.key, root).keep("x.html", b"x") == ""


def test_folders_open_to_all_or_closed_are_put_right(world):
    before = snapshot(world.portal)
    root = root_of(world.portal)
    root.chmod(0o777)
    (root / "yaowen").chmod(0o300)
    sweep(world)
    assert [folder.stat().st_mode & 0o707 for folder in (root, root / "yaowen")] == [0o705, 0o705]
    assert snapshot(world.portal) == before
    found = TamperEvent.objects.values_list("path", "kind", "state")
    assert set(found) == {(path, "permissions", TamperState.RESTORED) for path in (".", "yaowen")}


def test_older_exported_manifest_or_a_link_in_its_place_is_replaced_by_the_true_one(world, tmp_path):
    folder = manifest_folder(world.portal.key)
    statement = folder.with_name(f"{world.portal.key}.json")
    seal_all(world.portal.pk)
    older = statement.read_bytes()
    world.publish(channels=(world.news,))
    outbox.drain()
    seal_all(world.portal.pk)
    good = {path.name: path.read_bytes() for path in (*folder.iterdir(), statement)}
    statement.write_bytes(older)
    shutil.rmtree(folder)
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    sweep(world)
    assert {path.name: path.read_bytes() for path in (*folder.iterdir(), statement)} == good
    assert not list((tmp_path / "elsewhere").iterdir())
    assert TamperEvent.objects.filter(path__startswith=".manifests/").exists()
    sweep(world)
    assert TamperEvent.objects.filter(path__endswith=".json").count() == 1


def test_table_of_sites_is_written_past_a_planted_link_or_pipe(world, tmp_path):
    table, precious = settings.JIYUE_OUTPUT_DIR / "sites.json", tmp_path / "precious"
    precious.write_text("precious")
    before = table.read_bytes()
    (table.with_name(".sites.json.new")).symlink_to(precious)
    write_sites_file()
    os.mkfifo(table.with_name(".sites.json.new"))
    write_sites_file()
    assert (table.read_bytes(), precious.read_text()) == (before, "precious")


def test_one_site_in_trouble_stops_neither_the_others_nor_the_signs_of_life(world, watch, monkeypatch):
    def fail(*_arguments: object, **_options: object) -> object:
        raise PermissionError(13, "not ours")

    monkeypatch.setattr(watching, "settle", fail)
    (root_of(world.portal) / "planted.html").write_text("x")
    until(watch, lambda: bool(watch._pending))
    watch._due["sign"] = float("-inf")
    watch.step()
    assert watch._due["sign"] > 0
    assert watch._pending[world.portal.key]  # it is tried again
    monkeypatch.setattr(watching, "sweep_site", lambda *_args, **_options: (fail() for _step in range(1)))
    watch._swept_at.clear()
    watch.step()
    watch.step()
    assert watch._sweep is None
    assert watch._swept_at[world.portal.key] > 0  # not again at once


def test_alarm_follows_when_watches_run_out_and_come_free(world, watch):
    watch._notifier.is_limited = True
    refuse = watch._notifier.watch_again
    watch._notifier.watch_again = lambda: True
    watch._tell_blindness()
    assert Alarm.objects.get(kind=BLIND).state == AlarmState.OPEN
    watch._notifier.watch_again = refuse
    watch._tell_blindness()
    assert Alarm.objects.get(kind=BLIND).state == AlarmState.OVER


def test_notifier_follows_the_watched_folder_and_exchanged_ones(tmp_path):
    root = tmp_path / "out"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
    with FolderNotifier(root) as notifier:
        kernel = ctypes.CDLL(None, use_errno=True)
        assert kernel.renameat2(HERE, os.fsencode(root / "a"), HERE, os.fsencode(root / "b"), EXCHANGE) == 0
        assert notifier.wait(1).moved_folders == {"a", "b"}
        notifier.wait(0)
        for name in ("a", "b"):
            (root / name / "x").write_text("x")
            assert notifier.wait(1).paths == {f"{name}/x"}
        root.rename(tmp_path / "away")
        assert notifier.wait(1).is_incomplete
        (root / "a").mkdir(parents=True)
        assert notifier.wait(0).is_incomplete
        (root / "a/y").write_text("y")
        assert notifier.wait(1).paths == {"a/y"}
        shutil.rmtree(root)
        assert notifier.wait(1).is_incomplete
        assert notifier.folders == 0


def test_reader_climbs_nowhere_whatever_a_forged_row_says(tmp_path):
    (tmp_path / "site/media").mkdir(parents=True)
    (tmp_path / "secret.html").write_text("x")
    with FolderReader(tmp_path / "site") as reader:
        assert reader.look("media/../../secret.html") is None

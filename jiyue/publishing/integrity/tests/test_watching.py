"""The watch: hears, restores, signs, survives what happens to it."""

import os
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import OperationalError

from jiyue.core.models import Alarm, AlarmState
from jiyue.publishing.integrity import notifying, watching
from jiyue.publishing.integrity.models import SignedManifest, Sweep, TamperEvent, TamperState, WatchSign
from jiyue.publishing.integrity.notifying import Changes, FolderNotifier
from jiyue.publishing.integrity.recording import BLIND, STOPPED
from jiyue.publishing.integrity.services import SweepRefused, look_after, request_sweep
from jiyue.publishing.integrity.tests.following import until
from jiyue.publishing.integrity.watching import Watch
from jiyue.publishing.models import Placement
from jiyue.publishing.tests.output import publish_many, root_of, snapshot
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    publish_many(world, 2, channels=(world.news,))
    return world


def test_changes_are_heard_and_put_right(world, watch):
    before = snapshot(world.portal)
    root = root_of(world.portal)
    page = Placement.objects.filter(channel=world.news).earliest("pk").path
    (root / page).write_bytes(b"tampered")
    (root / f"{page}.gz").write_bytes(b"tampered")
    (root / "wp/admin").mkdir(parents=True)
    (root / "wp/admin/shell.php").write_text("x")
    (root / "index.html").unlink()
    os.mkfifo(root / "pipe")
    (root / "robots.txt").chmod(0o777)
    until(watch, lambda: TamperEvent.objects.exclude(state=TamperState.OPEN).count() == 5)
    assert snapshot(world.portal) == before
    assert Sweep.objects.count() == 1  # heard, not found by comparing everything
    assert sum(event.times for event in TamperEvent.objects.all()) == 5


def test_folder_or_site_moved_away_comes_back(world, watch, tmp_path):
    before = snapshot(world.portal)
    root = root_of(world.portal)
    for number, place in enumerate((root / "yaowen", root)):
        place.rename(tmp_path / f"moved{number}")
        place.symlink_to(tmp_path / f"moved{number}")
        until(watch, lambda: snapshot(world.portal) == before and not place.is_symlink())  # noqa: B023
    until(watch, lambda: not TamperEvent.objects.filter(state=TamperState.OPEN).exists())


def test_publications_make_no_alarm_and_are_signed(world, watch):
    world.publish(channels=(world.news,))
    until(
        watch, lambda: SignedManifest.objects.get(site=world.portal).statement.find('"is_complete":true') > 0
    )
    for _step in range(5):
        watch.step()
    assert not TamperEvent.objects.exists()
    assert not Alarm.objects.exists()


def test_changed_table_of_sites_is_written_again(world, watch):
    table = settings.JIYUE_OUTPUT_DIR / "sites.json"
    before = table.read_bytes()
    table.write_text("[]")
    until(watch, lambda: TamperEvent.objects.filter(path="sites.json").exists())
    assert table.read_bytes() == before


def test_lost_events_lead_to_a_full_comparison(world, watch, monkeypatch):
    (root_of(world.portal) / "planted.html").write_text("x")
    watch._notifier.wait(0)  # lost
    monkeypatch.setattr(FolderNotifier, "wait", lambda self, seconds: Changes(is_incomplete=True))
    watch.step()
    monkeypatch.setattr(FolderNotifier, "wait", lambda self, seconds: Changes())
    until(watch, TamperEvent.objects.exists)


def test_without_notification_the_watch_compares_and_says_so(world, monkeypatch):
    def refuse(self: FolderNotifier, root: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FolderNotifier, "__init__", refuse)
    monkeypatch.setattr(watching, "WAIT_SECONDS", 0)
    watch = Watch()
    watch.start()
    assert Alarm.objects.get(kind=BLIND).state == AlarmState.OPEN
    (root_of(world.portal) / "planted.html").write_text("x")
    until(watch, TamperEvent.objects.exists)
    assert WatchSign.objects.get().is_blind


def test_too_few_watches_leave_the_watch_blind_but_alive(world, monkeypatch):
    monkeypatch.setattr(FolderNotifier, "_watch", limited(FolderNotifier._watch))
    watch = Watch()
    with watch._stack:
        watch.start()
        assert watch.is_blind


def limited(real: Callable[[FolderNotifier, str], bool]) -> Callable[[FolderNotifier, str], bool]:
    def watch_two(self: FolderNotifier, folder: str) -> bool:
        if self.folders < 2:
            return real(self, folder)
        self.is_limited = True
        return True

    return watch_two


def test_watch_outlives_a_database_that_is_away(world, monkeypatch):
    watch = Watch()
    steps = []

    def step() -> None:
        steps.append(1)
        if len(steps) == 1:
            raise OperationalError("away")
        watch.stop(15, None)

    monkeypatch.setattr(watch, "step", step)
    monkeypatch.setattr(watching.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(watching.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(watching, "close_old_connections", lambda: None)
    watch.run()
    assert len(steps) == 2


def test_comparison_is_asked_for_by_those_who_may_while_a_watch_runs(world, watch):
    with pytest.raises(SweepRefused):
        request_sweep(site=world.portal, actor=world.author)
    request_sweep(site=world.portal, actor=world.inspector)
    until(watch, lambda: Sweep.objects.count() == 2)
    WatchSign.objects.all().delete()
    with pytest.raises(SweepRefused):
        request_sweep(site=world.portal, actor=world.inspector)


def test_silent_watch_is_told_and_the_worker_signs_instead(world, time_machine):
    time_machine.move_to("2026-11-22 09:00:00+08:00", tick=False)
    [*_steps] = look_after()
    assert SignedManifest.objects.get(site=world.portal).signature
    assert not Alarm.objects.exists()  # nobody ever started one
    watch = Watch()
    watch._give_sign()
    time_machine.shift(120)
    [*_steps] = look_after()
    assert Alarm.objects.get(kind=STOPPED).state == AlarmState.OPEN
    time_machine.shift(-86_400)  # the clock is set back
    watch._give_sign()
    [*_steps] = look_after()
    assert Alarm.objects.get(kind=STOPPED).state == AlarmState.OVER


def test_notifier_hears_of_new_folders_and_what_lies_in_them(tmp_path):
    (tmp_path / "a").mkdir()
    with FolderNotifier(tmp_path) as notifier:
        assert notifier.wait(0).paths == set()
        (tmp_path / "a/b/c").mkdir(parents=True)
        (tmp_path / "a/b/c/x").write_text("x")
        assert {"a/b", "a/b/c", "a/b/c/x"} <= notifier.wait(1).paths
        (tmp_path / "a/b/c/x").write_text("y")
        assert notifier.wait(1).paths == {"a/b/c/x"}
        (tmp_path / "a/b").rename(tmp_path / "moved")
        assert {"a/b", "moved", "moved/c/x"} <= notifier.wait(1).paths
        (tmp_path / "moved/c/x").write_text("z")
        assert notifier.wait(1).paths == {"moved/c/x"}
        (tmp_path / "out").symlink_to("/")
        assert notifier.wait(1).paths == {"out"}
        assert notifier.folders == 4
        (tmp_path / "a").rmdir()
        assert "a" in notifier.wait(1).paths


def test_missing_kernel_support_is_an_error_of_the_system(tmp_path, monkeypatch):
    monkeypatch.setattr(notifying.ctypes, "CDLL", lambda name, use_errno: object())
    with pytest.raises(OSError, match="no inotify"):
        FolderNotifier(tmp_path)

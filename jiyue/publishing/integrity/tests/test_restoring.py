"""Whatever is done to a public folder is found, put right, kept and told; the publisher is left alone."""

import gzip
import os
from pathlib import Path

import pytest
from django.conf import settings

from jiyue.core import outbox
from jiyue.core.models import Alarm, AuditEntry, OutboxMessage
from jiyue.publishing import publisher, reconcile, topics
from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.delivery.stores import site_root
from jiyue.publishing.integrity import objects, recording, restoring, sweeping
from jiyue.publishing.integrity.models import Sweep, TamperEvent, TamperKind, TamperState
from jiyue.publishing.integrity.recording import note_restored, record_remedies
from jiyue.publishing.integrity.restoring import settle
from jiyue.publishing.integrity.sweeping import SweepReport, sweep_site
from jiyue.publishing.manifest import record_files
from jiyue.publishing.models import OutputFile, Placement
from jiyue.publishing.publisher import exclusive
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.store import WrittenFile
from jiyue.publishing.tests.output import publish_many, root_of, snapshot
from tests.factories import World, make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    publish_many(world, 2, channels=(world.news,))
    return world


@pytest.fixture
def root(world: World) -> Path:
    return root_of(world.portal)


@pytest.fixture
def page(world: World) -> str:
    return Placement.objects.filter(channel=world.news).earliest("pk").path


def sweep(world: World, **options: object) -> SweepReport:
    """A full comparison, with everything it asks for carried out."""
    [*_steps, report] = sweep_site(world.portal, **options)
    outbox.drain()
    assert note_restored(world.portal) == []
    return report


def other_page(world: World) -> str:
    return Placement.objects.filter(channel=world.news).latest("pk").path


def change(root: Path, page: str, world: World) -> None:
    (root / page).write_bytes((root / page).read_bytes().replace(b"<p>", b"<p>x", 1))


def change_both(root: Path, page: str, world: World) -> None:
    (root / page).write_bytes(b"tampered")
    (root / f"{page}.gz").write_bytes(gzip.compress(b"tampered"))


def cut_off(root: Path, page: str, world: World) -> None:
    os.truncate(root / page, 100)


def remove(root: Path, page: str, world: World) -> None:
    (root / page).unlink()


def remove_both(root: Path, page: str, world: World) -> None:
    (root / page).unlink()
    (root / f"{page}.gz").unlink()


def swap(root: Path, page: str, world: World) -> None:
    (root / page).write_bytes((root / other_page(world)).read_bytes())


def other_copy(root: Path, page: str, world: World) -> None:
    (root / f"{page}.gz").write_bytes(gzip.compress(b"tampered"))


def copy_with_an_appendix(root: Path, page: str, world: World) -> None:
    with (root / f"{page}.gz").open("ab") as file:
        file.write(gzip.compress(b"hidden"))


def copy_that_explodes(root: Path, page: str, world: World) -> None:
    (root / f"{page}.gz").write_bytes(gzip.compress(bytes(20_000_000)))


def folder_for_a_copy(root: Path, page: str, world: World) -> None:
    (root / f"{page}.gz").unlink()
    (root / f"{page}.gz").mkdir()


def link(root: Path, page: str, world: World) -> None:
    (root / page).unlink()
    (root / page).symlink_to("/etc/passwd")


def pipe(root: Path, page: str, world: World) -> None:
    (root / page).unlink()
    os.mkfifo(root / page)


def folder(root: Path, page: str, world: World) -> None:
    (root / page).unlink()
    (root / page).mkdir()
    (root / page / "x").write_text("x")


def open_to_all(root: Path, page: str, world: World) -> None:
    (root / page).chmod(0o666)


def record(root: Path, page: str, world: World) -> None:
    OutputFile.objects.filter(path=page).update(sm3="0" * 64)


TAMPERING = {
    change: "changed",
    change_both: "truncated",
    cut_off: "truncated",
    remove: "removed",
    remove_both: "removed",
    swap: "swapped",
    other_copy: "copy",
    copy_with_an_appendix: "copy",
    copy_that_explodes: "copy",
    folder_for_a_copy: "copy",
    link: "link",
    pipe: "special",
    folder: "special",
    open_to_all: "permissions",
    record: "record",
}


@pytest.mark.req("SEC-15")
def test_tampered_page_is_restored_byte_for_byte(world, root, page):
    before = snapshot(world.portal)
    for tamper, kind in TAMPERING.items():
        since = AuditEntry.objects.count()
        TamperEvent.objects.all().delete()
        Alarm.objects.all().delete()
        tamper(root, page, world)
        report = sweep(world)
        assert snapshot(world.portal) == before, tamper
        assert {path.stat().st_mode & 0o777 for path in root.rglob("*.html")} == {0o644}
        assert [(each.finding.path, each.finding.kind) for each in report.settled.remedies] == [(page, kind)]
        event = TamperEvent.objects.get()
        assert (event.path, event.kind, event.state) == (page, kind, TamperState.RESTORED)
        assert event.ended_at is not None
        alarm = Alarm.objects.get(kind=recording.TAMPERED)
        assert (alarm.subject, alarm.site_key, alarm.details["kind"]) == (f"shi/{page}", "shi", kind)
        verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)[since:])
        assert verbs[0] == "alarm.raised"
        assert "integrity.tampered" in verbs
    assert find_discrepancies() == []
    assert sweep(world).settled.remedies == []
    assert [each.found for each in Sweep.objects.order_by("pk")] == [*[1] * len(TAMPERING), 0]


def test_every_kind_of_file_comes_back(world, root):
    """Media from the private store, shared files, lists, feeds and maps from the publisher."""
    before = snapshot(world.portal)
    for path in before:
        (root / path).write_bytes(b"tampered")
    sweep(world)
    assert snapshot(world.portal) == before


@pytest.mark.req("SEC-15")
def test_planted_things_are_taken_away_and_kept(world, root):
    before = snapshot(world.portal)
    (root / "planted.html").write_text("x")
    (root / "planted.html.gz").write_text("x")
    (root / ".htaccess").write_text("x")
    (root / "Leaked File.docx").write_text("x")
    (root / os.fsdecode(b"\xff\xfe.html")).write_text("x")
    (root / "link").symlink_to("/etc")
    (root / "wp/admin").mkdir(parents=True)
    (root / "wp/admin/shell.php").write_text("x")
    (root / "empty").mkdir()
    os.mkfifo(root / "yaowen/pipe")
    report = sweep(world)
    assert snapshot(world.portal) == before
    assert not (root / "wp").exists()
    assert not (root / "empty").exists()
    assert not (root / "link").is_symlink()
    found = {each.finding.path: each.finding.kind for each in report.settled.remedies}
    assert len(found) == 9
    assert found["wp"] == found["empty"] == TamperKind.FOLDER
    kept = Path(settings.JIYUE_QUARANTINE_DIR) / "shi"
    assert kept.stat().st_mode & 0o777 == 0o700
    evidence = TamperEvent.objects.get(path="wp").evidence
    assert (kept / evidence / "admin/shell.php").read_text() == "x"
    assert (kept / TamperEvent.objects.get(path="link").evidence).readlink() == Path("/etc")
    assert TamperEvent.objects.filter(path="\\udcff\\udcfe.html").exists()


def test_link_in_place_of_a_folder_is_taken_away_before_its_files_come_back(world, root, tmp_path):
    before = snapshot(world.portal)
    elsewhere = tmp_path / "elsewhere"
    (root / "yaowen").rename(elsewhere)
    (root / "yaowen").symlink_to(elsewhere)
    kept = {path: path.read_bytes() for path in elsewhere.rglob("*.html")}
    for path in elsewhere.rglob("*.gz"):
        path.write_bytes(b"tampered")
    sweep(world)
    assert snapshot(world.portal) == before
    assert {path: path.read_bytes() for path in elsewhere.rglob("*.html")} == kept


def test_whole_site_exchanged_for_a_link_comes_back(world, root, tmp_path):
    before = snapshot(world.portal)
    root.rename(tmp_path / "moved")
    root.symlink_to(tmp_path / "moved")
    sweep(world)
    assert not root.is_symlink()
    assert snapshot(world.portal) == before


def test_flood_raises_one_alarm_of_the_site_and_few_rows(world, root, monkeypatch):
    monkeypatch.setattr(recording, "EVENT_ROWS", 10)
    monkeypatch.setattr(sweeping, "SETTLE_PATHS", 50)
    for number in range(150):
        (root / f"spam{number}.html").write_text("x")
    report = sweep(world)
    assert len(report.settled.remedies) == 150
    alarms = Alarm.objects.filter(kind=recording.TAMPERED)
    assert [(alarm.subject, alarm.times) for alarm in alarms] == [("shi", 3)]
    assert TamperEvent.objects.count() == 30
    assert sum(1 + event.others for event in TamperEvent.objects.all()) == 150
    assert not list(root.glob("spam*"))


def test_repeated_tampering_counts_up_and_keeps_restoring(world, root, page):
    before = snapshot(world.portal)
    for _attempt in range(3):
        change(root, page, world)
        sweep(world)
        assert snapshot(world.portal) == before
    event = TamperEvent.objects.get()
    assert event.times == 3
    assert Alarm.objects.get(kind=recording.TAMPERED).times == 3


def test_quarantine_forgets_the_oldest_and_refuses_what_is_too_big(world, root, monkeypatch):
    monkeypatch.setattr(settings, "JIYUE_QUARANTINE_MB", 1)
    with (root / "huge.iso").open("wb") as file:
        file.truncate(10**9)  # takes no room on the disk
    sweep(world)
    assert TamperEvent.objects.get(path="huge.iso").evidence == ""
    for number in range(6):
        (root / f"{number}.bin").write_bytes(bytes(200_000))
        sweep(world)
    kept = list((Path(settings.JIYUE_QUARANTINE_DIR) / "shi").iterdir())
    assert 4 <= len(kept) <= 5


@pytest.mark.req("SEC-15")
def test_publisher_at_work_is_neither_disturbed_nor_accused(world, root, page):
    change(root, page, world)
    with exclusive("shi"), pytest.raises(BlockingIOError):
        settle(world.portal, [page])
    assert not TamperEvent.objects.exists()


def test_files_of_a_killed_batch_are_left_to_its_next_attempt(world, root, page):
    """The page is in place, the transaction never came: the row in the outbox says that it was begun."""
    placement = Placement.objects.get(path=page)
    outbox.request(topics.PLACEMENT, placement.pk)
    OutboxMessage.objects.filter(topic=topics.PLACEMENT, key=placement.pk, status="pending").update(
        attempts=1
    )
    change(root, page, world)
    settled = settle(world.portal, [page])
    assert (settled.remedies, settled.deferred) == ([], [page])
    settled = settle(world.portal, [page], impatient=frozenset({page}))
    assert [each.finding.kind for each in settled.remedies] == [TamperKind.CHANGED]


def test_leftovers_of_a_killed_writer_go_without_an_alarm(world, root, page):
    folder, _, name = page.rpartition("/")
    (root / folder / f".{name}.new").write_text("half a page")
    (root / "yaowen/209901").mkdir()
    Placement.objects.create(
        resource_id=Placement.objects.get(path=page).resource_id,
        channel=make_channel(world.portal, "gonggao", world.unit_a),
        site=world.portal,
        sequence=1,
        list_page=1,
        site_sequence=99,
        sitemap_shard=1,
        path="yaowen/209901/9.html",
        placed_at=Placement.objects.get(path=page).placed_at,
        is_live=False,
    )
    report = sweep(world)
    assert report.settled.remedies == []
    assert not (root / "yaowen/209901").exists()
    assert not list(root.rglob("*.new"))


def test_record_of_a_file_that_nothing_makes_any_more_is_given_up(world, root):
    row = OutputFile.objects.get(path="index.html")
    recorded = WrittenFile("assets/0123456789ab/old.woff2", 3, "0" * 64)
    record_files(row.site_id, [recorded])
    sweep(world)
    assert TamperEvent.objects.get().state == TamperState.GIVEN_UP
    assert not OutputFile.objects.filter(path=recorded.path).exists()


def test_nothing_found_is_nothing_recorded(world):
    record_remedies(world.portal, [])
    assert sweep(world, workers=2).suspects == []
    assert not TamperEvent.objects.exists()
    assert not Alarm.objects.exists()


def test_objects_are_compared_and_restored_through_their_store(world, root, page, monkeypatch):
    """The store's own door, here with a folder behind it."""
    before = snapshot(world.portal)
    monkeypatch.setattr(settings, "JIYUE_OBJECT_STORE", object())
    for module in (objects, restoring, publisher, reconcile):
        monkeypatch.setattr(module, "open_store", lambda key: LocalStore(site_root(key)))
    swap(root, page, world)
    (root / "index.html").unlink()
    (root / "feed.xml.gz").write_bytes(b"tampered")
    (root / "planted.html").write_text("x")
    for path in ("robots.txt", "robots.txt.gz"):
        (root / path).write_bytes(b"tampered")
    report = sweep(world)
    assert snapshot(world.portal) == before
    assert {each.finding.path: each.finding.kind.value for each in report.settled.remedies} == {
        page: "swapped",
        "index.html": "removed",
        "feed.xml": "copy",
        "planted.html": "planted",
        "robots.txt": "truncated",
    }
    assert len(list((Path(settings.JIYUE_QUARANTINE_DIR) / "shi").iterdir())) == 4

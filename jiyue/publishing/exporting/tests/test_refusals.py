"""Exports and imports that are refused, with nothing half-written or half-stored."""

import errno
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jiyue.core import crypto, outbox
from jiyue.core.models import AuditEntry, OutboxMessage, OutboxStatus
from jiyue.library.enums import WithdrawalReason
from jiyue.library.models import Edition, Resource
from jiyue.library.services import withdraw_resource
from jiyue.organizations.models import Organization, Person
from jiyue.publishing import topics
from jiyue.publishing.exporting import targets
from jiyue.publishing.exporting.layout import (
    FILES,
    KEY_NAME,
    MANIFEST,
    SIGNATURE,
    ExportRefused,
    ImportRefused,
)
from jiyue.publishing.exporting.services import export_site
from jiyue.publishing.exporting.tests.elsewhere import export, platform, take_in
from jiyue.publishing.tasks import publish_placements
from jiyue.publishing.tests.output import read, root_of
from jiyue.sites.models import Site
from tests.factories import World, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Where the export is kept once one was made: the platform it comes from is gone anyway."""
    return tmp_path_factory.mktemp("exports") / "export"


@pytest.fixture
def exported(kept, tmp_path, settings):
    """A small export as a folder."""
    if not kept.exists():
        with platform(settings, tmp_path / "first"):
            world = World()
            world.publish(channels=(world.news,))
            export(world.portal, kept)
    return shutil.copytree(kept, tmp_path / "export")


def assert_nothing_came(code: str, path: Path, **values: object) -> None:
    with pytest.raises(ImportRefused) as refusal:
        take_in(path, **values)
    assert refusal.value.code == code
    assert str(refusal.value.fix)
    assert not any(model.objects.exists() for model in (Site, Resource, Edition, Person))


def sign_again(folder: Path) -> None:
    """What somebody with the key could sign: the list and the manifest fit, whatever the files say."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    unlisted = {FILES, MANIFEST, SIGNATURE, "signer.pub"}
    lines = []
    for name in names:
        if name not in unlisted:
            data = (folder / name).read_bytes()
            lines.append(json.dumps({"path": name, "size": len(data), "sm3": crypto.sm3_hex(data)}))
    listing = ("\n".join(lines) + "\n").encode()
    (folder / FILES).write_bytes(listing)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files_sm3"] = crypto.sm3_hex(listing)
    seal(folder, manifest)


def seal(folder: Path, manifest: dict) -> None:
    data = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).write_text(crypto.load_key_pair(KEY_NAME).sign(data).hex())


def pack(folder: Path, *, changed: dict[str, bytes] | None = None) -> Path:
    """A zip of an export, with members of our choosing."""
    file = folder.with_suffix(".zip")
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
        for name, data in (changed or {}).items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize("name", ["pages/index.html", "data/editions.jsonl", FILES, "history/actions.jsonl"])
def test_one_changed_byte_is_noticed_before_anything_is_stored(exported, name):
    data = bytearray((exported / name).read_bytes())
    data[len(data) // 2] ^= 1
    (exported / name).write_bytes(data)
    assert_nothing_came("export_damaged", exported)


def test_manifest_that_nobody_trusted_signed_is_refused(exported, tmp_path, settings):
    manifest = bytearray((exported / MANIFEST).read_bytes())
    (exported / MANIFEST).write_bytes(manifest.replace(b'"with_history": false', b'"with_history": true '))
    assert_nothing_came("export_not_trusted", exported)
    (exported / MANIFEST).write_bytes(manifest)
    settings.JIYUE_KEY_DIR = tmp_path / "other-keys"
    assert_nothing_came("export_not_trusted", exported)
    crypto.create_key_pair(KEY_NAME)
    assert_nothing_came("export_not_trusted", exported)
    with pytest.raises(CommandError, match=r"public key|公钥"):
        call_command("import-site", exported, "--into-empty", "--trust-key", exported / "README.txt")
    call_command(
        "import-site", exported, "--into-empty", "--create-units", "--trust-key", exported / "signer.pub"
    )
    assert Edition.objects.count() == 1


def test_newer_format_names_its_version(exported):
    manifest = json.loads((exported / MANIFEST).read_text())
    seal(exported, manifest | {"version": 2})
    assert_nothing_came("export_too_new", exported)


def test_files_that_were_added_lost_or_linked_are_refused(exported):
    extra = exported / "pages/extra.html"
    extra.write_text("x")
    assert_nothing_came("export_damaged", exported)
    extra.unlink()
    extra.symlink_to("/etc/passwd")
    assert_nothing_came("export_damaged", exported)
    extra.unlink()
    (exported / "pages/index.html").unlink()
    assert_nothing_came("export_damaged", exported)


@pytest.mark.parametrize(
    "name", ["../outside.html", "/etc/x", "pages/../../x", "C:\\x", "pages/a\nb", ".hidden", "页"]
)
def test_archive_with_a_harmful_name_is_refused(exported, name, tmp_path):
    assert_nothing_came("export_damaged", pack(exported, changed={name: b"x"}))
    tar = tmp_path / "bad.tar"
    with tarfile.open(tar, "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    assert_nothing_came("export_damaged", tar)


def test_archive_with_links_doubles_or_too_much_in_a_member_is_refused(exported, tmp_path):
    tar = tmp_path / "link.tar"
    with tarfile.open(tar, "w") as archive:
        member = tarfile.TarInfo("pages/link.html")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    assert_nothing_came("export_damaged", tar)
    with pytest.warns(UserWarning, match="Duplicate"):
        doubled = pack(exported, changed={"README.txt": b"x"})
    assert_nothing_came("export_damaged", doubled)
    bomb = exported / "pages/index.html"
    bomb.write_bytes(bomb.read_bytes() + b"0" * 50_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(exported.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(exported).as_posix())
    assert_nothing_came("export_damaged", tmp_path / "bomb.zip")


def test_truncated_or_foreign_file_is_refused(exported, tmp_path):
    whole = pack(exported).read_bytes()
    short = tmp_path / "short.zip"
    for length in (0, 100, len(whole) // 2, len(whole) - 10):
        short.write_bytes(whole[:length])
        assert_nothing_came("export_damaged", short)
    with pytest.raises(ImportRefused, match=r"can't be read|无法读取"):
        take_in(tmp_path / "absent.zip")


def test_rows_that_do_not_fit_together_undo_everything(exported):
    steps = exported / "history/steps.jsonl"
    lines = steps.read_text("utf-8").splitlines()
    steps.write_text("\n".join(lines[:-1]) + "\n", "utf-8")  # an edition without its last approval
    actions = exported / "history/actions.jsonl"
    kept = [line for line in actions.read_text("utf-8").splitlines() if '"level"' not in line]
    actions.write_text("\n".join(line for line in kept if json.loads(line)["verb"] != "approve"), "utf-8")
    sign_again(exported)
    assert_nothing_came("export_damaged", exported)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("data/placements", {"path": "../../etc/passwd"}),
        ("data/channels", {"path": "search"}),
        ("data/channels", {"surprise": 1}),
        ("data/site", {"key": "../x"}),
        ("data/site", {"theme": "absent"}),
        ("data/units", {"level": "kingdom"}),
        ("data/resources", {"unit": "NOBODY"}),
        ("data/editions", {"kind": "absent"}),
    ],
)
def test_values_that_the_platform_would_not_write_are_refused_even_when_signed(exported, name, change):
    file = exported / f"{name}.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    file.write_text("".join(json.dumps(row | change) + "\n" for row in rows), "utf-8")
    sign_again(exported)
    with pytest.raises(Exception) as refusal:  # a channel's path has a refusal of its own
        take_in(exported)
    assert str(getattr(refusal.value, "fix", ""))
    assert not any(model.objects.exists() for model in (Site, Resource, Edition, Person))


def test_platform_that_is_not_empty_takes_no_site_in(exported):
    world = World()
    make_unit("Z00000009")
    assert world.portal.key == "shi"
    with pytest.raises(ImportRefused) as refusal:
        take_in(exported)
    assert refusal.value.code == "platform_not_empty"
    assert Site.objects.get() == world.portal


def test_units_are_founded_only_with_consent(exported):
    with pytest.raises(CommandError, match="A00000001"):
        call_command("import-site", exported, "--into-empty")
    assert not Organization.objects.exists()


def test_only_platform_managers_export_and_import(exported, tmp_path, settings):
    with platform(settings, tmp_path / "second"):
        world = World()
        world.publish(channels=(world.news,))
        with pytest.raises(ImportRefused, match=r"platform manager|平台管理员"):
            export(world.portal, tmp_path / "mine", actor=world.lead)
        call_command("export-site", "shi", "--to", tmp_path / "managers", "--as", world.manager.login_name)
        assert (tmp_path / "managers" / MANIFEST).exists()
        assert AuditEntry.objects.get(verb="site.exported").account_id == world.manager.pk
        with pytest.raises(ImportRefused, match=r"platform manager|平台管理员"):
            take_in(exported, actor=world.lead)


def test_export_never_overwrites_and_leaves_nothing_when_it_fails(tmp_path, monkeypatch):
    world = World()
    world.publish(channels=(world.news,))
    taken = tmp_path / "taken.zip"
    taken.write_text("mine")
    with pytest.raises(ExportRefused, match=r"already|已存在"):
        export(world.portal, taken)
    assert taken.read_text() == "mine"
    with pytest.raises(ExportRefused, match=r"no folder|没有文件夹"):
        export(world.portal, tmp_path / "absent" / "x.zip")
    written = []

    def full(self, data):
        written.append(data)
        if len(written) > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(self, data)

    plain = targets.Measured.write
    monkeypatch.setattr(targets.Measured, "write", full)
    before = set(tmp_path.iterdir())
    for name in ("full.zip", "full.tar", "full"):
        written.clear()
        with pytest.raises(CommandError, match="No space left"):
            call_command("export-site", "shi", "--to", tmp_path / name)
    assert set(tmp_path.iterdir()) == before
    assert not AuditEntry.objects.filter(verb="site.exported").exists()


def test_site_with_waiting_or_changed_pages_is_not_exported(tmp_path):
    world = World()
    item = world.publish(channels=(world.news,))
    page = root_of(world.portal) / item.placements.get().path
    shown = page.read_bytes()
    page.write_bytes(shown.replace(b"</html>", b"<!-- planted --></html>"))
    with pytest.raises(ExportRefused) as refusal:
        export(world.portal, tmp_path / "tampered")
    assert refusal.value.code == "public_file_differs"
    page.write_bytes(shown)
    world.decide_all(world.submitted(channels=(world.news,)))
    with pytest.raises(ExportRefused, match=r"waiting|等待"):
        export(world.portal, tmp_path / "early")


def test_site_that_changes_meanwhile_is_not_exported(tmp_path):
    world = World()
    item = world.publish(channels=(world.news,))
    done = []

    def withdraw(count):
        if not done:
            done.append(count)
            world.withdraw(item)

    with pytest.raises(ExportRefused):
        export_site(
            site=world.portal, destination=tmp_path / "x", actor=None, operator="ops", progress=withdraw
        )
    assert not (tmp_path / "x").exists()


def test_site_whose_lists_still_name_a_withdrawn_item_is_not_exported(tmp_path):
    world = World()
    world.publish(channels=(world.news,), title="仍然公开")
    resource = world.publish(channels=(world.news,), title="已经撤下")
    withdraw_resource(
        resource=resource, reason_type=WithdrawalReason.WRONG_CONTENT, reason="内容有误", actor=world.leader
    )
    rows = OutboxMessage.objects.filter(topic=topics.PLACEMENT)
    publish_placements([str(key) for key in rows.values_list("key", flat=True)])
    rows.delete()  # the page is gone; lists and feeds come later
    assert "已经撤下" in read(world.portal, "yaowen/index.html")
    with pytest.raises(ExportRefused):
        export(world.portal, tmp_path / "early")
    waiting = list(OutboxMessage.objects.filter(status=OutboxStatus.PENDING).values_list("pk", flat=True))
    OutboxMessage.objects.filter(pk__in=waiting).update(status=OutboxStatus.FAILED)
    with pytest.raises(ExportRefused):
        export(world.portal, tmp_path / "failed")
    OutboxMessage.objects.filter(pk__in=waiting).update(status=OutboxStatus.PENDING)
    outbox.drain()
    assert export(world.portal, tmp_path / "later").pages

"""What is in an export: pages, web archive, signed list; and what only an archive authority gets."""

import json
import zipfile
from hashlib import sha1
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from jiyue.core import audit, crypto
from jiyue.core.models import AuditEntry
from jiyue.front.headers import cache_control, content_type
from jiyue.library.models import Edition, Withdrawal
from jiyue.publishing.exporting.layout import FILES, KEY_NAME, MANIFEST, SIGNATURE, WARC
from jiyue.publishing.exporting.tests.elsewhere import export, fill, platform, take_in
from jiyue.publishing.tests.output import files_of, root_of
from jiyue.review.models import ReviewAction
from tests.factories import World

pytestmark = pytest.mark.django_db


def rows(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


def responses(file: Path) -> dict[str, tuple[bytes, dict[str, str], str]]:
    """Body, headers and payload digest of every response by its address; other records have none."""
    found = {}
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            assert record.rec_type in {"warcinfo", "response"}
            if record.rec_type == "response":
                address = record.rec_headers.get_header("WARC-Target-URI")
                headers = dict(record.http_headers.headers)
                digest = record.rec_headers.get_header("WARC-Payload-Digest")
                assert record.rec_headers.protocol == "WARC/1.1"
                found[address] = (record.content_stream().read(), headers, digest)
    return found


def test_export_stands_on_its_own_and_its_web_archive_says_the_same(tmp_path):
    world = World()
    fill(world)
    audit.seal_entries()
    report = export(world.portal, tmp_path / "out", with_warc=True)
    folder = tmp_path / "out"
    published = {path: (root_of(world.portal) / path).read_bytes() for path in files_of(world.portal)}
    pages = {
        path.relative_to(folder / "pages").as_posix(): path.read_bytes()
        for path in (folder / "pages").rglob("*")
        if path.is_file()
    }
    assert pages == published
    assert report.pages == len(pages)
    archived = responses(folder / WARC)
    base = world.portal.base_url
    by_address = {f"{base}/{path.removesuffix('index.html')}": path for path in published}
    assert archived.keys() == by_address.keys()
    for address, path in by_address.items():
        body, headers, digest = archived[address]
        assert body == published[path]
        assert digest.startswith("sha1:")
        assert len(sha1(body).digest()) == 20  # noqa: S324  # what warcio checked above
        assert headers["Content-Type"] == content_type(path)
        assert headers["Cache-Control"] == cache_control(f"/{path}")
        assert headers["Content-Length"] == str(len(body))
    manifest = (folder / MANIFEST).read_bytes()
    signature = bytes.fromhex((folder / SIGNATURE).read_text())
    assert crypto.load_public_key(KEY_NAME).is_signature_of(manifest, signature)
    listing = (folder / FILES).read_bytes()
    assert json.loads(manifest)["files_sm3"] == crypto.sm3_hex(listing)
    listed = {row["path"]: row["sm3"] for row in map(json.loads, listing.splitlines())}
    on_disk = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: crypto.sm3_file_hex(on_disk[name]) for name in listed} == listed
    assert on_disk.keys() - listed.keys() == {MANIFEST, SIGNATURE, FILES, "signer.pub"}
    readme = (folder / "README.txt").read_text("utf-8")
    assert "公开页面" in readme
    assert "byte for byte" in readme
    assert_history_names_who_decided(folder)


def assert_history_names_who_decided(folder: Path) -> None:
    earlier = rows(folder, "history/earlier_editions")
    assert len(earlier) == 2  # the corrected item's first edition, and the withdrawn one
    assert [each["person"] for each in earlier[0]["approved_by"]] == ["乙", "庚"]
    assert "title" not in earlier[0]
    released = [row for row in rows(folder, "history/audit") if row["verb"] == "edition.released"]
    entry = AuditEntry.objects.get(pk=released[0]["entry"])
    assert released[0]["text_sm3"] == entry.text_digest
    assert released[0]["seal"]
    people = rows(folder, "data/people")
    assert all(row.keys() == {"ref", "name"} for row in people)


def test_archive_authority_gets_earlier_editions_and_opinions_and_can_import_them(tmp_path, settings):
    with platform(settings, tmp_path / "first"):
        world = World()
        items = fill(world)
        export(world.portal, tmp_path / "full.tar", with_history=True)
        export(world.portal, tmp_path / "public.zip")
        taken = Withdrawal.objects.get()
    with zipfile.ZipFile(tmp_path / "public.zip") as archive:
        assert not archive.read("history/editions.jsonl")
        for word in ("更正前的标题", "已撤下的标题", "内容有误", "不涉密"):
            assert not [name for name in archive.namelist() if word.encode() in archive.read(name)]
    take_in(tmp_path / "full.tar")
    assert list(
        Edition.objects.filter(resource=items["corrected"].pk)
        .order_by("number")
        .values_list("title", flat=True)
    ) == ["更正前的标题", "更正后的标题"]
    again = Withdrawal.objects.get()
    assert (again.reason, again.withdrawn_at, again.edition_id) == (
        "内容有误",
        taken.withdrawn_at,
        taken.edition_id,
    )
    assert ReviewAction.objects.exclude(record_json={}).exists()

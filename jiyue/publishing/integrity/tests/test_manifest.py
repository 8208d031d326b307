"""The signed manifest: what it proves, to whom, and what it costs."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from jiyue.core import outbox
from jiyue.core.models import Alarm, AlarmState
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity import sealing
from jiyue.publishing.integrity.models import SignedManifest
from jiyue.publishing.integrity.recording import UNTRUSTED
from jiyue.publishing.integrity.sealing import ROUND_BUCKETS, seal_all, seal_site
from jiyue.publishing.integrity.sweeping import sweep_site
from jiyue.publishing.integrity.verifying import verify_export, verify_manifest
from jiyue.publishing.manifest import BUCKETS, KEY_NAME, bucket_of, record_files
from jiyue.publishing.models import ManifestBucket, OutputFile, Placement
from jiyue.publishing.store import WrittenFile
from jiyue.publishing.tests.output import publish_many, root_of, snapshot
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    publish_many(world, 2, channels=(world.news,))
    seal_all(world.portal.pk)
    return world


def test_manifest_names_size_digest_and_edition_of_every_file(world):
    placement = Placement.objects.filter(channel=world.news).earliest("pk")
    row = OutputFile.objects.get(path=placement.path)
    text = (output_root() / ".manifests/shi" / f"{bucket_of(row.path):03x}.txt").read_text()
    line = f"{row.sm3} {row.size_bytes} {placement.rendered_edition_id} {row.path}\n"
    assert line in text
    signed = json.loads(SignedManifest.objects.get(site=world.portal).statement)
    assert signed["files"] == OutputFile.objects.filter(site=world.portal).count()
    assert signed["is_complete"] is True
    assert verify_manifest(world.portal) == []
    assert list(verify_export(output_root(), "shi")) == []


@pytest.mark.req("SEC-15")
def test_edited_rows_are_found_without_looking_at_the_disk(world):
    """Somebody with the database but without the key: a row changed, added, taken away."""
    path = Placement.objects.filter(channel=world.news).earliest("pk").path
    rows = OutputFile.objects.filter(site=world.portal, path=path)
    before = rows.get()
    rows.update(sm3="0" * 64)
    assert {problem.path for problem in verify_manifest(world.portal)} == {path, ""}
    ManifestBucket.objects.filter(site=world.portal).update(version=10**6)  # "seal it again"
    assert seal_site(world.portal.pk) == [path]
    assert [problem.path for problem in verify_manifest(world.portal)] == [path]
    before.save()
    record_files(world.portal.pk, [WrittenFile(path, before.size_bytes, before.sm3)])
    seal_all(world.portal.pk)
    assert verify_manifest(world.portal) == []
    rows.delete()
    assert len(verify_manifest(world.portal)) == 1
    [*_steps, report] = sweep_site(world.portal)
    outbox.drain()
    assert report.reasons
    assert Alarm.objects.get(kind=UNTRUSTED).state == AlarmState.OPEN
    assert rows.exists()
    seal_all(world.portal.pk)
    [*_steps, _report] = sweep_site(world.portal)
    assert Alarm.objects.get(kind=UNTRUSTED).state == AlarmState.OVER


def test_changed_signature_or_digest_is_found(world):
    manifest = SignedManifest.objects.get(site=world.portal)
    SignedManifest.objects.update(statement=manifest.statement.replace('"shi"', '"xian"'))
    assert [problem.reason for problem in verify_manifest(world.portal)] == [
        "the signature doesn't belong to the statement"
    ]
    SignedManifest.objects.update(statement=manifest.statement)
    bucket = ManifestBucket.objects.filter(site=world.portal).first()
    ManifestBucket.objects.filter(pk=bucket.pk).update(digest="sm3:" + "0" * 64)
    assert len(verify_manifest(world.portal)) == 2
    SignedManifest.objects.all().delete()
    assert verify_manifest(world.portal)[0].reason == "the signature is gone"


@pytest.mark.req("SEC-15")
def test_mirror_proves_everything_with_the_public_key_alone(world, tmp_path):
    mirror, keys = tmp_path / "mirror", tmp_path / "public-keys"
    shutil.copytree(output_root(), mirror)
    keys.mkdir()
    shutil.copy(Path(settings.JIYUE_KEY_DIR) / f"{KEY_NAME}.pub", keys)
    assert list(verify_export(mirror, "shi", key_folder=keys)) == []
    page = Placement.objects.filter(channel=world.news).earliest("pk").path
    (mirror / "shi" / page).write_bytes(b"tampered")
    assert [problem.path for problem in verify_export(mirror, "shi", key_folder=keys)] == [page]
    text = mirror / ".manifests/shi" / f"{bucket_of(page):03x}.txt"
    text.write_text(text.read_text().replace(page, "other.html"))
    assert ["differs" in problem.reason for problem in verify_export(mirror, "shi", key_folder=keys)] == [
        True
    ]
    statement = mirror / ".manifests/shi.json"
    statement.write_text(statement.read_text().replace("files", "filez"))
    assert len(list(verify_export(mirror, "shi", key_folder=keys))) == 1
    (mirror / ".manifests/xian.json").write_bytes((output_root() / ".manifests/shi.json").read_bytes())
    assert "about shi" in next(verify_export(mirror, "xian", key_folder=keys)).reason


def test_one_publication_seals_only_the_parts_it_touched(world, django_assert_max_num_queries):
    files = [WrittenFile(f"yaowen/202611/{number}.html", 1, "0" * 64) for number in range(3_000)]
    record_files(world.portal.pk, files)
    assert seal_all(world.portal.pk) >= BUCKETS * 0.9 // ROUND_BUCKETS
    record_files(world.portal.pk, files[:7])
    with django_assert_max_num_queries(25):
        seal_site(world.portal.pk)
    assert seal_site(world.portal.pk) == []


def test_row_changed_while_the_sealer_reads_stays_unsealed(world, monkeypatch):
    build = sealing.build_texts

    def slow(site_id: int, numbers: object) -> object:
        texts = build(site_id, numbers)
        record_files(site_id, [WrittenFile("index.html", 5, "1" * 64)])
        return texts

    record_files(world.portal.pk, [WrittenFile("index.html", 5, "0" * 64)])
    monkeypatch.setattr(sealing, "build_texts", slow)
    seal_site(world.portal.pk)
    monkeypatch.undo()
    assert '"is_complete":false' in SignedManifest.objects.get(site=world.portal).statement
    seal_all(world.portal.pk)
    assert verify_manifest(world.portal) == []


def test_commands_print_what_they_saw_and_say_it_by_their_exit_code(world):
    before = snapshot(world.portal)
    out = StringIO()
    call_command("manifest", "sign", stdout=out)
    call_command("manifest", "verify", "--files", stdout=out)
    call_command("watch", "--once", "--site", "shi", "--workers", "1", stdout=out)
    assert "MB" in out.getvalue()
    (root_of(world.portal) / "index.html").write_bytes(b"tampered")
    with pytest.raises(SystemExit):
        call_command("manifest", "verify", "--site", "shi", "--files", stdout=out)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("watch", "--once", stdout=out)
    assert "truncated index.html: restored" in out.getvalue()
    assert snapshot(world.portal) == before
    for command in (("manifest", "verify"), ("watch", "--once")):
        with pytest.raises(CommandError):
            call_command(*command, "--site", "nowhere", stdout=out)
    (output_root() / ".manifests/shi.json").unlink()
    with pytest.raises(SystemExit):
        call_command("manifest", "verify", "--site", "shi", "--files", str(output_root()), stdout=out)

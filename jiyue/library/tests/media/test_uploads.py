"""The one door for files of the library: bad files, rights, limits, viruses, leftovers (SEC-06, REV-23)."""

import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import translation

from jiyue.core import clock, crypto, virus_scan
from jiyue.core.models import AuditEntry, OutboxMessage, ScanState
from jiyue.core.virus_scan import InfectedFile, Verdict
from jiyue.library.enums import TextState
from jiyue.library.media.keeping import rescan_media, sweep_media
from jiyue.library.models import MediaFile
from jiyue.library.permissions import NotYourUnit
from jiyue.library.services import MediaRefused, store_media, store_upload
from jiyue.library.services.media import media_path
from jiyue.library.tests.media import samples
from jiyue.library.tests.media.samples import refused_words
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffNotice
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


def store(world: World, data: bytes, name: str, **values: object) -> MediaFile:
    return store_media(
        **{"unit": world.unit_a, "actor": world.author, **values}, data=data, original_name=name
    )


def stored_files() -> list[Path]:
    root = Path(settings.JIYUE_MEDIA_DIR)
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("data", "name", "content_type", "text_state"),
    [
        (samples.photograph(), r"C:\相册\现场.jpg", "image/jpeg", TextState.NONE),
        (samples.picture(), "其实是PNG.jpg", "image/png", TextState.NONE),
        (samples.heic(), "IMG_0001.HEIC", "image/jpeg", TextState.NONE),
        (samples.video(), "会议.mp4", "video/mp4", TextState.NONE),
        (samples.mp3(), "讲话.mp3", "audio/mpeg", TextState.NONE),
        (samples.SRT.encode(), "字幕.srt", "text/vtt; charset=utf-8", TextState.NONE),
        (samples.pdf(), "附件.pdf", "application/pdf", TextState.WAITING),
        (samples.word(), "附件.docx", samples.WORD_TYPE, TextState.WAITING),
    ],
)
def test_each_accepted_kind_is_kept_with_its_digest_and_its_entry(
    world, data, name, content_type, text_state
):
    media = store(world, data, name)
    kept = media_path(media.name).read_bytes()
    assert (media.content_type, media.text_state) == (content_type, text_state)
    assert media.original_name == name.rpartition("\\")[2]
    assert (media.size_bytes, media.sm3) == (len(kept), crypto.sm3_hex(kept))
    assert (media.source_bytes, media.source_sm3) == (len(data), crypto.sm3_hex(data))
    assert b"SECRET" not in kept
    entry = AuditEntry.objects.get(verb="media.stored")
    assert (entry.subject_id, entry.unit_id) == (str(media.pk), world.unit_a.pk)
    is_asked = OutboxMessage.objects.filter(topic="media_text", key=str(media.pk)).exists()
    assert is_asked == (text_state == TextState.WAITING)


@pytest.mark.req("SEC-06")
@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ\x90\x00" + bytes(100), "照片.jpg", "program"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "照片.jpg", "web page"),
        (b"\n<HTML><body onload=alert(1)>", "照片.png", "web page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "图.svg", "SVG"),
        (b'<?xml version="1.0"?><!DOCTYPE svg><svg onload="alert(1)"/>', "图.png", "SVG"),
        (b"GIF89a/*" + b"a" * 50 + b"*/=1;alert(1)", "图.gif", "damaged"),
        (samples.moving(), "图.gif", "moves"),
        (samples.pdf() + samples.word(), "附件.pdf", "two kinds"),
        (samples.pdf()[:-8], "附件.pdf", "cut off"),
        (samples.pdf(objects=b"8 0 obj\n<</S/JavaScript/JS(app.alert(1))>>\nendobj\n"), "a.pdf", "scripts"),
        (samples.pdf(objects=b"8 0 obj\n<</S/#4aava#53cript/J#53(x)>>\nendobj\n"), "a.pdf", "scripts"),
        (samples.pdf(objects=b"8 0 obj\n<</S/Launch/F(cmd.exe)>>\nendobj\n"), "a.pdf", "Launch"),
        (samples.pdf(objects=b"8 0 obj\n<</Type/EmbeddedFile>>\nendobj\n"), "a.pdf", "EmbeddedFile"),
        (
            samples.pdf(objects=samples.hidden_in_object_stream(b"8 0 <</S/JavaScript/JS(x)>>")),
            "a.pdf",
            "scripts",
        ),
        (samples.pdf(trailer=b"/Encrypt 7 0 R"), "a.pdf", "password"),
        (samples.with_password(samples.word()), "a.docx", "password"),
        (samples.OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "password"),
        (samples.OLE, "a.doc", "old office"),
        (samples.word(**{"word/vbaProject.bin": b"x"}), "a.docx", "macros"),
        (
            samples.word(**{"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main"}),
            "a.docm",
            "macros",
        ),
        (samples.word(**{"xl/macrosheets/sheet1.xml": b"x"}), "a.docx", "macros"),
        (samples.word(**{"word/embeddings/oleObject1.bin": b"x"}), "a.docx", "Objects of other programs"),
        (samples.word(**{"word/activeX/activeX1.xml": b"x"}), "a.docx", "Objects of other programs"),
        (samples.word(**{"word/_rels/settings.xml.rels": samples.REMOTE_TEMPLATE}), "a.docx", "template"),
        (samples.word(**{"word/embeddings/run.exe": b"MZ"}), "a.docx", "program"),
        (samples.word(**{"word/big.xml": bytes(60 * 1024 * 1024)}), "a.docx", "unpacks"),
        (samples.workbook(["序号", 1]), "名单.docx", "content is XLSX"),
        (samples.pdf(), "照片.jpg", "content is PDF"),
        (samples.packed({"a.txt": b"x"}), "资料.zip", "Archives"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "资料.7z", "isn't taken"),
        ("会议通知".encode(), "通知.txt", "isn't taken"),
        (samples.video(b"hvc1"), "会议.mp4", "don't play"),
        (samples.video() + b"<script>", "会议.mp4", "damaged"),
    ],
)
def test_bad_files_are_refused_with_the_way_out_and_leave_nothing(world, data, name, words):
    with translation.override("en"), pytest.raises(MediaRefused) as refusal:
        store(world, data, name)
    assert words in refused_words(refusal.value)
    assert refusal.value.fix
    assert not MediaFile.objects.exists()
    assert not AuditEntry.objects.filter(verb="media.stored").exists()
    assert stored_files() == []


@pytest.mark.req("REV-23")
def test_a_picture_of_many_megabytes_is_cut_down_by_itself(world):
    data = samples.noisy((4200, 3000), quality=98)
    assert len(data) > 6 * 1024 * 1024
    media = store(world, data, "大图.jpg")
    assert max(media.width, media.height) == 1920
    assert media.size_bytes <= 1024 * 1024
    assert media.was_cut_down
    assert [path.name for path in stored_files()] == [media.name]  # the large one isn't kept


def test_limits_of_size_are_the_unit_s_rules_and_say_how_large(world, monkeypatch):
    monkeypatch.setitem(
        samples.rules_of("default"), "media.document_max", samples.rule("media.document_max", 1)
    )
    with translation.override("en"), pytest.raises(MediaRefused, match="1 MB"):
        store(world, samples.pdf() + bytes(1024 * 1024) + b"\n%%EOF", "a.pdf")


def test_a_recording_passes_through_in_pieces(world):
    """What a form hands over is never read as a whole: a long video doesn't fit into memory."""

    class Slow(BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 <= size <= 1024 * 1024
            return super().read(size)

    data = samples.video(extra=samples.box(b"mdat", bytes(3 * 1024 * 1024)))
    upload = SimpleUploadedFile("会议.mp4", b"x")
    upload.file, upload.size = Slow(data), len(data)
    media = store_upload(unit=world.unit_a, upload=upload, actor=world.author)
    assert media.size_bytes == len(data)
    assert stored_files() == [media_path(media.name)]


def test_only_entry_clerks_of_the_unit_bring_files(world):
    for actor in (world.lead, world.other_author, world.manager):
        with pytest.raises(NotYourUnit):
            store(world, samples.picture(), "a.png", actor=actor)
    assert stored_files() == []


@pytest.mark.req("SEC-06")
def test_an_infected_upload_is_refused_recorded_and_reported(world, monkeypatch):
    owner = make_account("anquan", world.unit_a, StaffRole.SECURITY_OWNER)
    stranger = make_account("waidi", world.unit_b, StaffRole.SECURITY_OWNER)
    monkeypatch.setattr(virus_scan, "scan", lambda source: Verdict(ScanState.INFECTED, "Eicar-Test"))
    with pytest.raises(InfectedFile) as refusal, virus_scan.recording_afterwards():
        store(world, samples.picture(), "现场.png")
    assert "Eicar-Test" in str(refusal.value.message)
    assert not MediaFile.objects.exists()
    assert stored_files() == []
    entry = AuditEntry.objects.get(verb="upload.infected")
    assert (entry.person_id, entry.unit_id) == (world.author.person_id, world.unit_a.pk)
    told = set(StaffNotice.objects.filter(topic="security.infection").values_list("person_id", flat=True))
    assert told == {owner.person_id}
    assert stranger.person_id not in told


def test_without_a_scanner_files_are_kept_as_not_scanned_and_scanned_later(world, monkeypatch, settings):
    settings.JIYUE_CLAMD = ""
    clean, bad = store(world, samples.picture(), "甲.png"), store(world, samples.pdf(), "乙.pdf")
    assert {clean.scan_state, bad.scan_state} == {ScanState.NOT_SCANNED}
    verdicts = {clean.name: Verdict(ScanState.CLEAN), bad.name: Verdict(ScanState.INFECTED, "Bad.Pdf")}
    monkeypatch.setattr(virus_scan, "scan", lambda file: verdicts[Path(file.name).name])
    list(rescan_media())
    clean.refresh_from_db()
    bad.refresh_from_db()
    assert (clean.scan_state, bad.scan_state, bad.scan_note) == ("clean", "infected", "Bad.Pdf")
    assert AuditEntry.objects.get(verb="upload.infected").subject_id == str(bad.pk)


def test_bytes_of_an_undone_upload_are_swept_and_others_stay(world):
    kept = store(world, samples.picture(), "甲.png")
    with transaction.atomic():
        undone = store(world, samples.picture((300, 300)), "乙.png")
        transaction.set_rollback(True)
    old = time.time() - 25 * 3600
    for path in stored_files():
        os.utime(path, (old, old))
    fresh = store_fresh_leftover()
    list(sweep_media())
    assert media_path(kept.name).exists()
    assert not media_path(undone.name).exists()
    assert fresh.exists()  # an upload may be running
    assert AuditEntry.objects.filter(verb="media.swept").count() == 1
    again = store(world, samples.picture((300, 300)), "乙.png")
    assert media_path(again.name).exists()


def store_fresh_leftover() -> Path:
    path = media_path("f" * 32 + ".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_storing_again_renews_a_file_that_the_sweep_would_take(world):
    media = store(world, samples.picture(), "甲.png")
    path = media_path(media.name)
    os.utime(path, (0, 0))
    MediaFile.objects.all().delete()
    store(world, samples.picture(), "甲.png")
    assert path.stat().st_mtime > clock.now().timestamp() - 3600

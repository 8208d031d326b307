"""The private store: what it takes, what it refuses, who may open."""

import io
import zipfile

import pytest
from django.utils.translation import gettext_lazy as _
from PIL import Image

from jiyue.core import crypto, files
from jiyue.core.audit import PLATFORM, AuditActor
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.core.registries import Registry

WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.fixture(autouse=True)
def purposes(monkeypatch):
    registry = Registry("purposes of private files")
    registry.register("letter", files.Purpose(_("letter"), lambda file, actor: actor.unit_id == file.unit_id))
    registry.register(
        "identity",
        files.Purpose(_("identity"), lambda file, actor: actor.unit_id == file.unit_id, is_personal=True),
    )
    monkeypatch.setattr(files, "PURPOSES", registry)


def packed(parts, *, prefix=b"", compression=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    data.write(prefix)
    with zipfile.ZipFile(data, "a", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def picture(kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(data, kind)
    return data.getvalue()


def with_password(data):
    """Set the flag of encryption in every header of a ZIP."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            changed[at + offset] |= 1
    return bytes(changed)


def store(data, name, **values):
    return files.store_file(
        data=data, original_name=name, **{"purpose": "letter", "unit_id": 7, "actor": PLATFORM, **values}
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "name", "content_type"),
    [
        (PDF, "合同.pdf", "application/pdf"),
        (
            packed(WORD),
            "制度.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (packed({"OFD.xml": b"<OFD/>"}), "公文.ofd", "application/ofd"),
        (picture(), "扫描件.PNG", "image/png"),
        (picture("JPEG"), "扫描件.jpeg", "image/jpeg"),
        ("会议纪要".encode(), "纪要.txt", "text/plain; charset=utf-8"),
        ("会议纪要".encode("gbk"), "纪要.txt", "text/plain; charset=gb18030"),
    ],
)
def test_documents_and_pictures_are_stored_under_their_digest(data, name, content_type, settings):
    file = store(data, f"C:\\letters\\{name}")
    assert (file.original_name, file.content_type, file.size_bytes) == (name, content_type, len(data))
    assert (settings.JIYUE_PRIVATE_DIR / file.sm3[:2] / f"{file.sm3}.sealed").exists()
    assert files.read_file(file) == data
    entry = AuditEntry.objects.get(verb="file.stored")
    assert (entry.subject_type, entry.subject_id) == ("private_file", str(file.pk))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ\x90\x00", "合同.pdf", "program"),
        (b"\x7fELF\x02", "合同.pdf", "program"),
        (b"#!/bin/sh\n", "a.txt", "program"),
        (picture(), "合同.pdf", "content is PNG"),
        (PDF, "合同.docx", "content is PDF"),
        (PDF, "合同", "content is PDF"),
        (b"<html><script>alert(1)</script></html>", "合同.pdf", "content is TXT"),
        (PDF + packed(WORD), "合同.pdf", "two kinds"),
        (picture() + packed(WORD), "图.png", "two kinds"),
        (packed(WORD, prefix=b"PK\x03\x04 something else"), "a.docx", "two kinds"),
        (packed({**WORD, "xl/workbook.xml": b""}), "a.docx", "two kinds"),
        (packed({**WORD, "word/vbaProject.bin": b""}), "a.docx", "macros"),
        (
            packed({**WORD, "[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled"}),
            "a.docx",
            "macros",
        ),
        (packed({**WORD, "word/embeddings/run.exe": b"MZ"}), "a.docx", "program"),
        (packed({**WORD, "word/big.xml": bytes(60 * 1024 * 1024)}), "a.docx", "unpacks"),
        (with_password(packed(WORD)), "a.docx", "password"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "password"),
        (OLE, "a.doc", "old office"),
        (packed({"a.txt": b"x"}), "a.zip", "Archives"),
        (packed(WORD)[:-30], "a.docx", "damaged"),
        (PDF[:-8], "a.pdf", "cut off"),
        (b"\x89PNG\r\n\x1a\nnothing", "a.png", "isn't a JPEG"),
        (b"\x00\x01\x02\x03", "a.bin", "isn't taken"),
    ],
)
def test_what_lies_or_can_hurt_is_refused_with_the_way_out(data, name, words, settings):
    settings.LANGUAGE_CODE = "en"
    from django.utils import translation  # noqa: PLC0415

    with translation.override("en"), pytest.raises(files.FileRefused) as refusal:
        store(data, name, field="letter")
    assert words in str(refusal.value.args[0])
    assert refusal.value.fix
    assert refusal.value.field == "letter"
    assert not PrivateFile.objects.exists()


@pytest.mark.django_db
def test_a_file_over_the_limit_is_refused_before_it_is_read(settings):
    settings.JIYUE_PRIVATE_MAX_MB = 1

    class Upload:
        size = 2 * 1024 * 1024

        def read(self):
            raise AssertionError("read")

    with pytest.raises(files.FileRefused):
        files.read_upload(Upload())
    with pytest.raises(files.FileRefused):
        store(PDF + bytes(1024 * 1024), "a.pdf")


@pytest.mark.django_db
def test_a_file_opens_for_its_purposes_people_only_and_personal_ones_leave_a_trace():
    mine, other = AuditActor(account_id=1, unit_id=7), AuditActor(account_id=2, unit_id=8)
    letter, identity = store(PDF, "a.pdf"), store(PDF, "b.pdf", purpose="identity")
    assert files.open_file(file=letter, actor=mine) == PDF
    assert not AuditEntry.objects.filter(verb="file.opened").exists()
    assert files.open_file(file=letter, actor=other) is None
    assert files.open_file(file=identity, actor=other) is None
    assert files.open_file(file=identity, actor=mine) == PDF
    assert AuditEntry.objects.get(verb="file.opened").subject_id == str(identity.pk)


@pytest.mark.django_db
def test_a_changed_or_missing_file_is_noticed_and_mended_by_storing_it_again(settings):
    file = store(PDF, "a.pdf")
    path = settings.JIYUE_PRIVATE_DIR / file.sm3[:2] / f"{file.sm3}.sealed"
    path.write_bytes(b"other")
    with pytest.raises(files.FileDamaged):
        files.read_file(file)
    path.unlink()
    with pytest.raises(files.FileDamaged):
        files.read_file(file)
    store(PDF, "again.pdf")
    assert files.read_file(file) == PDF


def test_the_same_bytes_lie_in_the_store_once(db, settings):
    assert store(PDF, "a.pdf").sm3 == store(PDF, "b.pdf").sm3 == crypto.sm3_hex(PDF)
    assert len([path for path in settings.JIYUE_PRIVATE_DIR.rglob("*") if path.is_file()]) == 1


def test_an_unknown_purpose_is_a_mistake_of_the_code(db):
    with pytest.raises(LookupError):
        store(PDF, "a.pdf", purpose="nothing")

"""Words of attachments: read aside, within limits, for checks and search."""

import json
import subprocess
import sys

import pytest

from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.library.content import Attachment
from jiyue.library.enums import TextState
from jiyue.library.media import extraction
from jiyue.library.media.extraction import extract
from jiyue.library.models import MediaFile
from jiyue.library.selectors import get_attachment_texts
from jiyue.library.services import store_media
from jiyue.library.tests.media import samples
from jiyue.search.selectors import search_site
from tests.factories import World

OFD_PAGE = "<a><TextObject><TextCode>公文</TextCode></TextObject></a>"
SPACE = "http://schemas.openxmlformats.org/drawingml/2006/main"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("data", "extension", "words"),
    [
        (samples.pdf("Annex seven"), "pdf", "Annex seven"),
        (samples.word("第一行\n第二行"), "docx", "第一行\n第二行"),
        (samples.workbook(["序号", "姓名"], [1, "张三"]), "xlsx", "Sheet\n序号\t姓名\n1\t张三"),
        (
            samples.packed(
                {"ppt/slides/slide1.xml": f'<p xmlns="{SPACE}"><t>第一页</t></p>', "ppt/presentation.xml": ""}
            ),
            "pptx",
            "第一页",
        ),
        (
            samples.packed({"OFD.xml": "", "Doc_0/Pages/Page_0/Content.xml": OFD_PAGE}),
            "ofd",
            "公文",
        ),
    ],
    ids=["pdf", "docx", "xlsx", "pptx", "ofd"],
)
def test_words_of_every_format_are_read(tmp_path, data, extension, words):
    path = tmp_path / "x"
    path.write_bytes(data)
    found = extract(str(path), extension)
    assert (found.state, found.text, found.note) == (TextState.DONE, words, "")


@pytest.mark.unit
def test_a_hostile_document_ends_the_reading_process_only(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"%PDF-1.4 nothing of the sort %%EOF")
    broken = extract(str(path), "pdf")
    assert broken.state == TextState.FAILED
    assert broken.note
    bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(97 + n)} '{f'&{chr(96 + n)};' * 40}'>" for n in range(1, 12)
    )
    path.write_bytes(samples.packed({"word/document.xml": f"{bomb}]><p><t>&l;</t></p>"}))
    assert extract(str(path), "docx").state == TextState.FAILED
    monkeypatch.setattr(extraction, "SECONDS", 0.001)
    assert extract(str(path), "docx").note == "takes too long to read"


@pytest.mark.unit
def test_reading_process_may_neither_grow_nor_write(tmp_path):
    code = (
        "from jiyue.library.media import reading_process as r; r.limit()\n"
        "try:\n  bytearray(4 << 30)\nexcept MemoryError:\n  print('small')\n"
        f"try:\n  open({str(tmp_path / 'y')!r}, 'w').write('x' * 9)\nexcept OSError:\n  print('mute')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "small" in done.stdout
    assert not (tmp_path / "y").exists() or (tmp_path / "y").read_text() == ""


@pytest.mark.unit
def test_long_texts_are_cut_and_say_so(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(samples.word("\n".join(["长文"] * 50)))
    code = (
        "import sys; from jiyue.library.media import reading_process as r; r.MAX_CHARS = 21\n"
        f"sys.argv = ['x', {str(path)!r}, 'docx']; r.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
    answer = json.loads(done.stdout)
    assert answer["is_cut"]
    assert len(answer["text"].replace("\n", "")) == 21


@pytest.mark.django_db
def test_words_are_stored_after_the_upload_with_their_entry(world: World):
    media = store_media(
        unit=world.unit_a, original_name="a.docx", data=samples.word("蓝天保卫战"), actor=world.author
    )
    assert get_attachment_texts([media.name]) == {}
    outbox.drain()
    media.refresh_from_db()
    assert (media.text_state, media.extracted_text) == (TextState.DONE, "蓝天保卫战")
    assert AuditEntry.objects.get(verb="media.text_read").subject_id == str(media.pk)
    assert get_attachment_texts([media.name]) == {media.name: "蓝天保卫战"}
    MediaFile.objects.update(scan_state="infected")
    assert get_attachment_texts([media.name]) == {}


@pytest.mark.django_db
def test_public_item_is_found_by_the_words_of_its_attachment_and_of_its_recording(world: World):
    media = store_media(
        unit=world.unit_a, original_name="a.docx", data=samples.word("蓝天保卫战"), actor=world.author
    )
    speech = store_media(unit=world.unit_a, original_name="a.mp3", data=samples.mp3(), actor=world.author)
    spoken = Attachment(speech.name, "讲话", transcript="碧水青山就是我们共同的家园，需要大家一起来守护。")
    world.publish(title="附件里的字", attachments=(Attachment(media.name, "实施方案"), spoken))
    outbox.drain()
    for words in ("蓝天保卫战", "碧水青山"):
        assert search_site(site_key="shi", text=words).total == 1


@pytest.mark.django_db
def test_words_that_become_known_after_the_release_are_found_too(world: World):
    media = store_media(
        unit=world.unit_a, original_name="a.docx", data=samples.word("蓝天保卫战"), actor=world.author
    )
    row = MediaFile.objects.filter(pk=media.pk)
    row.update(text_state=TextState.NONE)
    world.publish(attachments=(Attachment(media.name, "实施方案"),))
    outbox.drain()
    assert search_site(site_key="shi", text="蓝天保卫战").total == 0
    row.update(text_state=TextState.WAITING)
    outbox.request("media_text", media.pk)
    outbox.drain()
    assert search_site(site_key="shi", text="蓝天保卫战").total == 1

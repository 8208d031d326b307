"""Importing files into the library: drafts only, each file once, nothing lost on interruption."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.library import batch_import
from jiyue.library.batch_import import ImportResult, Outcome, import_paths
from jiyue.library.enums import AcquisitionMode, ResourceStatus, ValidityStatus
from jiyue.library.models import Edition, ImportedFile, Resource
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_content
from jiyue.library.services import AlreadyImported, ImportPlan, import_document
from jiyue.library.services.editing import ChannelNotOpen
from jiyue.review.models import ReviewCase
from tests.factories import World, make_channel
from tests.shared import shared_path

# the importer reads in processes of its own, and stores chunk by chunk
pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = """# 云汀市公共停车管理办法{number}

云政发〔2026〕{number}号

第一条 为规范公共停车，制定本办法。

云汀市人民政府

2026年3月{day}日
"""


@pytest.fixture
def plan(world: World) -> ImportPlan:
    return ImportPlan(unit=world.unit_a, channel_ids=(world.news.pk, world.county_news.pk))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(1, 6):
        text = DOCUMENT.format(number=number, day=number)
        (tmp_path / f"{number}.md").write_text(text, encoding="utf-8")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "picture.docx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "readme.pdf").write_bytes(b"%PDF-1.4")
    return tmp_path


def outcomes(results: Iterator[ImportResult]) -> dict[str, Outcome]:
    return {result.name: result.outcome for result in results}


@pytest.mark.req("LIB-13")
def test_imported_files_are_drafts_with_their_own_dates(world: World, plan: ImportPlan, folder: Path) -> None:
    found = outcomes(import_paths(paths=[folder], plan=plan, actor=world.author))
    assert [found[f"{number}.md"] for number in range(1, 6)] == [Outcome.IMPORTED] * 5
    assert (found["empty.txt"], found["picture.docx"]) == (Outcome.FAILED, Outcome.FAILED)
    assert found["readme.pdf"] == Outcome.SKIPPED
    assert set(Resource.objects.values_list("status", "acquisition_mode")) == {
        (ResourceStatus.DRAFT, AcquisitionMode.FILE_IMPORT)
    }
    assert not Edition.objects.exists()
    assert AuditEntry.objects.filter(verb="resource.imported").count() == 5
    content = get_content(Resource.objects.get(title="云汀市公共停车管理办法3"))
    assert content.document_number == "云政发〔2026〕3号"
    assert content.channel_ids == plan.channel_ids


def test_same_bytes_enter_a_units_library_once(world: World, plan: ImportPlan, folder: Path) -> None:
    (folder / "copy of 1.md").write_bytes((folder / "1.md").read_bytes())
    outcomes(import_paths(paths=[folder], plan=plan, actor=world.author))
    assert ImportedFile.objects.count() == 5
    again = outcomes(import_paths(paths=[folder], plan=plan, actor=world.author))
    assert again["1.md"] == Outcome.KNOWN
    assert Resource.objects.count() == 5
    name, document = "1.md", (folder / "1.md").read_bytes()
    file = batch_import._read(name, document, ImportedFile.objects.get(name="1.md").sm3)
    assert isinstance(file, batch_import.IncomingFile)
    with pytest.raises(AlreadyImported, match="云汀市公共停车管理办法1"):
        import_document(file=file, plan=plan, actor=world.author)


def test_interrupted_import_goes_on_where_it_stopped(
    world: World, plan: ImportPlan, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_import, "CHUNK_FILES", 2)
    monkeypatch.setattr(batch_import, "CHUNKS_AHEAD", 1)
    running = import_paths(paths=[folder], plan=plan, actor=world.author)
    next(running)
    running.close()  # as Ctrl+C does
    stored = Resource.objects.count()
    assert 0 < stored < 5
    outcomes(import_paths(paths=[folder], plan=plan, actor=world.author))
    assert Resource.objects.count() == 5


def test_document_nobody_foresaw_is_named_and_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str, data: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(batch_import, "parse_document", fail)
    refused = batch_import._read("深.html", b"<p>", "0" * 64)
    assert isinstance(refused, batch_import._Refused)
    assert "RecursionError" in refused.message


def test_file_name_in_an_unknown_encoding_is_imported(world: World, plan: ImportPlan, folder: Path) -> None:
    name = os.fsdecode(b"\xff\xfe9.txt")
    (folder / name).write_text("关于召开会议的通知\n\n各单位：\n\n定于明日召开会议。\n", encoding="utf-8")
    results = outcomes(import_paths(paths=[folder], plan=plan, actor=world.author))
    assert results["9.txt"] == Outcome.IMPORTED
    assert ImportedFile.objects.filter(name="9.txt").exists()


def test_stranger_and_closed_channel_are_refused_before_anything_is_read(
    world: World, plan: ImportPlan, folder: Path
) -> None:
    with pytest.raises(NotYourUnit):
        next(import_paths(paths=[folder], plan=plan, actor=world.other_author))
    closed = make_channel(world.county, "xianwen", world.unit_b)
    with pytest.raises(ChannelNotOpen):
        next(import_paths(paths=[folder], plan=ImportPlan(world.unit_a, (closed.pk,)), actor=world.author))
    assert not Resource.objects.exists()


@pytest.mark.req("LIB-13")
def test_command_reports_each_file_and_takes_a_batch_through_review(
    world: World, plan: ImportPlan, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.author
    options = ["--unit=A00000001", "--channel=shi/yaowen", "--channel=xian/zhuanzai", "--as=jia"]
    call_command("import", str(folder), *options, f"--validity={ValidityStatus.VALID}", "--submit=历史文件")
    printed = capsys.readouterr().out
    assert "5 imported, 0 known, 2 failed, 1 skipped" in printed
    assert "failed: empty.txt" in printed
    assert "found:" in printed
    case = ReviewCase.objects.get()
    assert (case.item_count, case.title) == (5, "历史文件")
    world.decide_all(case)
    outbox.drain()
    assert Edition.objects.count() == 5


def test_command_names_what_it_does_not_know(world: World, folder: Path) -> None:
    assert world.author
    right = {"unit": "A00000001", "channel": "shi/yaowen", "as": "jia"}
    for wrong in ({"unit": "nope"}, {"channel": "shi/nope"}, {"as": "nobody"}):
        options = [f"--{name}={value}" for name, value in {**right, **wrong}.items()]
        with pytest.raises(CommandError, match=r"nope|nobody"):
            call_command("import", str(folder), *options)


@pytest.mark.slow
def test_archive_of_real_laws_is_read_from_end_to_end(world: World, plan: ImportPlan, tmp_path: Path) -> None:
    """A few hundred members of the real corpus; the whole of it runs in the benchmark."""
    part = tmp_path / "part.tar.gz"
    members = 0
    with tarfile.open(shared_path("data/laws.tar.xz")) as corpus, tarfile.open(part, "w:gz") as target:
        for member in corpus:
            if member.isfile() and members < 300:
                members += 1
                stream = corpus.extractfile(member)
                assert stream is not None
                target.addfile(member, io.BytesIO(stream.read()))
    found = list(import_paths(paths=[part], plan=plan, actor=world.author))
    counted = [result.outcome for result in found]
    assert counted.count(Outcome.IMPORTED) > 250
    assert len(counted) == 300
    titles = Resource.objects.values_list("title", flat=True)
    assert all(titles)

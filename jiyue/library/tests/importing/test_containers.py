"""Folders and archives give one stream of documents, and nothing harmful."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from jiyue.library.importing import FoundFile, SkippedFile, containers, iter_documents, parse_document
from jiyue.library.importing.errors import EmptyDocument
from tests.shared import shared_path

TEXT = "关于试点的通知\n各单位：\n请执行。\n".encode()


def names(paths: list[Path]) -> tuple[list[str], dict[str, str]]:
    found, skipped = [], {}
    for item in iter_documents(paths):
        if isinstance(item, FoundFile):
            found.append(item.name)
        else:
            skipped[item.name] = str(item.reason)
    return found, skipped


def tar_with(path: Path, members: dict[str, bytes], mode: str = "w:xz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_folder_is_read_in_order_and_others_are_named(tmp_path: Path) -> None:
    for name in ("b/二.md", "a/一.txt", "c.docx.tmp", "图.png", "._x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "link.txt").symlink_to(tmp_path / "a/一.txt")
    found, skipped = names([tmp_path])
    assert found == ["a/一.txt", "b/二.md"]
    assert set(skipped) == {"c.docx.tmp", "图.png", "._x.txt", "link.txt"}
    assert all(skipped.values())


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz")]
)
def test_tar_archives_are_streamed(tmp_path: Path, name: str, mode: str) -> None:
    path = tar_with(
        tmp_path / name, {"./法规/一.md": TEXT, "法规/库.sqlite3": b"x", "../../etc/二.txt": TEXT}, mode
    )
    found, skipped = names([path])
    assert found == ["法规/一.md", "../../etc/二.txt"]  # a name only: nothing is written to disk
    assert list(skipped) == ["法规/库.sqlite3"]


def test_links_and_devices_in_a_tar_are_skipped(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (
            ("l.txt", tarfile.SYMTYPE),
            ("h.txt", tarfile.LNKTYPE),
            ("d.txt", tarfile.CHRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found, skipped = names([tmp_path / "a.tar"])
    assert found == []
    assert set(skipped) == {"l.txt", "h.txt", "d.txt"}


def test_zip_names_in_gbk_are_readable_and_system_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AAAA.txt", TEXT)
        archive.writestr("__MACOSX/x.txt", TEXT)
    path.write_bytes(path.read_bytes().replace(b"AAAA", "通知".encode("gbk")))
    assert names([path]) == (["通知.txt"], {"__MACOSX/x.txt": str(containers.HIDDEN_FILE)})


def test_locked_members_of_a_zip_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", TEXT)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert names([path]) == ([], {"a.txt": str(containers.ENCRYPTED)})


def test_damaged_archive_is_reported_after_what_was_readable(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "a.tar.xz", {f"{number}.txt": TEXT * 50 for number in range(50)})
    path.write_bytes(path.read_bytes()[:-60])
    _found, skipped = names([path])
    assert skipped == {"a.tar.xz": str(containers.UNREADABLE_ARCHIVE)}
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 no archive")
    assert names([tmp_path / "b.zip"]) == ([], {"b.zip": str(containers.UNREADABLE_ARCHIVE)})


def test_archive_that_unpacks_to_absurd_amounts_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "RATIO_CHECK_BYTES", 1_000_000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.txt", b"0" * 5_000_000)
    assert names([path])[1] == {"bomb.zip": str(containers.SUSPICIOUS_ARCHIVE)}
    packed = tmp_path / "bomb.tar.gz"
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive_file:
        info = tarfile.TarInfo("0.txt")
        info.size = 9_000_000
        archive_file.addfile(info, io.BytesIO(b"0" * info.size))
    packed.write_bytes(gzip.compress(raw.getvalue()))
    assert names([packed])[1] == {"bomb.tar.gz": str(containers.SUSPICIOUS_ARCHIVE)}


def test_file_over_the_limit_is_named_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(30_000_000)
    found, skipped = names([path, tmp_path / "absent.txt"])
    assert found == []
    assert "20 MB" in skipped["big.txt"]
    assert str(containers.NOT_FOUND) in skipped.values()


@pytest.mark.slow
def test_collection_of_laws_is_read_nearly_whole() -> None:
    """Every file is read or refused for having no text; dates and bodies are known where stated."""
    documents, refused, skipped = [], 0, []
    for item in iter_documents([shared_path("data/laws.tar.xz")]):
        if isinstance(item, SkippedFile):
            skipped.append(item.name)
            continue
        try:
            documents.append(parse_document(item.name, item.data))
        except EmptyDocument:
            refused += 1
    assert len(documents) == 3_471
    assert refused == 31  # navigation stubs, and four laws of which only the history was collected
    assert len(skipped) == 7
    assert all(name.endswith(".sqlite3") for name in skipped)
    assert all(document.title and document.body_html for document in documents)
    assert sum(document.metadata.written_on is not None for document in documents) >= 3_350
    assert sum(bool(document.metadata.issuing_body) for document in documents) >= 3_270
    assert sum("written_on" in document.found for document in documents) >= 3_180

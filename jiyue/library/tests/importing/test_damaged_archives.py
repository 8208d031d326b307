"""Archives whose packed bytes were damaged, by every method of packing."""

import io
import zipfile
from pathlib import Path

import pytest

from jiyue.library.importing import FoundFile, SkippedFile, iter_documents
from jiyue.library.importing.errors import NotAWordDocument
from jiyue.library.importing.formats.word import MAIN_PART, read_word

METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
TEXT = "关于试点的通知\n各单位：\n请执行。\n" * 200


def damaged(name: str, method: int, **others: str) -> bytes:
    """An archive in which the packed bytes of `name`, its first member, make no sense."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(name, TEXT)
        for other, text in others.items():
            archive.writestr(f"{other}.txt", text)
    data = bytearray(target.getvalue())
    begin = 30 + len(name.encode())
    data[begin : begin + 14] = bytes(byte ^ 0x5A for byte in data[begin : begin + 14])
    return bytes(data)


@pytest.mark.unit
@pytest.mark.parametrize("method", METHODS)
def test_damaged_word_document_is_refused_as_one(method: int) -> None:
    with pytest.raises(NotAWordDocument):
        read_word("a.docx", damaged(MAIN_PART, method))


@pytest.mark.unit
@pytest.mark.parametrize("method", METHODS)
def test_damaged_member_is_named_and_the_others_are_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(damaged("broken.txt", method, whole=TEXT))
    first, second = iter_documents([path])
    assert isinstance(first, SkippedFile)
    assert first.name == "broken.txt"
    assert isinstance(second, FoundFile)
    assert second.data == TEXT.encode()

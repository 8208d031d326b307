"""Word-processor files (.docx): mammoth reads them, the rich-text reader cleans the result."""

import io
import re
import zipfile
from typing import Any
from xml.parsers.expat import ExpatError

import mammoth
from mammoth import transforms

from jiyue.core.archives import UNREADABLE_ZIP
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.errors import DocumentTooLarge, NotAWordDocument
from jiyue.library.richtext.model import TextBlock
from jiyue.library.richtext.reader import read_html

MAX_UNPACKED_MEGABYTES = 60  # all parts together
MAX_PART_MEGABYTES = 16  # text of one part; the longest document seen has 3 MB of XML
MAX_RATIO = 200  # unpacked to packed; word-processor XML reaches about 40
MAX_PARTS = 2_000
MAIN_PART = "word/document.xml"

_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NOTE_ARROW = re.compile(r"<a href=\"#[^\"]*note-ref-[^\"]*\">↑</a>")  # leads back from a footnote
_STYLES = "\n".join(
    [
        "p[style-name='标题'] => h1:fresh",
        "p[style-name='Title'] => h1:fresh",
        *(f"p[style-name='标题 {level}'] => h{level}:fresh" for level in range(1, 7)),
        "p[style-name='jiyue-right'] => p.align-right:fresh",
        "p[style-name='jiyue-center'] => p.align-center:fresh",
        "br[type='page'] => ",
    ]
)
_ALIGNED = {"right": "jiyue-right", "end": "jiyue-right", "center": "jiyue-center"}


def read_word(name: str, data: bytes) -> Draft:
    """Return the blocks of a .docx file; pictures are left out and counted.

    Raises:
        NotAWordDocument: A broken or protected file, or no word-processor file.
        DocumentTooLarge: The unpacked text is larger than any document.
    """
    _check_parts(data)
    pictures = _PictureCounter()
    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(pictures),
            transform_document=transforms.paragraph(_name_alignment),
        )
    except (*UNREADABLE_ZIP, KeyError, AttributeError, IndexError, TypeError, ExpatError) as error:
        raise NotAWordDocument from error
    draft = Draft(name, read_html(_NOTE_ARROW.sub("", result.value)))
    headings = sum(1 for block in draft.blocks if isinstance(block, TextBlock) and block.level)
    draft.has_outline = headings > 1
    draft.note_pictures(pictures.count)
    return draft


class _PictureCounter:
    """Stands in for the pictures of a document: their place stays empty."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _image: Any) -> dict[str, str]:
        self.count += 1
        return {}


def _name_alignment(element: Any) -> Any:
    """Turn the alignment of a plain paragraph into a style the style map knows."""
    style = _ALIGNED.get(element.alignment or "")
    is_plain = (element.style_name or "Normal") in {"Normal", "正文", "Body Text", "Normal (Web)"}
    return element.copy(style_id=style, style_name=style) if style and is_plain else element


def _check_parts(data: bytes) -> None:
    """Refuse archives that are no word-processor file or unpack to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or MAIN_PART not in archive.namelist():
                raise NotAWordDocument
            if any(part.flag_bits & 0x1 for part in parts):
                raise NotAWordDocument
            _check_sizes(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _ENTITY.search(archive.read(part)[:2_000]):
                    raise NotAWordDocument
    except UNREADABLE_ZIP as error:
        raise NotAWordDocument from error


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    largest = max((part.file_size for part in parts if part.filename.endswith(".xml")), default=0)
    if (
        unpacked > MAX_UNPACKED_MEGABYTES * 1_000_000
        or largest > MAX_PART_MEGABYTES * 1_000_000
        or unpacked > max(packed, 1_000) * MAX_RATIO
    ):
        raise DocumentTooLarge(MAX_UNPACKED_MEGABYTES)

"""Text from the clipboard, and whole Word files, as the library keeps them."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.core.recognising import FileRefused, recognise
from jiyue.library.importing import ParsedDocument, parse_document
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.outlining import mark_headings
from jiyue.library.importing.signatures import read_signatures
from jiyue.library.richtext import sanitize
from jiyue.library.richtext.model import Block, Table, TextBlock
from jiyue.library.richtext.outline import level_headings
from jiyue.library.richtext.reader import read_html
from jiyue.library.richtext.writer import write_html

MAX_WORD_BYTES = 20 * 1024 * 1024  # a word-processor file with pictures

_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*)<!--\s*EndFragment\s*-->", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class NotAWordFile(DomainError):
    """A file that the editor can't take over."""

    code = "not_a_word_file"


@dataclass(frozen=True)
class Pasted:
    """Clipboard text after cleaning.

    Attributes:
        html: Clean HTML, as the library keeps it.
        tables: Tables in it.
        headings: Headings in it.
        pictures_left_out: Pictures that weren't in the media store and can't be taken along.
    """

    html: str
    tables: int
    headings: int
    pictures_left_out: int


def clean_paste(html: str) -> Pasted:
    """Return clipboard HTML of Word, WPS or a web page as text of the library.

    Structure stays: headings, numbered paragraphs, lists, tables with merged cells,
    alignment. A text without headings gets them from its numbered lines; signature
    and date go to the right.

    Args:
        html: The `text/html` of the clipboard, whole.

    Raises:
        RichTextTooLarge: The text is longer than one document can be.

    Source: product decision, docs/features/editor.md.
    """
    fragment = _FRAGMENT.search(html)
    blocks = read_html(fragment[1] if fragment else html)
    draft = Draft("", blocks)
    if len(blocks) > 1:
        if not any(isinstance(block, TextBlock) and block.level for block in blocks):
            mark_headings(draft)
        read_signatures(draft)
    level_headings(blocks)
    clean = sanitize(write_html(blocks))
    left_out = len(_PICTURE.findall(_COMMENT.sub("", html))) - clean.count("<img ")
    return Pasted(clean, _count_tables(blocks), _count_headings(blocks), max(left_out, 0))


def _count_tables(blocks: list[Block]) -> int:
    return sum(1 for block in blocks if isinstance(block, Table))


def _count_headings(blocks: list[Block]) -> int:
    return sum(1 for block in blocks if isinstance(block, TextBlock) and block.level)


def read_word_file(name: str, data: bytes) -> ParsedDocument:
    """Read a Word file that is to become the text of an item.

    Args:
        name: What the file is called.
        data: Its bytes.

    Returns:
        Title, body and metadata, and which of them were found, guessed or missing.

    Raises:
        NotAWordFile: No .docx document, whatever its name says; the message says what it is instead.
        FileRefused: Protected by a password, with macros or programs, or unpacking to absurd amounts.
        UnreadableDocument, DocumentTooLarge, RichTextTooLarge: The document itself can't be read.

    Source: GL 七(一)3 (SEC-06, uploads).
    """
    if len(data) > MAX_WORD_BYTES:
        raise NotAWordFile(
            _("The file is larger than %(limit)d MB.") % {"limit": MAX_WORD_BYTES // 1024 // 1024},
            fix=_("Take the pictures out of it and upload them singly."),
            field="file",
        )
    if data.startswith(_OLE_START):
        _refuse_old(data)
    found = recognise(data)
    if found.extension != "docx":
        raise NotAWordFile(
            _("This is no Word document but a .%(extension)s file, whatever its name says.")
            % {"extension": found.extension},
            fix=_("Choose a .docx file, or attach this one to the item."),
            field="file",
        )
    safe_name = f"{PurePosixPath(name.replace(chr(92), '/')).stem or 'document'}.docx"
    return parse_document(safe_name, data)


def _refuse_old(data: bytes) -> None:
    """Name an old or protected file; the general check says the same in general words."""
    try:
        recognise(data)
    except FileRefused as refusal:
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise
        raise NotAWordFile(
            _("This is an old Word or WPS file (.doc, .wps)."),
            fix=_("Open it in Word or WPS, save it as .docx and choose that file."),
            field="file",
        ) from refusal

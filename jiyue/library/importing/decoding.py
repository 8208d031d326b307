"""From bytes to text, and from content to format: the content decides, the name only helps."""

import codecs
import re
from enum import Enum
from pathlib import PurePosixPath

from jiyue.library.importing.errors import (
    BinaryDocument,
    DocumentTooLarge,
    EmptyDocument,
    NotAWordDocument,
    UndecodableText,
    UnsupportedDocument,
)

MAX_FILE_MEGABYTES = 20  # a word-processor file with pictures
MAX_TEXT_MEGABYTES = 8  # a saved page or plain text; the longest law has 0.4 MB
SAMPLE_BYTES = 64_000  # enough to judge what a file is
MIN_LIKELY_SHARE = 0.9  # share of characters a real Chinese text has from the usual ranges

SUPPORTED_SUFFIXES = frozenset({".txt", ".html", ".htm", ".md", ".markdown", ".docx"})

_ZIP = b"PK\x03\x04"
_OTHER_DOCUMENTS = (b"%PDF", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"MIME-Version:")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL_BYTES = bytes(set(range(32)) - {9, 10, 12, 13, 27})
_UNLIKELY = re.compile(
    r"[^\t\n\r\f\x20-\x7e\xa0-\xff\u0100-\u024f\u0370-\u03ff\u2000-\u27ff\u3000-\u30ff\u3200-\u33ff\u4e00-\u9fff"
    r"\uff00-\uffef]"
)
_PAGE_START = re.compile(
    r"\s*(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(
    r"</?(?:p|div|span|br|table|tr|td|h[1-6]|ul|ol|li|a|font|strong|b)\b[^<>]{0,500}>", re.IGNORECASE
)
_MANY_TAGS = 3


class Format(Enum):
    """Formats the importer reads."""

    WORD = "docx"
    HTML = "html"
    MARKDOWN = "md"
    TEXT = "txt"


def is_word_file(name: str, data: bytes) -> bool:
    """Tell whether the bytes are a word-processor file; refuse what can't be a document.

    Raises:
        EmptyDocument: No bytes, or blanks only.
        DocumentTooLarge: More than the limit.
        NotAWordDocument: The name says .docx and the content doesn't.
        UnsupportedDocument: A PDF, an old Word file, another office file.
    """
    if not data.strip(b"\x00 \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe"):
        raise EmptyDocument
    if len(data) > MAX_FILE_MEGABYTES * 1_000_000:
        raise DocumentTooLarge(MAX_FILE_MEGABYTES)
    is_named_word = PurePosixPath(name).suffix.lower() == ".docx"
    if data.startswith(_ZIP):
        if is_named_word or b"word/document.xml" in data:
            return True
        raise UnsupportedDocument
    if is_named_word:
        raise NotAWordDocument
    if data.startswith(_OTHER_DOCUMENTS):
        raise UnsupportedDocument
    return False


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or GB18030, line ends as newlines.

    Raises:
        BinaryDocument: The bytes are not text.
        DocumentTooLarge: More than the limit for text.
        UndecodableText: Text in another encoding.
    """
    if len(data) > MAX_TEXT_MEGABYTES * 1_000_000:
        raise DocumentTooLarge(MAX_TEXT_MEGABYTES)
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise EmptyDocument
    return text


def _decode(data: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    sample = data[:SAMPLE_BYTES]
    if b"\x00" in sample:
        return _decode_utf16(data)
    if len(sample.translate(None, _CONTROL_BYTES)) < len(sample) * 0.995:
        raise BinaryDocument
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = _strictly(data, "gb18030")
    if not _is_likely(text):
        raise UndecodableText
    return text


def _decode_utf16(data: bytes) -> str:
    """Decode UTF-16 without a byte order mark, or refuse the bytes as binary."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_likely(text):
            return text
    raise BinaryDocument


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableText from error


def _is_likely(text: str) -> bool:
    sample = text[: SAMPLE_BYTES // 2]
    return len(_UNLIKELY.findall(sample)) <= len(sample) * (1 - MIN_LIKELY_SHARE)


def text_format(name: str, text: str) -> Format:
    """Return the format of decoded text, from its content first and its name second."""
    suffix = PurePosixPath(name).suffix.lower()
    sample = text[:SAMPLE_BYTES]
    if _PAGE_START.match(sample) or (suffix in {".html", ".htm"} and "<" in text):
        return Format.HTML
    if suffix in {".md", ".markdown"}:
        return Format.MARKDOWN
    tags = _TAG.findall(sample)
    return Format.HTML if len(tags) >= _MANY_TAGS and len(tags) * 400 > len(sample) else Format.TEXT

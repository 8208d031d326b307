"""Plain text from clean HTML and blocks, and HTML from plain text."""

import re
from collections.abc import Iterable, Sequence
from html import unescape

from jiyue.library.richtext.inline import clean_characters, collapse
from jiyue.library.richtext.model import (
    LINE_BREAK,
    Block,
    Figure,
    Inline,
    Listing,
    Quote,
    Table,
    TextBlock,
    paragraph,
    plain,
)
from jiyue.library.richtext.writer import write_html

_CELL_END = re.compile(r"</t[dh]>(?=<t[dh])")
_LINE_END = re.compile(
    r"<br>|<hr>|</(?:p|h[1-6]|li|tr|td|th|caption|figcaption|blockquote|figure|table)>|<(?:p|ul|ol|table|figcaption)\b[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")
_SPACE_AROUND_LINE = re.compile(r"[ \t]*\n\s*")


def html_to_text(html: str) -> str:
    """Return the words of a clean body, one line for each paragraph, heading, entry or row.

    Cells of a row are separated by tabs. Meant for search, digests and checks.

    Args:
        html: HTML as `clean_html` returns it.
    """
    text = _CELL_END.sub("\t", html)
    text = _LINE_END.sub("\n", text)
    text = unescape(_TAG.sub("", text))
    return _SPACE_AROUND_LINE.sub("\n", text).strip()


def blocks_to_text(blocks: Iterable[Block]) -> str:
    """Return the words of blocks as `html_to_text` returns those of their HTML."""
    return "\n".join(line for block in blocks for line in _lines(block))


def text_to_html(text: str) -> str:
    """Return plain text as clean HTML, one paragraph for each line that is not blank."""
    lines = (collapse(line) for line in clean_characters(text).splitlines())
    return write_html(paragraph(line) for line in lines if line)


def _lines(block: Block) -> list[str]:
    if isinstance(block, TextBlock):
        return _inline_lines(block.content)
    if isinstance(block, Listing):
        return [line for item in block.items for inner in item.blocks for line in _lines(inner)]
    if isinstance(block, Table):
        rows = [
            "\t".join(" ".join(blocks_to_text(cell.blocks).split()) for cell in row.cells)
            for row in block.rows
        ]
        return _inline_lines(block.caption) + [row.strip() for row in rows if row.strip()]
    if isinstance(block, Quote):
        return [line for inner in block.blocks for line in _lines(inner)]
    if isinstance(block, Figure):
        return [line for inner in block.blocks for line in _lines(inner)] + _inline_lines(block.legend)
    return []


def _inline_lines(content: Sequence[Inline]) -> list[str]:
    text = plain(content)
    if LINE_BREAK not in text:
        return [text] if text else []
    return [line.strip() for line in text.split(LINE_BREAK) if line.strip()]

"""Plain text from clean HTML, and HTML from plain text."""

import re
from html import unescape

from jiyue.library.richtext.inline import clean_characters, collapse
from jiyue.library.richtext.model import paragraph
from jiyue.library.richtext.writer import write_html

_CELL_END = re.compile(r"</t[dh]>(?=<t[dh])")
_BLOCK_END = "</(?:p|h[1-6]|li|tr|td|th|caption|figcaption|blockquote|figure|table)>"
_BLOCK_START = r"<(?:p|ul|ol|table|figcaption)\b[^>]*>"
_LINE_END = re.compile(f"<[bh]r>|{_BLOCK_END}|{_BLOCK_START}")
_TAG = re.compile(r"<[^>]*>")


def html_to_text(html: str) -> str:
    """Return the words of a clean body, one line for each paragraph, heading, entry or row.

    Cells of a row are separated by tabs; a cell of several paragraphs takes several
    lines. Meant for search, digests and checks.

    Args:
        html: HTML as `clean_html` returns it.
    """
    text = html.replace("<p>", "\n").replace("</p>", "\n")  # most tags, and much faster than a pattern
    if "<" in text:
        text = _TAG.sub("", _LINE_END.sub("\n", _CELL_END.sub("\t", text)))
    lines = (line.strip() for line in unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def text_to_html(text: str) -> str:
    """Return plain text as clean HTML, one paragraph for each line that is not blank."""
    lines = (collapse(line) for line in clean_characters(text).splitlines())
    return write_html(paragraph(line) for line in lines if line)

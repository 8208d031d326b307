"""Markdown, and the form of it in which collections of laws are kept."""

import re
from functools import cache

from markdown_it import MarkdownIt

from jiyue.library.importing.draft import Draft
from jiyue.library.importing.history import is_history, join_entries
from jiyue.library.richtext.inline import clean_characters, collapse, unwrap_lines
from jiyue.library.richtext.model import Block, Listing, Rule, Run, TextBlock, paragraph
from jiyue.library.richtext.reader import read_html

_INFO_END = re.compile(r"<!--\s*INFO END\s*-->", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.{0,2000}?-->", re.DOTALL)
_FRONT_MATTER = re.compile(r"\s*---\n(?:[^\n]{0,500}\n){0,50}?---[ \t]*(?:\n|$)")
_RICH = re.compile(
    r"^(?:\s*(?:[-*+]|\d{1,9}[.)]) |>|\s*\||```|~~~)|\*\*|\]\(|`|(?<!\\)\*\S[^*\n]*\*|^(?:=+|-+)\s*$",
    re.MULTILINE,
)
_RICH_MARKS = ("*", "`", "](", ">", "|", "~", "=", "- ", "+ ", ". ", ") ", "---")  # cheaper than the pattern
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*")


def read_markdown(name: str, text: str) -> tuple[Draft, list[str]]:
    """Return the blocks of a Markdown text, and the lines of its history of adoption.

    The first heading becomes the title. What stands between the title and
    `INFO END` is the history and leaves the body.
    """
    cleaned = clean_characters(text)
    front_matter = _FRONT_MATTER.match(cleaned)
    if front_matter:
        cleaned = cleaned[front_matter.end() :]
    titles, history, body = _split_law(cleaned)
    draft = Draft(name, _read_body(body))
    if titles:
        draft.set_title(" ".join(dict.fromkeys(titles)))
    else:
        _take_title(draft)
        history = _take_history(draft)
    draft.has_outline = any(isinstance(block, TextBlock) and block.level for block in draft.blocks)
    return draft, join_entries(history)


def _split_law(text: str) -> tuple[list[str], list[str], str]:
    """Return titles, history and the rest of a law; only the rest for any other text."""
    marker = _INFO_END.search(text)
    if marker is None:
        return [], [], text
    head = _read_simple(_COMMENT.sub("", text[: marker.start()]))
    titles = [block.text for block in head if block.level]
    if not titles:
        return [], [], text
    return titles, [block.text for block in head if not block.level], text[marker.end() :]


def _read_body(text: str) -> list[Block]:
    plain = _COMMENT.sub("", text) if "<!--" in text else text
    is_rich = any(mark in plain for mark in _RICH_MARKS) and _RICH.search(plain) is not None
    return _read_rich(plain) if is_rich else list(_read_simple(plain))


def _read_simple(text: str) -> list[TextBlock]:
    """Read headings and paragraphs, all that most documents have."""
    blocks: list[TextBlock] = []
    for part in text.split("\n\n"):
        part = part.strip()
        if not part:
            continue
        if part[0] != "#":
            blocks.append(paragraph(collapse(unwrap_lines(part))))
            continue
        for line in part.split("\n"):
            heading = _HEADING.fullmatch(line.strip())
            if heading and heading[2]:
                blocks.append(paragraph(collapse(heading[2]), level=len(heading[1])))
            elif not heading and line.strip():
                blocks.append(paragraph(collapse(line)))
    return blocks


def _read_rich(text: str) -> list[Block]:
    blocks: list[Block] = []
    for block in read_html(_parser().render(text)):
        if isinstance(block, Listing) and block.is_ordered and _is_numbered_text(block):
            blocks.extend(_numbered_paragraphs(block))
        else:
            blocks.append(block)
    return blocks


def _is_numbered_text(listing: Listing) -> bool:
    """Tell whether a list is running text with numbers: one entry, or entries of several paragraphs."""
    return (
        len(listing.items) == 1 or any(len(item.blocks) > 1 for item in listing.items) or _is_prose(listing)
    )


def _is_prose(listing: Listing) -> bool:
    first = listing.items[0].blocks[0]
    return isinstance(first, TextBlock) and first.text.endswith(("；", "。", "："))


def _numbered_paragraphs(listing: Listing) -> list[Block]:
    blocks: list[Block] = []
    for number, item in enumerate(listing.items, listing.start):
        first = item.blocks[0]
        if isinstance(first, TextBlock):
            first.content.insert(0, Run(f"{number}. "))
        else:
            blocks.append(paragraph(f"{number}."))
        blocks.extend(item.blocks)
    return blocks


def _take_title(draft: Draft) -> None:
    blocks = draft.blocks
    while blocks and isinstance(blocks[0], Rule):
        blocks.pop(0)
    if blocks and isinstance(first := blocks[0], TextBlock) and first.level == 1:
        draft.set_title(first.text)
        blocks.pop(0)


def _take_history(draft: Draft) -> list[str]:
    lines: list[str] = []
    while draft.title and draft.blocks and isinstance(first := draft.blocks[0], TextBlock):
        if first.level or not is_history(first.text):
            break
        lines.append(first.text)
        draft.blocks.pop(0)
    return lines


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")

"""Headings of documents whose format doesn't mark them: chapters, 一、, (一)."""

import re

from jiyue.library.importing.draft import Draft
from jiyue.library.importing.titles import compact, forwarded_name
from jiyue.library.richtext.model import Block, TextBlock

MAX_HEADING_CHARS = 40
TITLE_LEVEL, BOOK_LEVEL, CHAPTER_LEVEL, SECTION_LEVEL, POINT_LEVEL, SUBPOINT_LEVEL = range(1, 7)

_NUMERALS = "[一二三四五六七八九十百零〇\\d]{1,6}"
_PART = re.compile(rf"第{_NUMERALS}(编|分编|章|节)(?:\s+.*|[^之的规定]{{0,30}})")
_POINT = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]\s?[^。；;，,：:！？]{2,36}")
_SUBPOINT = re.compile(r"[(（][一二三四五六七八九十]{1,3}[)）]\s?[^。；;，,：:！？]{2,20}。?")
_SUBPOINT_START = re.compile(r"[(（][一二三四五六七八九十]{1,3}[)）]")
_CONTENTS = re.compile(r"目\s*[录次]")
_ATTACHMENT = re.compile(r"附\s*(?:件|表|录)\s*[\d一二三四五六七八九十]{0,3}\s*[:：]?")
_LEVELS = {"编": BOOK_LEVEL, "分编": BOOK_LEVEL, "章": CHAPTER_LEVEL, "节": SECTION_LEVEL}


def mark_headings(draft: Draft) -> None:
    """Turn the lines that serve as headings into headings, in place."""
    blocks = draft.blocks
    inner_title = compact(forwarded_name(draft.title))
    contents_end = _contents_end(blocks)
    for index, block in enumerate(blocks):
        if not isinstance(block, TextBlock) or block.level or index < contents_end:
            continue
        text = block.text
        if len(text) > MAX_HEADING_CHARS and len(text) > len(inner_title) + 4:
            continue
        level = _level(blocks, index, text.strip(), inner_title)
        if level:
            block.level = level
            block.classes = ()
    _agree_subpoints(blocks)


def _agree_subpoints(blocks: list[Block]) -> None:
    """Leave no (二) a heading where its sibling (一) runs on into its paragraph."""
    headings: list[TextBlock] = []
    has_running_text = False
    for block in [*blocks, None]:
        if block is None or (isinstance(block, TextBlock) and 0 < block.level < SUBPOINT_LEVEL):
            for heading in headings if has_running_text else []:
                heading.level = 0
            headings, has_running_text = [], False
        elif isinstance(block, TextBlock) and block.level == SUBPOINT_LEVEL:
            headings.append(block)
        elif isinstance(block, TextBlock) and _SUBPOINT_START.match(block.text):
            has_running_text = True


def _level(blocks: list[Block], index: int, text: str, inner_title: str) -> int:
    if inner_title and compact(text).strip("《》") == inner_title:
        return TITLE_LEVEL
    if index and _is_attachment_title(blocks[index - 1], text):
        return TITLE_LEVEL
    part = _PART.fullmatch(text)
    if part and not text.endswith(("。", "；", ";", "，")):
        return _LEVELS[part[1]]
    if _POINT.fullmatch(text):
        return POINT_LEVEL
    return SUBPOINT_LEVEL if _SUBPOINT.fullmatch(text) and _opens_text(blocks, index) else 0


def _is_attachment_title(previous: Block, text: str) -> bool:
    """Tell whether a line is the name of the attachment announced right above it."""
    is_announced = (
        isinstance(previous, TextBlock) and _ATTACHMENT.fullmatch(previous.text.strip()) is not None
    )
    return (
        is_announced
        and 2 < len(text) <= MAX_HEADING_CHARS
        and not text.endswith(("。", "；", ";", "：", ":"))
    )


def _opens_text(blocks: list[Block], index: int) -> bool:
    """Tell whether text of its own follows, so that the line is no entry of a list."""
    before = blocks[index - 1] if index else None
    after = blocks[index + 1] if index + 1 < len(blocks) else None
    if isinstance(before, TextBlock) and before.text.endswith(("；", ";", "：", ":")):
        return False
    return isinstance(after, TextBlock) and not after.level and _SUBPOINT_START.match(after.text) is None


def _contents_end(blocks: list[Block]) -> int:
    """Return the position behind a table of contents, whose lines are no headings."""
    for index, block in enumerate(blocks[:60]):
        if isinstance(block, TextBlock) and _CONTENTS.fullmatch(block.text.strip()):
            first = _compact_text(blocks, index + 1)
            for position in range(index + 2, len(blocks)):
                if first and _compact_text(blocks, position) == first:
                    return position
            return 0
    return 0


def _compact_text(blocks: list[Block], index: int) -> str:
    block = blocks[index] if index < len(blocks) else None
    return compact(block.text) if isinstance(block, TextBlock) else ""

"""The beginning of a document: metadata block, page furniture, title, document number."""

import re
from pathlib import PurePosixPath

from jiyue.library.importing import history, labels
from jiyue.library.importing.dates import find_dates
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.title_search import (
    TitleLines,
    find_document_title,
    find_known_title,
    find_likely_title,
    is_navigation,
    repetition,
)
from jiyue.library.importing.titles import (
    MAX_TITLE_LINES,
    compact,
    is_document_title,
    is_site_name,
    page_title,
    tidy_title,
)
from jiyue.library.richtext.model import Block, Listing, Table, TextBlock

MAX_HEAD_BLOCKS = 60  # blocks; longer navigation than this was never seen before a title
MAX_OPENING_BLOCKS = 6  # blocks behind a settled title that may repeat it
MAX_HEAD_CHARS = 100  # characters; a longer paragraph is body text
MAX_PAGE_LINE_CHARS = 160  # characters of the line with source, time and counters

_BODY_START = re.compile(
    r"第[一1][条章编节]|一、|[(（]一[)）]|1[.、．]|为(?:了)?.{10,}|根据.{10,}|《?[^《》]{0,20}》?已经.{4,}"
)
_BULLET = re.compile(r"^[-•·*▪◆■]\s+")
_NUMBER = re.compile(
    r"(?P<agency>[\u4e00-\u9fff]{1,16}?)\s?[〔\[［(（【﹝]\s?(?P<year>(?:19|20)\d{2})\s?[〕\]］)）】﹞]\s?第?\s?(?P<serial>\d{1,5})\s?号"
)
_ORDER = re.compile(
    r"[(（]?([\u4e00-\u9fff]{2,30}(?:令|公告))\s?[(（]?\s?第?\s?([\d〇零一二三四五六七八九十百]{1,8})\s?号\s?[)）]?[)）]?"
)
_RED_HEAD = re.compile(r"([\u4e00-\u9fff]{4,40})文\s?件")


def document_number(line: str) -> str:
    """Return the document number that a line consists of, in its usual form, or ""."""
    match = _NUMBER.fullmatch(line)
    if match:
        return f"{match['agency']}〔{match['year']}〕{match['serial']}号"
    order = _ORDER.fullmatch(line)
    return f"{order[1]}第{order[2]}号" if order else ""


def read_head(draft: Draft) -> None:
    """Take metadata, navigation and title off the beginning of the blocks."""
    for block in _lines_of(draft.page):
        _read_page_block(draft, block)
    blocks = _lines_of(draft.blocks)
    end = _head_end(blocks)
    head = _take_metadata(draft, blocks[:end])
    _read_numbers(draft, head)
    head = _take_title(draft, head)
    draft.blocks = head + blocks[end:]


def read_opening(draft: Draft) -> None:
    """Read a document number and drop a second title behind a title already settled."""
    opening = _without_repetition(draft.blocks[:MAX_OPENING_BLOCKS], draft.title)
    _read_numbers(draft, opening)
    draft.blocks = opening + draft.blocks[MAX_OPENING_BLOCKS:]


def _lines_of(blocks: list[Block]) -> list[Block]:
    """Open the lists that navigation and metadata blocks are made of."""
    lines: list[Block] = []
    for block in blocks[:MAX_HEAD_BLOCKS]:
        if isinstance(block, Listing) and _is_label_list(block):
            lines.extend(inner for item in block.items for inner in item.blocks)
        else:
            lines.append(block)
    return lines + blocks[MAX_HEAD_BLOCKS:]


def _is_label_list(listing: Listing) -> bool:
    blocks = [block for item in listing.items for block in item.blocks]
    return _is_short(blocks) and any(_is_label_block(block) for block in blocks)


def _is_short(blocks: list[Block]) -> bool:
    return all(isinstance(block, TextBlock) and len(block.text) <= MAX_HEAD_CHARS for block in blocks)


def _is_label_block(block: Block) -> bool:
    text = _line(block)
    return labels.is_label_alone(text) or labels.starts_with_label(text)


def _line(block: Block) -> str:
    """Return the text of a block as one line without a bullet; "" for anything but text."""
    return _BULLET.sub("", " ".join(block.text.split())) if isinstance(block, TextBlock) else ""


def _head_end(blocks: list[Block]) -> int:
    """Return the position of the first block of body text."""
    for index, block in enumerate(blocks[:MAX_HEAD_BLOCKS]):
        if isinstance(block, Table):
            if not _is_label_table(block):
                return index
            continue
        if not isinstance(block, TextBlock):
            return index
        text = _line(block)
        if labels.starts_with_label(text) or document_number(text) or is_document_title(compact(text)):
            continue
        if len(text) > MAX_HEAD_CHARS and not _is_page_line(text) and not history.is_history(text):
            return index
        if _BODY_START.match(text) or (
            text.endswith((":", "：")) and len(text) > 3 and not labels.is_label_alone(text)
        ):
            return index
    return min(len(blocks), MAX_HEAD_BLOCKS)


def _is_page_line(text: str) -> bool:
    """Tell whether a line holds source, time and counters of a web page."""
    if len(text) > MAX_PAGE_LINE_CHARS or text.endswith("。"):
        return False
    return any(label in labels.PAGE_LABELS for label, _name, _value in labels.labelled_values(text))


def _take_metadata(draft: Draft, head: list[Block]) -> list[Block]:
    """Read labels and values, and return the blocks that hold none."""
    rest: list[Block] = []
    index = 0
    while index < len(head):
        block = head[index]
        following = _line(head[index + 1]) if index + 1 < len(head) else ""
        taken = _read_labels(draft, block, following)
        if not taken:
            rest.append(block)
        index += taken or 1
    return rest


def _read_labels(draft: Draft, block: Block, following: str) -> int:
    """Read what a block states about the document; return how many blocks that used up."""
    if isinstance(block, Table):
        _read_label_table(draft, block)
        return 1
    text = _line(block)
    name = None if isinstance(block, TextBlock) and block.level else labels.label_alone(text)
    if name is not None:
        is_value = bool(following) and labels.is_plausible(name, following)
        return 2 if is_value and labels.keep(draft, name, following) else 1
    if labels.starts_with_label(text) or _is_page_line(text):
        _read_statements(draft, text)
        return 1
    return 0


def _read_page_block(draft: Draft, block: Block) -> None:
    if isinstance(block, Table):
        _read_label_table(draft, block)
    elif isinstance(block, TextBlock) and len(block.text) <= MAX_PAGE_LINE_CHARS:
        _read_statements(draft, _line(block))


def _read_statements(draft: Draft, text: str) -> None:
    for _label, name, value in labels.labelled_values(text):
        if name:
            labels.keep(draft, name, value)
    dates = find_dates(labels.text_before_labels(text))
    if dates and _is_page_line(text):
        draft.guess("originally_published_on", dates[0].day)


def _is_label_table(table: Table) -> bool:
    return any(_is_label_block(block) for row in table.rows for cell in row.cells for block in cell.blocks)


def _read_label_table(draft: Draft, table: Table) -> None:
    for row in table.rows:
        texts = [" ".join(_line(block) for block in cell.blocks).strip() for cell in row.cells]
        for index, text in enumerate(texts):
            name = labels.label_alone(text)
            if name is None:
                _read_statements(draft, text)
            elif name and index + 1 < len(texts) and not labels.is_label_alone(texts[index + 1]):
                labels.keep(draft, name, texts[index + 1])


def _read_numbers(draft: Draft, head: list[Block]) -> None:
    for block in head:
        number = document_number(_line(block))
        if number:
            draft.find("document_number", number)
            if isinstance(block, TextBlock):
                block.classes = ("align-center",)


def _take_title(draft: Draft, head: list[Block]) -> list[Block]:
    """Settle the title; return what follows it in the head, without its repetitions."""
    lines = [_line(block) for block in head]
    if not draft.title:
        _find_page_title(draft)
    found = _find_title(draft, head, lines)
    if found is None:
        return [block for block, line in zip(head, lines, strict=True) if not is_navigation(line)]
    for line in lines[: found.start]:
        red_head = _RED_HEAD.fullmatch(line)
        if red_head:
            draft.guess("issuing_body", red_head[1])
    draft.set_title(found.text(lines), is_found=found.is_sure)
    rest = _without_repetition(head[found.end :], draft.title)
    return [block for block in rest if not is_navigation(_line(block))]


def _find_title(draft: Draft, head: list[Block], lines: list[str]) -> TitleLines | None:
    if draft.title:
        return find_known_title(draft.title, lines)
    for index, block in enumerate(head):
        if isinstance(block, TextBlock) and block.level == 1 and lines[index]:
            return TitleLines(index, 1)
    return find_document_title(lines) or find_likely_title(
        ["" if document_number(line) else line for line in lines]
    )


def _find_page_title(draft: Draft) -> None:
    """Look for the title around the article, where many pages print it."""
    lines = [_line(block) for block in draft.page[:MAX_HEAD_BLOCKS]]
    found = find_document_title(lines)
    if found is not None:
        draft.set_title(found.text(lines))


def _without_repetition(blocks: list[Block], title: str) -> list[Block]:
    """Drop the lines right behind a title that say it again."""
    rest = blocks
    while count := repetition([_line(block) for block in rest[: MAX_TITLE_LINES + 1]], title):
        rest = rest[count:]
    return rest


def settle_title(draft: Draft) -> None:
    """Take the title of the page, or the name of the file, where the text has none."""
    from_page = page_title(draft.tags.get("title", ""))
    draft.set_title("" if is_site_name(from_page) else from_page, is_found=False)
    draft.set_title(tidy_title(PurePosixPath(draft.name).stem), is_found=False)

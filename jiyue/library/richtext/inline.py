"""Normal form of inline content: collapsed white space, merged runs, split lines."""

import re
from collections.abc import Iterable

from jiyue.library.richtext.model import LINE_BREAK, PLAIN, Image, Inline, Run

_INVISIBLE = re.compile(
    "[\U000e0000-\U000e007f\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff0-\uffff\ud800-\udfff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_BLANKS = ("\n", "\t", "\u3000", "\xa0")  # not printable in Python's sense, but wanted
_WRAPPED_LINE = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])[ \t]*[\r\n]\s*(?=[\u3000-\u9fff\uff00-\uffef])"
)
_INDENTED = re.compile("[ \t\r\n]*(\u3000\u3000|\xa0 ?\xa0)")
_WHITE_SPACE = re.compile(r"\s+")
_JOINERS = frozenset("\u200c\u200d")
# A joiner changes the shape of the letter beside it in Arabic (Uyghur), Indic, Tibetan and Mongolian.
_JOINING = re.compile("[\u0600-\u08ff\u0900-\u0fff\u1780-\u18af\ua840-\ua87f\ufb50-\ufdff\ufe70-\ufefc]")
_MONGOLIAN = re.compile("[\u1820-\u18aa]")
_PICTOGRAPH = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")


def clean_characters(text: str) -> str:
    """Drop characters that nobody sees and that HTML forbids.

    Joiners stay where they shape something: between letters of joining scripts
    and inside composed pictographs. Rare Chinese characters, of whatever plane,
    and the selectors of their variants stay.
    """
    visible = text
    for blank in _BLANKS:
        visible = visible.replace(blank, " ")
    return text if visible.isprintable() else _INVISIBLE.sub(_wanted_joiner, text)


def _wanted_joiner(match: re.Match[str]) -> str:
    """Return an invisible character that shapes its neighbours, or nothing."""
    character = match[0]
    before, after = (
        match.string[match.start() - 1 : match.start()],
        match.string[match.end() : match.end() + 1],
    )
    if character == "\u180e":
        return character if _MONGOLIAN.match(before) else ""
    if character not in _JOINERS:
        return ""
    if _JOINING.match(before) or _JOINING.match(after):
        return character
    is_composed = character == "\u200d" and _PICTOGRAPH.match(before) and _PICTOGRAPH.match(after)
    return character if is_composed else ""


def unwrap_lines(text: str) -> str:
    """Join lines of Chinese text that the source broke only for width."""
    return _WRAPPED_LINE.sub("", text) if "\n" in text or "\r" in text else text


def collapse(text: str) -> str:
    """Return text with every run of white space as one space, none at the ends."""
    return " ".join(text.split())


def split_paragraphs(content: Iterable[Inline]) -> list[list[Inline]]:
    """Return the paragraphs that raw inline content really holds.

    Two line breaks in a row, or a line break before an indented line, were meant
    as a new paragraph. White space is collapsed, neighbours that look alike are
    merged, empty paragraphs are dropped.
    """
    paragraphs: list[list[Inline]] = []
    current: list[Inline] = []
    was_empty = False
    for line in _lines(content):
        normal = normalize(line)
        if not normal:
            was_empty = True
            continue
        if current and (was_empty or _is_indented(line)):
            paragraphs.append(current)
            current = []
        if current:
            current.append(Run(LINE_BREAK))
        current.extend(normal)
        was_empty = False
    if current:
        paragraphs.append(current)
    return paragraphs


def join_lines(content: Iterable[Inline]) -> list[Inline]:
    """Return raw inline content as one paragraph with single line breaks."""
    joined: list[Inline] = []
    for part in split_paragraphs(content):
        if joined:
            joined.append(Run(LINE_BREAK))
        joined.extend(part)
    return joined


def normalize(line: Iterable[Inline]) -> list[Inline]:
    """Collapse white space across the runs of one line and merge equal neighbours."""
    items = list(line)
    if len(items) == 1 and isinstance(items[0], Run):
        text = collapse(items[0].text)
        return [Run(text, items[0].marks)] if text else []
    normal: list[Inline] = []
    for item in items:
        if isinstance(item, Image):
            normal.append(item)
        else:
            _append_run(normal, item)
    return _trim_end(normal)


def _append_run(normal: list[Inline], run: Run) -> None:
    text = _WHITE_SPACE.sub(" ", run.text)
    last = normal[-1] if normal else None
    if text.startswith(" ") and (last is None or (isinstance(last, Run) and last.text.endswith(" "))):
        text = text[1:]
    if not text:
        return
    if isinstance(last, Run) and last.marks == run.marks:
        normal[-1] = Run(last.text + text, run.marks)
    else:
        normal.append(Run(text, PLAIN if text == " " else run.marks))


def _trim_end(normal: list[Inline]) -> list[Inline]:
    while normal and isinstance(last := normal[-1], Run):
        text = last.text.rstrip(" ")
        if text:
            normal[-1] = Run(text, last.marks)
            break
        normal.pop()
    return normal


def _lines(content: Iterable[Inline]) -> Iterable[list[Inline]]:
    line: list[Inline] = []
    for item in content:
        if isinstance(item, Run) and item.text == LINE_BREAK:
            yield line
            line = []
        else:
            line.append(item)
    yield line


def _is_indented(line: list[Inline]) -> bool:
    first = line[0]
    return isinstance(first, Run) and _INDENTED.match(first.text) is not None

"""Light markup of the demonstration texts: front matter, dates, Markdown.

A content file is a sequence of entries. Each entry is a block of TOML between
two lines `+++`, then Markdown. A file may begin with `+++ defaults`: a block of
fields that its entries inherit.

Texts name no absolute date, since every date depends on the day of loading.
They use placeholders instead, counted from the entry's own day of publication:

    {date} {date-3}     2026年11月21日; days before or after
    {md-3}              11月18日
    {weekday+2}         星期一
    {year-1}            2025
    {month-1}           10月
    {ym+1}              2026年12月
    {first+1} {last-1}  first or last day of a month counted from the entry's
    {written+30}        counted from the date of writing
    {number:KEY}        document number of another entry
    {title:KEY}         title of another entry

A paragraph whose lines begin with `→ ` is set to the right (signatures), with
`↔ ` in the middle.
"""

import calendar
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

WEEKDAYS = "一二三四五六日"
ALIGNMENTS = {"→": "right", "↔": "center"}

_ENTRY = re.compile(r"^\+\+\+( defaults)?\n(.*?)^\+\+\+\n", re.MULTILINE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DATE_NAME = re.compile(r"(date|md|weekday|year|month|ym|first|last|written)([+-]\d+)?")
_REFERENCE = re.compile(r"(number|title):([a-z0-9-]+)")


class ContentError(ValueError):
    """A content file that cannot be read; the message names file and entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a content file, not yet rendered."""

    origin: str  # "file.md: key", for messages
    fields: Mapping[str, Any]
    body: str


def read_entries(text: str, *, file_name: str) -> Iterator[Entry]:
    """Yield the entries of one content file.

    Raises:
        ContentError: The file holds no entry, text before its first entry, or a
            front matter that is not TOML.
    """
    marks = list(_ENTRY.finditer(text))
    if not marks or text[: marks[0].start()].strip():
        raise ContentError(f"{file_name}: does not begin with a block between two lines '+++'.")
    defaults: dict[str, Any] = {}
    for position, mark in enumerate(marks):
        end = marks[position + 1].start() if position + 1 < len(marks) else len(text)
        try:
            fields = tomllib.loads(mark[2])
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"{file_name}: entry {position + 1}: {error}") from error
        if mark[1]:
            defaults = fields
            continue
        origin = f"{file_name}: {fields.get('key', position + 1)}"
        yield Entry(origin=origin, fields=defaults | fields, body=text[mark.end() : end].strip())


def chinese_date(day: date) -> str:
    """Return a date as running text writes it: 2026年11月21日."""
    return f"{day.year}年{day.month}月{day.day}日"


def shift_month(day: date, months: int) -> date:
    """Return the first day of the month `months` away from the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _last_of_month(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


_RENDER_DATE: Mapping[str, Callable[[date, int], str]] = {
    "date": lambda day, n: chinese_date(day + timedelta(days=n)),
    "md": lambda day, n: chinese_date(day + timedelta(days=n)).partition("年")[2],
    "weekday": lambda day, n: "星期" + WEEKDAYS[(day + timedelta(days=n)).weekday()],
    "year": lambda day, n: str(day.year + n),
    "month": lambda day, n: f"{shift_month(day, n).month}月",
    "ym": lambda day, n: f"{shift_month(day, n).year}年{shift_month(day, n).month}月",
    "first": lambda day, n: chinese_date(shift_month(day, n)),
    "last": lambda day, n: chinese_date(_last_of_month(shift_month(day, n))),
    "written": lambda day, n: chinese_date(day + timedelta(days=n)),
}


@dataclass(frozen=True, slots=True)
class Dates:
    """What placeholders are counted from, and where references are looked up."""

    published_on: date
    written_on: date
    references: Mapping[tuple[str, str], str]

    def fill(self, text: str, *, origin: str) -> str:
        """Return `text` with every placeholder replaced.

        Raises:
            ContentError: A placeholder is unknown or names an unknown entry.
        """

        def replace(found: re.Match[str]) -> str:
            named = _DATE_NAME.fullmatch(found[1])
            if named:
                day = self.written_on if named[1] == "written" else self.published_on
                return _RENDER_DATE[named[1]](day, int(named[2] or 0))
            reference = _REFERENCE.fullmatch(found[1])
            if reference and (reference[1], reference[2]) in self.references:
                return self.references[reference[1], reference[2]]
            raise ContentError(f"{origin}: unknown placeholder {found[0]}.")

        return _PLACEHOLDER.sub(replace, text)


def _align(tokens: list[Token]) -> None:
    """Turn paragraphs marked with an arrow into aligned ones, line by line."""
    for opening, inline in pairwise(tokens):
        if opening.type != "paragraph_open" or inline.content[:1] not in ALIGNMENTS:
            continue
        mark = inline.content[0]
        opening.attrSet("style", f"text-align: {ALIGNMENTS[mark]}")
        for child in inline.children or []:
            if child.type == "softbreak":
                child.type, child.tag = "hardbreak", "br"
            elif child.type == "text":
                child.content = child.content.removeprefix(mark).lstrip()


def render_markdown(text: str) -> str:
    """Return the XHTML of a Markdown text; raw HTML in it is escaped."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    _align(tokens)
    return str(parser.renderer.render(tokens, parser.options, {})).strip()

"""Rich text as plain data: what a document may contain, and nothing else.

Readers build these blocks from HTML, plain text, Markdown and word-processor
files; the writer turns them into HTML that is valid and safe by construction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

LINE_BREAK = "\n"

ALIGNMENT_CLASSES = ("align-right", "align-center", "align-justify")
INDENT_CLASSES = ("indent-1", "indent-2", "indent-3", "indent-4")
WIDTH_CLASSES = ("width-25", "width-33", "width-50", "width-66", "width-75", "width-100")
NOTE_CLASS = "note"
ALL_CLASSES = (*ALIGNMENT_CLASSES, *INDENT_CLASSES, *WIDTH_CLASSES, NOTE_CLASS)


Group = Literal["head", "body", "foot"]  # part of a table a row stands in


class Marks(NamedTuple):
    """How a run of text looks, and where it leads."""

    link: str = ""
    is_strong: bool = False
    is_emphasized: bool = False
    script: Literal["", "sub", "sup"] = ""


PLAIN = Marks()


@dataclass(slots=True)
class Run:
    """Text with one look; a line break is a run whose text is `LINE_BREAK`."""

    text: str
    marks: Marks = PLAIN


@dataclass(slots=True)
class Image:
    """A picture from the media store."""

    source: str  # "/media/<name>"
    alternative: str = ""
    width: int = 0  # pixels; 0 when not stated
    height: int = 0  # pixels; 0 when not stated
    classes: tuple[str, ...] = ()
    marks: Marks = PLAIN


Inline = Run | Image


@dataclass(slots=True)
class TextBlock:
    """A paragraph (level 0) or a heading (level 1 to 6)."""

    content: list[Inline]
    level: int = 0
    classes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words without their look; line breaks as newlines."""
        return plain(self.content)


@dataclass(slots=True)
class Item:
    """One entry of a list."""

    blocks: list["Block"]


@dataclass(slots=True)
class Listing:
    """A bulleted or numbered list."""

    items: list[Item]
    is_ordered: bool = False
    start: int = 1


@dataclass(slots=True)
class Cell:
    """One cell of a table."""

    blocks: list["Block"]
    is_header: bool = False
    columns: int = 1  # columns it spans
    rows: int = 1  # rows it spans; 0 means up to the end of its group
    scope: str = ""
    classes: tuple[str, ...] = ()


@dataclass(slots=True)
class Row:
    """One row of a table and the group it stands in."""

    cells: list[Cell]
    group: Group = "body"


@dataclass(slots=True)
class Table:
    """A table; merged cells are spans of the first of them."""

    rows: list[Row]
    caption: list[Inline] = field(default_factory=list)
    classes: tuple[str, ...] = ()


@dataclass(slots=True)
class Quote:
    """A block quotation."""

    blocks: list["Block"]


@dataclass(slots=True)
class Figure:
    """A picture or a table with its legend."""

    blocks: list["Block"]
    legend: list[Inline] = field(default_factory=list)


@dataclass(slots=True)
class Rule:
    """A thematic break."""


Block = TextBlock | Listing | Table | Quote | Figure | Rule


def paragraph(text: str, *, level: int = 0, classes: tuple[str, ...] = ()) -> TextBlock:
    """Return a block holding one plain run."""
    return TextBlock([Run(text)], level=level, classes=classes)


def plain(content: Sequence[Inline]) -> str:
    """Return the words of inline content; line breaks as newlines."""
    if len(content) == 1 and isinstance(first := content[0], Run):
        return first.text
    return "".join(item.text for item in content if isinstance(item, Run))


def as_lines(blocks: Iterable[Block]) -> list[Inline]:
    """Return the text of blocks as inline content, one line for each."""
    lines: list[Inline] = []
    for block in text_blocks(blocks):
        if lines:
            lines.append(Run(LINE_BREAK))
        lines.extend(block.content)
    return lines


def text_blocks(blocks: Iterable[Block]) -> Iterator[TextBlock]:
    """Yield every paragraph and heading, wherever it stands, in reading order."""
    for block in blocks:
        if isinstance(block, TextBlock):
            yield block
        elif isinstance(block, Listing):
            for item in block.items:
                yield from text_blocks(item.blocks)
        elif isinstance(block, Table):
            for row in block.rows:
                for cell in row.cells:
                    yield from text_blocks(cell.blocks)
        elif isinstance(block, Quote | Figure):
            yield from text_blocks(block.blocks)


def tag_names(words: str) -> frozenset[str]:
    """Return the element names written in one line."""
    return frozenset(words.split())

"""From rich-text blocks to HTML: valid, and safe whatever the blocks hold."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from jiyue.library.richtext.model import (
    LINE_BREAK,
    Block,
    Cell,
    Figure,
    Image,
    Inline,
    Listing,
    Marks,
    Quote,
    Row,
    Run,
    Table,
    TextBlock,
)

TOP_LEVEL = 2  # the page's own title is the only h1
LOWEST_LEVEL = 6
_GROUP_TAGS = {"head": "thead", "body": "tbody", "foot": "tfoot"}


def write_html(blocks: Iterable[Block]) -> str:
    """Return the HTML of blocks, top-level elements on their own lines."""
    return "\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    if isinstance(block, TextBlock):
        tag = f"h{block.level}" if block.level else "p"
        return f"<{tag}{_class(block.classes)}>{write_inline(block.content)}</{tag}>"
    if isinstance(block, Listing):
        return _listing(block)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Quote):
        return f"<blockquote>{_blocks(block.blocks)}</blockquote>"
    if isinstance(block, Figure):
        return _figure(block)
    return "<hr>"


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(_block(block) for block in blocks)


def _class(classes: Sequence[str]) -> str:
    return f' class="{" ".join(classes)}"' if classes else ""


def _figure(figure: Figure) -> str:
    legend = f"<figcaption>{write_inline(figure.legend)}</figcaption>" if figure.legend else ""
    return f"<figure>{_compact(figure.blocks)}{legend}</figure>"


def _listing(listing: Listing) -> str:
    tag = "ol" if listing.is_ordered else "ul"
    start = f' start="{listing.start}"' if listing.is_ordered and listing.start != 1 else ""
    items = "".join(f"<li>{_compact(item.blocks)}</li>" for item in listing.items)
    return f"<{tag}{start}>{items}</{tag}>"


def _compact(blocks: Sequence[Block]) -> str:
    """Write the content of a list item, cell or figure, without a lone paragraph's tags."""
    first = blocks[0] if blocks else None
    is_lone = isinstance(first, TextBlock) and not first.level and not first.classes
    if (
        isinstance(first, TextBlock)
        and is_lone
        and not any(isinstance(block, TextBlock) for block in blocks[1:])
    ):
        return write_inline(first.content) + _blocks(blocks[1:])
    return _blocks(blocks)


def _table(table: Table) -> str:
    caption = f"<caption>{write_inline(table.caption)}</caption>" if table.caption else ""
    groups = "".join(
        f"<{_GROUP_TAGS[name]}>{''.join(_row(row) for row in rows)}</{_GROUP_TAGS[name]}>"
        for name, rows in groupby(table.rows, key=lambda row: row.group)
    )
    return f"<table{_class(table.classes)}>{caption}{groups}</table>"


def _row(row: Row) -> str:
    return f"<tr>{''.join(_cell(cell) for cell in row.cells)}</tr>"


def _cell(cell: Cell) -> str:
    tag = "th" if cell.is_header else "td"
    columns = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    scope = f' scope="{cell.scope}"' if cell.is_header and cell.scope else ""
    return f"<{tag}{columns}{rows}{scope}{_class(cell.classes)}>{_compact(cell.blocks)}</{tag}>"


def write_inline(content: Sequence[Inline]) -> str:
    """Return the HTML of inline content; tags open and close only where the look changes."""
    if len(content) == 1 and isinstance(first := content[0], Run) and not any(first.marks):
        return _escape(first.text)
    parts: list[str] = []
    open_tags: list[tuple[str, str]] = []
    for item in content:
        tags = _tags(item.marks)
        common = 0
        while common < min(len(tags), len(open_tags)) and tags[common] == open_tags[common]:
            common += 1
        parts.extend(f"</{name}>" for name, _ in reversed(open_tags[common:]))
        parts.extend(f"<{name}{attributes}>" for name, attributes in tags[common:])
        open_tags = tags
        parts.append(_image(item) if isinstance(item, Image) else _text(item.text))
    parts.extend(f"</{name}>" for name, _ in reversed(open_tags))
    return "".join(parts)


def _tags(marks: Marks) -> list[tuple[str, str]]:
    tags = []
    if marks.link:
        tags.append(("a", f' href="{_attribute(marks.link)}"'))
    if marks.is_strong:
        tags.append(("strong", ""))
    if marks.is_emphasized:
        tags.append(("em", ""))
    if marks.script:
        tags.append((marks.script, ""))
    return tags


def _text(text: str) -> str:
    return "<br>" if text == LINE_BREAK else _escape(text)


def _image(image: Image) -> str:
    width = f' width="{image.width}"' if image.width else ""
    height = f' height="{image.height}"' if image.height else ""
    alternative = f' alt="{_attribute(image.alternative)}"'
    return f'<img src="{_attribute(image.source)}"{alternative}{width}{height}{_class(image.classes)}>'


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", "&nbsp;")


def _attribute(text: str) -> str:
    return _escape(text).replace('"', "&quot;")

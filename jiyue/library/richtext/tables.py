"""Reading tables: merged cells, header cells, layout tables."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import accumulate

from selectolax.lexbor import LexborNode

from jiyue.library.richtext.inline import normalize
from jiyue.library.richtext.model import (
    Block,
    Cell,
    Group,
    Inline,
    Row,
    Run,
    Table,
    TextBlock,
    as_lines,
    text_blocks,
)
from jiyue.library.richtext.styles import alignment, parse_style, width_class

MAX_COLUMNS = 200  # columns; spans in wider tables are dropped
MAX_HEADER_CHARS = 30  # characters; longer text is not a column heading
SCOPES = frozenset({"col", "row", "colgroup", "rowgroup"})

CellReader = Callable[[LexborNode, str], list[Block]]
_GROUP_ORDER = {"head": 0, "body": 1, "foot": 2}
_GROUPS: dict[str, Group] = {"thead": "head", "tbody": "body", "tfoot": "foot"}


def read_table(node: LexborNode, read_cell: CellReader) -> Table | list[Block]:
    """Return a table in normal form, or its content when it served only for layout.

    Args:
        node: The `table` element.
        read_cell: Reads the blocks of a cell or caption; its second argument is
            the alignment class the cell passes on.
    """
    caption: list[Inline] = []
    rows: list[Row] = []
    for child in node.iter():
        if child.tag == "caption":
            caption = caption or as_lines(read_cell(child, ""))
        elif child.tag in _GROUPS:
            rows.extend(
                _read_row(row, _GROUPS[child.tag], read_cell) for row in child.iter() if row.tag == "tr"
            )
    rows = normalize_spans(sorted(rows, key=lambda row: _GROUP_ORDER[row.group]))
    if _is_layout(rows):
        return [TextBlock(caption)] * bool(caption) + [
            block for row in rows for cell in row.cells for block in cell.blocks
        ]
    mark_headers(rows)
    width = width_class(node.attributes, parse_style(node.attributes))
    return Table(rows, caption, (width,) if width else ())


def _read_row(node: LexborNode, group: Group, read_cell: CellReader) -> Row:
    row_alignment = alignment(node.attributes, parse_style(node.attributes)) or ""
    return Row(
        [_read_cell(cell, row_alignment, read_cell) for cell in node.iter() if cell.tag in {"td", "th"}],
        group,
    )


def _read_cell(node: LexborNode, row_alignment: str, read_cell: CellReader) -> Cell:
    attributes = node.attributes
    style = parse_style(attributes)
    stated = alignment(attributes, style)
    blocks = read_cell(node, row_alignment if stated is None else stated)
    scope = (attributes.get("scope") or "").strip().lower()
    width = width_class(attributes, style)
    cell = Cell(
        blocks,
        is_header=node.tag == "th",
        columns=_span(attributes.get("colspan"), minimum=1),
        rows=_span(attributes.get("rowspan"), minimum=0),
        scope=scope if scope in SCOPES else "",
        classes=(width,) if width else (),
    )
    _settle_blocks(cell)
    return cell


def _settle_blocks(cell: Cell) -> None:
    """Move the alignment of a cell's only paragraph to the cell; cells hold no headings."""
    for block in text_blocks(cell.blocks):
        block.level = 0
    only = cell.blocks[0] if len(cell.blocks) == 1 else None
    if isinstance(only, TextBlock):
        aligned = tuple(name for name in only.classes if name.startswith("align-"))
        cell.classes = aligned + cell.classes
        only.classes = ()


def _span(text: str | None, *, minimum: int) -> int:
    value = (text or "").strip()
    if not value.isascii() or not value.isdecimal() or len(value) > 5:
        return 1
    return max(minimum, min(int(value), 10_000))


def normalize_spans(rows: list[Row]) -> list[Row]:
    """Return rows in which every row and every column begins with a cell.

    Spans that overlap, leave the table or its group, or only widen columns that
    nothing begins in are cut down, so that the grid is the one a reader sees. A
    grid wider than `MAX_COLUMNS` loses all its spans.
    """
    rows = _without_empty_rows(rows)
    places = _place(rows)
    if places is None:
        for cell in (cell for row in rows for cell in row.cells):
            cell.columns = cell.rows = 1
        return rows
    starts = sorted({column for row_places in places for column in row_places})
    for row, row_places in zip(rows, places, strict=True):
        for cell, column in zip(row.cells, row_places, strict=True):
            cell.columns = bisect_left(starts, column + cell.columns) - bisect_left(starts, column)
    return rows


def _without_empty_rows(rows: list[Row]) -> list[Row]:
    """Drop rows without cells and shorten the spans that crossed them."""
    kept_before = list(accumulate((bool(row.cells) for row in rows), initial=0))
    for index, row in enumerate(rows):
        for cell in row.cells:
            if cell.rows > 1:
                end = min(index + cell.rows, len(rows))
                cell.rows = kept_before[end] - kept_before[index]
    return [row for row in rows if row.cells]


def _place(rows: list[Row]) -> list[list[int]] | None:
    """Return the column each cell begins in, or None for a grid wider than `MAX_COLUMNS`.

    Spans that meet another cell or the end of their group are cut.
    """
    group_sizes = Counter(row.group for row in rows)
    if any(sum(cell.columns for cell in row.cells) > MAX_COLUMNS for row in rows):
        return None
    places: list[list[int]] = []
    taken: dict[int, int] = {}  # column -> rows it stays taken, this one included
    for index, row in enumerate(rows):
        if index and rows[index - 1].group != row.group:
            taken = {}
        places.append(_place_row(row, taken, group_sizes[row.group]))
        group_sizes[row.group] -= 1
        if len(taken) > MAX_COLUMNS:
            return None
        taken = {column: count - 1 for column, count in taken.items() if count > 1}
    return places


def _place_row(row: Row, taken: dict[int, int], rows_left: int) -> list[int]:
    row_places: list[int] = []
    from_above = set(taken)
    column = 0
    for cell in row.cells:
        while column in from_above:
            column += 1
        row_places.append(column)
        cell.columns = next(
            (step for step in range(1, cell.columns) if column + step in from_above), cell.columns
        )
        cell.rows = min(cell.rows or rows_left, rows_left)
        for step in range(cell.columns):
            taken[column + step] = cell.rows
        column += cell.columns
    return row_places


def _is_layout(rows: list[Row]) -> bool:
    """Tell whether the table is only a frame around other blocks."""
    cells = [cell for row in rows for cell in row.cells]
    return not cells or (
        len(cells) == 1 and any(not isinstance(block, TextBlock) for block in cells[0].blocks)
    )


def mark_headers(rows: list[Row]) -> None:
    """Make header cells of cells that are clearly headings, and give every header a scope."""
    has_header = any(cell.is_header or row.group == "head" for row in rows for cell in row.cells)
    if not has_header and len(rows) > 1 and all(_looks_like_header(cell) for cell in rows[0].cells):
        for cell in rows[0].cells:
            cell.is_header = True
    for index, row in enumerate(rows):
        is_top = index == 0 or row.group == "head"
        for cell in row.cells:
            cell.is_header = cell.is_header or row.group == "head"
            _settle_header(cell, is_top=is_top)
    _open_head_group(rows)


def _settle_header(cell: Cell, *, is_top: bool) -> None:
    if not cell.is_header:
        cell.scope = ""
        return
    cell.scope = cell.scope or ("col" if is_top else "row")
    for block in cell.blocks:
        if isinstance(block, TextBlock):
            block.content = normalize(_without_strong(item) for item in block.content)


def _open_head_group(rows: list[Row]) -> None:
    is_plain = all(row.group == "body" for row in rows) and len(rows) > 1
    if is_plain and all(cell.is_header and cell.rows == 1 for cell in rows[0].cells):
        rows[0].group = "head"


def _looks_like_header(cell: Cell) -> bool:
    if len(cell.blocks) != 1 or not isinstance(block := cell.blocks[0], TextBlock):
        return False
    is_bold = all(
        isinstance(item, Run) and (item.marks.is_strong or not item.text.strip()) for item in block.content
    )
    return is_bold and len(block.text) <= MAX_HEADER_CHARS


def _without_strong(item: Inline) -> Inline:
    return Run(item.text, item.marks._replace(is_strong=False)) if isinstance(item, Run) else item

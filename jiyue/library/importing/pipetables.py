"""Tables that plain text keeps only as lines with vertical bars."""

from dataclasses import dataclass, field

from jiyue.library.richtext.model import Cell, Row, Table, paragraph
from jiyue.library.richtext.tables import mark_headers, normalize_spans

MIN_COLUMNS = 2
MIN_ROWS = 2
MAX_CELL_LINES = 30  # lines one row may be broken into


@dataclass(slots=True)
class PipeTable:
    """A table, how many lines it took, and whether merged cells were inferred."""

    table: Table
    line_count: int
    has_guessed_spans: bool


@dataclass(slots=True)
class _Grid:
    rows: list[list[str]] = field(default_factory=list)
    line_count: int = 0


def starts_table(line: str) -> bool:
    """Tell whether a line can be the first row of a table: bars between cells and at the end."""
    stripped = line.strip()
    return stripped.endswith("|") and stripped.count("|") >= MIN_COLUMNS


def read_pipe_table(lines: list[str], start: int) -> PipeTable | None:
    """Return the table that begins at a line, or None when there is none.

    A row may be broken over several lines; it ends when it has as many bars as
    the first one.
    """
    columns = len(_cells(lines[start]))
    if columns < MIN_COLUMNS:
        return None
    grid = _collect(lines, start, columns)
    if len(grid.rows) < MIN_ROWS:
        return None
    infers_spans = _has_lost_spans(grid.rows)
    table = _spanned(grid.rows) if infers_spans else _plain(grid.rows)
    table.rows = normalize_spans(table.rows)
    mark_headers(table.rows)
    return PipeTable(table, grid.line_count, infers_spans)


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|")
    return [cell.strip() for cell in text.removesuffix("|").split("|")]


def _collect(lines: list[str], start: int, columns: int) -> _Grid:
    grid = _Grid()
    pending = ""
    pending_lines = 0
    for index in range(start, len(lines)):
        line = lines[index].strip()
        if ("|" not in line and not pending) or pending_lines >= MAX_CELL_LINES:
            break
        pending = f"{pending} {line}".strip()
        pending_lines += 1
        if pending.removeprefix("|").count("|") < columns:
            continue
        cells = _cells(pending)
        if not all(set(cell) <= set(":- ") and cell for cell in cells):
            grid.rows.append(cells)
        grid.line_count = index + 1 - start
        pending, pending_lines = "", 0
    return grid


def _has_lost_spans(rows: list[list[str]]) -> bool:
    """Tell whether rows lack cells because cells above them were merged.

    A converter that drops merged cells leaves the rows below them short, filled
    up at the end. An empty last column looks the same, so most rows must be full.
    """
    columns = len(rows[0])
    full = sum(1 for row in rows if len(row) == columns and row[-1])
    short = [row for row in rows[1:] if row[0] and not row[-1]]
    return bool(short) and full * 2 >= len(rows) and rows[0][-1] != "" and rows[1][-1] != ""


def _plain(rows: list[list[str]]) -> Table:
    return Table([Row([_cell(text, is_header=index == 0) for text in row]) for index, row in enumerate(rows)])


def _spanned(rows: list[list[str]]) -> Table:
    """Give short rows to the merged cells above: the first column first, then the last ones."""
    columns = len(rows[0])
    above: list[Cell] = []
    result: list[Row] = []
    for index, row in enumerate(rows):
        filled = row[:columns]
        while filled and not filled[-1]:
            filled.pop()
        missing = columns - len(filled)
        cells = [_cell(text, is_header=index == 0) for text in filled]
        if missing and above and filled:
            merged = [above[0], *above[columns - missing + 1 :]]
            for cell in merged:
                cell.rows += 1
            above = [above[0], *cells, *above[columns - missing + 1 :]]
        else:
            cells += [_cell("") for _ in range(missing)]
            above = cells
        result.append(Row(cells))
    return Table(result)


def _cell(text: str, *, is_header: bool = False) -> Cell:
    return Cell([paragraph(text)] if text else [], is_header=is_header)

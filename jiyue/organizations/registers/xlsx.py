"""Tables as .xlsx files: read with a report per row, written without any formula.

Nothing in a file is ever evaluated. A file is read as a stream up to its limits,
so that one with 100,000 rows is refused in little memory and time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from jiyue.core.archives import UNREADABLE_ZIP
from jiyue.core.errors import DomainError
from jiyue.core.recognising import open_package
from jiyue.core.text import storable
from jiyue.organizations.registers.cells import CellError, parse, show
from jiyue.organizations.registers.columns import CellKind, Column

__all__ = [
    "CellKind",
    "Column",
    "Row",
    "RowError",
    "SheetRefused",
    "Summary",
    "Table",
    "read_rows",
    "write_rows",
]

MAX_BYTES = 20 * 1024 * 1024  # of the packed file
MAX_ROWS = 5_000  # filled rows of one import; a city's largest register has hundreds
MAX_SCANNED_ROWS = 20_000  # blank ones included: formatted empty rows are common
MAX_COLUMNS = 60
MAX_UNPACKED_BYTES = 120 * 1024 * 1024
MAX_ERRORS = 100  # one report; nobody reads more at a time
MIME_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_UNREADABLE = (
    *UNREADABLE_ZIP,
    InvalidFileException,
    KeyError,
    TypeError,
    AttributeError,
    SyntaxError,
)


class SheetRefused(DomainError):
    """The file as a whole can't be read as this table."""

    code = "sheet_refused"


@dataclass(frozen=True)
class Row:
    """One filled row: its number in the file, and the typed values by column key; `None` for empty cells."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class RowError:
    """What is wrong in one row.

    Attributes:
        row: Number in the file, as the spreadsheet program shows it.
        column: Heading, or blank where it concerns the whole row.
        message: What is wrong and why.
        fix: What to do.
    """

    row: int
    column: str
    message: str
    fix: str


@dataclass(frozen=True)
class Table:
    """What a file says: rows without errors in order, and every error up to `MAX_ERRORS`."""

    rows: list[Row]
    errors: list[RowError]


def read_rows(data: bytes, columns: Sequence[Column]) -> Table:
    """Read the first sheet of an .xlsx file.

    The first row names the columns, in any order; blank rows are passed over.
    Whoever stores the rows stores none while there are errors.

    Args:
        data: The whole file.
        columns: What the table must look like.

    Raises:
        SheetRefused: Too large, too many rows, or columns missing, unknown or twice.
        FileRefused: No .xlsx file, damaged, with macros or a password, or a ZIP bomb.

    Source: product decision (import of registers, ORG-15 to ORG-20).
    """
    _refuse_file(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, keep_links=False, rich_text=False)
        try:
            sheet = book.worksheets[0] if book.worksheets else None
            if sheet is None:
                raise _unreadable()
            sheet.reset_dimensions()  # what the file says of its size isn't trusted
            return _read_sheet(sheet.iter_rows(max_col=MAX_COLUMNS), columns)
        finally:
            book.close()
    except _UNREADABLE as error:
        raise _unreadable() from error


def _refuse_file(data: bytes) -> None:
    limit = MAX_BYTES // 1024 // 1024
    if len(data) > MAX_BYTES:
        raise SheetRefused(
            _("The file is larger than %(limit)s MB.") % {"limit": limit},
            fix=_("Divide the table into several files and import them one after the other."),
            field="file",
        )
    if not data.startswith(b"PK\x03\x04"):
        raise _unreadable()
    with open_package(data) as package:
        if "xl/workbook.xml" not in package.namelist():
            raise _unreadable()
        if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED_BYTES:
            raise _too_many_rows()


def _unreadable() -> SheetRefused:
    return SheetRefused(
        _("This file can't be read as an .xlsx table."),
        fix=_("Open it in the spreadsheet program and save it as .xlsx, without macros or a password."),
        field="file",
    )


def _too_many_rows() -> SheetRefused:
    return SheetRefused(
        _("The table has more than %(limit)s rows.") % {"limit": f"{MAX_ROWS:,}"},
        fix=_("Divide it into several files and import them one after the other; nothing was imported."),
        field="file",
    )


def _read_sheet(lines: Iterable[Sequence[Any]], columns: Sequence[Column]) -> Table:
    places: dict[int, Column] | None = None
    table = Table([], [])
    for number, line in enumerate(lines, start=1):
        if number > MAX_SCANNED_ROWS or len(table.rows) > MAX_ROWS:
            raise _too_many_rows()
        if all(cell.value in (None, "") for cell in line):
            continue
        if places is None:
            places = _read_heading(line, columns)
        elif len(table.errors) < MAX_ERRORS:
            table.rows.append(_read_row(number, line, places, columns, table.errors))
        else:
            break
    if places is None:
        raise SheetRefused(_("The table is empty."), fix=_heading_hint(columns), field="file")
    if not table.rows:
        raise SheetRefused(
            _("The table has a heading, but no rows."),
            fix=_("Fill in at least one row below the heading."),
            field="file",
        )
    if len(table.rows) > MAX_ROWS:
        raise _too_many_rows()
    return table


def _plain(heading: object) -> str:
    return str(heading or "").replace("*", "").replace("＊", "").strip().casefold()


def _heading_hint(columns: Sequence[Column]) -> str:
    names = _(", ").join(str(column.label) for column in columns)
    return _("The first row must name these columns: %(names)s. You can download an empty table.") % {
        "names": names
    }


def _read_heading(line: Sequence[Any], columns: Sequence[Column]) -> dict[int, Column]:
    """Find the columns by their headings; every wrong one is named at once."""
    known = {_plain(column.label): column for column in columns}
    headings = [(place, _plain(cell.value), str(cell.value or "")) for place, cell in enumerate(line)]
    headings = [heading for heading in headings if heading[1]]
    found = [known[name].key for _place, name, _text in headings if name in known]
    problems = [
        (_("not known: %(names)s"), [text for _place, name, text in headings if name not in known]),
        (_("twice: %(names)s"), sorted({str(c.label) for c in columns if found.count(c.key) > 1})),
        (_("missing: %(names)s"), [str(c.label) for c in columns if c.is_required and c.key not in found]),
    ]
    told = [text % {"names": _(", ").join(names)[:300]} for text, names in problems if names]
    if told:
        raise SheetRefused(
            _("The columns of the table don't fit: %(problems)s.") % {"problems": _("; ").join(told)},
            fix=_heading_hint(columns),
            field="file",
        )
    return {place: known[name] for place, name, _text in headings}


def _read_row(
    number: int,
    line: Sequence[Any],
    places: Mapping[int, Column],
    columns: Sequence[Column],
    errors: list[RowError],
) -> Row:
    values: dict[str, Any] = {column.key: None for column in columns}
    for place, column in places.items():
        cell = line[place] if place < len(line) else None
        try:
            values[column.key] = _read_cell(cell, column)
        except CellError as error:
            errors.append(RowError(number, str(column.label), str(error.message), str(error.fix)))
    for column in columns:
        is_wrong = any(e.row == number and e.column == str(column.label) for e in errors[-len(columns) :])
        if column.is_required and values[column.key] is None and not is_wrong:
            errors.append(
                RowError(number, str(column.label), _("The cell is empty."), _("Fill it in; it is required."))
            )
    return Row(number, values)


def _read_cell(cell: Any, column: Column) -> Any:
    value = getattr(cell, "value", None)
    kind = getattr(cell, "data_type", "n")
    if kind == "f":
        raise CellError(
            _("The cell holds a formula; formulas are never calculated here."),
            _("Copy the column and paste it as values."),
        )
    if kind == "e":
        raise CellError(
            _("The cell holds an error of the spreadsheet program (%(text)s).") % {"text": str(value)[:20]},
            _("Correct it and save the file again."),
        )
    if isinstance(value, str):
        value = storable(value).strip()
    if value is None or value == "":
        return None
    return parse(value, column)


@dataclass(frozen=True)
class Summary:
    """A second sheet for people, which an import passes over."""

    title: str
    heading: list[str]
    rows: list[list[Any]]


def write_rows(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    summary: Summary | None = None,
) -> bytes:
    """Write a table that `read_rows` reads back unchanged and no program calculates.

    Text that begins like a formula is stored as text and marked as such, so that
    it is neither calculated on opening nor when somebody edits the cell.

    Args:
        title: Name of the sheet.
        columns: Headings in order; a required one carries a star.
        rows: Values by column key.
        summary: A second sheet, of totals.

    Source: product decision (export of registers; formula injection).
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_title(title))
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(column)
    sheet.freeze_panes = "A2"
    sheet.append([_heading_cell(sheet, column) for column in columns])
    for row in rows:
        sheet.append(list(_cells(sheet, columns, row)))
    if summary is not None:
        _write_summary(book.create_sheet(_sheet_title(summary.title)), summary)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _write_summary(sheet: Any, summary: Summary) -> None:
    columns = [Column(str(place), text) for place, text in enumerate(summary.heading)]
    for place in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 20
    sheet.append([_heading_cell(sheet, column) for column in columns])
    for row in summary.rows:
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])


def _sheet_title(title: str) -> str:
    return "".join("-" if character in "[]:*?/\\'" else character for character in title)[:31] or "1"


def _width(column: Column) -> int:
    if column.kind == CellKind.TEXT:
        return 30 if column.max_chars > 60 else 18
    return 14


def _heading_cell(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, f"{column.label}*" if column.is_required else str(column.label))
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E8EEF0")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _cells(sheet: Any, columns: Sequence[Column], row: Mapping[str, Any]) -> Iterator[Any]:
    for column in columns:
        value = show(row.get(column.key), column)
        if isinstance(value, str):
            yield _text_cell(sheet, value)
            continue
        cell = WriteOnlyCell(sheet, value)
        if column.kind == CellKind.DATE:
            cell.number_format = "yyyy-mm-dd"
        elif column.kind == CellKind.MOMENT:
            cell.number_format = "yyyy-mm-dd hh:mm"
        elif column.kind == CellKind.DECIMAL:
            cell.number_format = "#,##0." + "0" * column.places if column.places else "#,##0"
        yield cell


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # openpyxl takes a leading "=" for a formula
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)
    return cell

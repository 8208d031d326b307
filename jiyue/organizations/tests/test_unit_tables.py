"""Units as tables: everything or nothing, row by row, without ever calculating."""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.registers.xlsx import SheetRefused
from jiyue.organizations.services.unit_tables import COLUMNS, export_units, import_units
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db

HEADING = [str(column.label) for column in COLUMNS]


@pytest.fixture
def manager() -> StaffAccount:
    """Platform manager of unit TOP; unit OUT lies outside the subtree."""
    top = make_unit("TOP", "市政府", superior=make_unit("ROOT"))
    make_unit("OUT", superior=top.superior)
    return make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)


def table(*rows: tuple[object, ...], heading: list[str] | None = None) -> bytes:
    """An .xlsx file with the heading and the rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(heading or HEADING)
    for row in rows:
        sheet.append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def row(code: str, superior: str | None = "TOP", supervising: str | None = None, name: str = "机构") -> tuple:
    return (code, name, None, "prefecture_city", "department", superior, supervising)


@pytest.mark.req("ORG-01")
def test_units_are_founded_whatever_the_order_of_the_rows(manager):
    report = import_units(data=table(row("C", "B"), row("B", "A"), row("A")), actor=manager)
    assert (report.created, report.errors) == (3, [])
    assert Organization.objects.get(code="C").path == "/ROOT/TOP/A/B/C/"
    assert AuditEntry.objects.filter(verb="unit.created").count() >= 3


def test_same_file_twice_changes_nothing_the_second_time(manager):
    data = table(row("A"), row("B", "A"))
    import_units(data=data, actor=manager)
    report = import_units(data=data, actor=manager)
    assert (report.created, report.unchanged, report.errors) == (0, 2, [])


def test_export_is_read_back_unchanged_and_calculates_nothing(manager):
    import_units(data=table(row("A", name="甲"), row("B", "A")), actor=manager)
    Organization.objects.filter(code="A").update(name='=HYPERLINK("http://x")')
    data = export_units(actor=manager)
    cells = [cell for line in load_workbook(BytesIO(data)).active.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    assert "OUT" not in {cell.value for cell in cells}
    assert AuditEntry.objects.filter(verb="unit.exported").exists()


@pytest.mark.parametrize(
    "rows",
    [
        [row("A", "B"), row("B", "A")],
        [row("A", "A")],
        [row("A", "TOP", "B"), row("B", "A")],
        [row("A", "OUT")],
        [row("A", "ROOT")],
        [row("A", "NOWHERE")],
        [row("A", None)],
        [row("A/B")],
        [row("A"), row("A")],
        [row("OUT")],
        [row("TOP", "ROOT", name="改名")],
        [row("A", name="=1+1")],
        [("A", "机构", None, "planet", "department", "TOP", None)],
        [("A", None, None, "prefecture_city", "department", "TOP", None)],
    ],
    ids=[
        "ring",
        "itself",
        "ring of both relations",
        "outside",
        "above",
        "unknown",
        "no place",
        "slash",
        "twice",
        "taken outside",
        "taken",
        "formula",
        "level",
        "no name",
    ],
)
@pytest.mark.req("ORG-01", "ORG-04")
def test_one_bad_row_founds_nothing_and_is_named(manager, rows):
    before = Organization.objects.count()
    report = import_units(data=table(row("GOOD"), *rows), actor=manager)
    assert report.errors
    assert all(error.row > 2 and error.message and error.fix for error in report.errors)
    assert report.created == 0
    assert Organization.objects.count() == before


def test_file_of_a_hundred_thousand_rows_is_refused_as_a_whole(manager):
    data = table(*(row(f"N{number}") for number in range(100_000)))
    with pytest.raises(SheetRefused, match="5,000"):
        import_units(data=data, actor=manager)
    assert not Organization.objects.filter(code="N1").exists()


def test_wrong_columns_are_refused_with_their_names(manager):
    with pytest.raises(SheetRefused, match="Wrong"):
        import_units(data=table(row("A"), heading=["Wrong", *HEADING[1:]]), actor=manager)

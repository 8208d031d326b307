"""Tables in and out: typed, with a report per row, nothing evaluated."""

import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from jiyue.core.recognising import FileRefused
from jiyue.organizations.registers.xlsx import MAX_ROWS, CellKind, Column, SheetRefused, read_rows, write_rows

pytestmark = pytest.mark.unit
COLUMNS = [
    Column("name", "Name", is_required=True, max_chars=60),
    Column("day", "Day", CellKind.DATE),
    Column("at", "Moment", CellKind.MOMENT),
    Column("amount", "Amount", CellKind.DECIMAL, minimum=0),
    Column("people", "People", CellKind.WHOLE, minimum=0, maximum=1000),
    Column("is_secret", "Secret", CellKind.FLAG),
    Column("kind", "Kind", CellKind.CHOICE, choices={"tech": "technical", "safe": "security"}),
]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def sheet(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_openpyxl_reads_through_defusedxml():
    assert openpyxl.DEFUSEDXML


def test_typed_values_come_back_as_they_were_written():
    values = {
        "name": "张三",
        "day": date(2028, 2, 29),
        "at": datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
        "amount": Decimal("1234567.89"),
        "people": 12,
        "is_secret": False,
        "kind": "safe",
    }
    table = read_rows(write_rows("培训[2026]", COLUMNS, [values, {"name": "李四"}]), COLUMNS)
    assert table.errors == []
    assert table.rows[0].values == values
    assert table.rows[1].values == {**dict.fromkeys(values), "name": "李四"}
    assert [row.number for row in table.rows] == [2, 3]


@given(
    st.sampled_from("=+-@\t\r").flatmap(
        lambda start: st.text(st.characters(codec="utf-8"), max_size=20).map(
            lambda rest: start + "1" + rest + "x"
        )
    )
)
def test_text_like_a_formula_is_written_as_text_and_read_back(text):
    with translation.override("en"):
        data = write_rows("t", COLUMNS, [{"name": text}])
        cell = openpyxl.load_workbook(io.BytesIO(data)).active["A2"]
        assert cell.data_type == "s"
        assert cell.quotePrefix
        assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
        assert read_rows(data, COLUMNS).errors == []


@pytest.mark.parametrize("text", ["=1+1", "=cmd|' /C calc'!A0", "+86 10 1234", "-5", "@SUM(A1)"])
def test_text_like_a_formula_keeps_every_character(text):
    assert read_rows(write_rows("t", COLUMNS, [{"name": text}]), COLUMNS).rows[0].values["name"] == text


def test_a_formula_is_refused_with_its_row_and_column():
    table = read_rows(sheet(["Name", "Amount"], ["甲", 5], ["乙", "=B2*2"]), COLUMNS)
    [error] = table.errors
    assert (error.row, error.column) == (3, "Amount")
    assert "formula" in error.message
    assert "values" in error.fix


def test_every_wrong_cell_is_named_with_what_to_do():
    table = read_rows(
        sheet(
            ["Name", "Day", "Amount", "People", "Secret", "Kind"],
            ["甲", "2027-02-29", "十元", 1.5, "vielleicht", "other"],
            [None, "soon", 0.123, -1, "是", "SECURITY"],
            ["x" * 61, date(1850, 1, 1), "1,234.50", 1001, True, "tech"],
            ["丁", "2026年11月21日", float("1e20"), "12", "no", None],
        ),
        COLUMNS,
    )
    found = [(error.row, error.column) for error in table.errors]
    assert found == [
        (2, "Day"),
        (2, "Amount"),
        (2, "People"),
        (2, "Secret"),
        (2, "Kind"),
        (3, "Day"),
        (3, "Amount"),
        (3, "People"),
        (3, "Name"),
        (4, "Name"),
        (4, "Day"),
        (4, "People"),
        (5, "Amount"),
    ]
    assert all(error.message and error.fix for error in table.errors)
    assert table.rows[3].values["day"] == date(2026, 11, 21)
    assert table.rows[2].values["amount"] == Decimal("1234.50")


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        (["Amount"], "missing: Name"),
        (["Name", "Nmae"], "not known: Nmae"),
        (["Name", "Amount", " amount* "], "twice: Amount"),
        (["=1", "Name"], "not known: =1"),
    ],
)
def test_missing_unknown_and_double_columns_are_named(heading, words):
    with pytest.raises(SheetRefused) as refusal:
        read_rows(sheet(heading, ["甲"] * len(heading)), COLUMNS)
    assert words in str(refusal.value.message)
    assert "Name" in str(refusal.value.fix)


@pytest.mark.parametrize("rows", [[], [["Name"]], [["Name"], [None], [""]]])
def test_a_table_without_rows_says_so(rows):
    with pytest.raises(SheetRefused) as refusal:
        read_rows(sheet(*rows), COLUMNS)
    assert refusal.value.fix


def test_blank_rows_are_passed_over_and_numbers_stay_those_of_the_file():
    table = read_rows(sheet(["Name"], [None], ["甲"], [""], ["乙"]), COLUMNS)
    assert [row.number for row in table.rows] == [3, 5]


@pytest.mark.evidence
@pytest.mark.slow
def test_a_table_of_100000_rows_is_refused_in_little_memory():
    rows = ({"name": f"人员{number}", "amount": number} for number in range(100_000))
    data = write_rows("t", COLUMNS, rows)
    tracemalloc.start()
    with pytest.raises(SheetRefused) as refusal:
        read_rows(data, COLUMNS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"{MAX_ROWS:,}" in str(refusal.value.message)
    assert peak < 120 * 1024 * 1024


def test_a_single_cell_far_below_is_refused_not_walked_to():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A1048576"] = "Name", "甲"
    target = io.BytesIO()
    book.save(target)
    with pytest.raises(SheetRefused):
        read_rows(target.getvalue(), COLUMNS)


@pytest.mark.parametrize("data", [b"", b"Name\n", b"%PDF-1.4", b"PK\x03\x04broken"])
def test_what_is_no_table_is_refused(data):
    with pytest.raises((SheetRefused, FileRefused)) as refusal:
        read_rows(data, COLUMNS)
    assert refusal.value.fix


def replaced(data, part, content):
    """The same package with one part exchanged."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><worksheet>&c;</worksheet>',
        b"<worksheet><sheetData><row r='x'>",
        b"not xml",
        b"",
    ],
)
def test_poisoned_xml_is_refused(content):
    data = replaced(sheet(["Name"], ["甲"]), "xl/worksheets/sheet1.xml", content)
    with pytest.raises(SheetRefused):
        read_rows(data, COLUMNS)


def test_a_bomb_is_refused():
    data = replaced(sheet(["Name"], ["甲"]), "xl/worksheets/sheet1.xml", b" " * 200_000_000)
    with pytest.raises((SheetRefused, FileRefused)):
        read_rows(data, COLUMNS)

"""Registers as files: every row or none, scope per row, round trip."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.utils import translation

from jiyue.core.models import AuditEntry
from jiyue.organizations.registers import selectors
from jiyue.organizations.registers.access import NotYourRegister
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.kinds.contributors import Contributor, Remuneration
from jiyue.organizations.registers.kinds.outsourcing import ContractPerson
from jiyue.organizations.registers.kinds.projects import CostLine
from jiyue.organizations.registers.selectors import Narrowing
from jiyue.organizations.registers.tables import columns_of, import_rows, write_register
from jiyue.organizations.registers.tests.making import DAY, DEFAULTS, entered
from jiyue.organizations.registers.xlsx import write_rows
from tests.factories import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def table(key, *rows):
    register = REGISTERS.get(key)
    return write_rows("t", columns_of(register), [{**DEFAULTS[key], **row} for row in rows])


def imported(key, data, account):
    return import_rows(register=REGISTERS.get(key), data=data, actor=account.audit_actor())


def test_every_row_is_entered_with_its_trail(world):
    data = table("contributors", {"name": "张三"}, {"name": "李四", "kind": "information_officer"})
    assert imported("contributors", data, world.author).entered == 2
    assert set(Contributor.objects.values_list("name", "unit__code")) == {
        ("张三", world.unit_a.code),
        ("李四", world.unit_a.code),
    }
    assert AuditEntry.objects.filter(verb="register.entered").count() == 2
    assert AuditEntry.objects.filter(verb="register.imported").count() == 1


def test_one_wrong_row_and_nothing_is_entered(world):
    data = table(
        "contributors",
        {"name": "张三"},
        {"name": "李四", "ends_on": DAY.replace(year=2020)},
        {"name": "王五", "unit_code": world.unit_b.code},
        {"name": "赵六", "unit_code": "NOBODY"},
    )
    report = imported("contributors", data, world.author)
    assert [(error.row, error.column) for error in report.errors] == [
        (3, ""),
        (4, "Unit code"),
        (5, "Unit code"),
    ]
    assert "last day" in report.errors[0].message
    foreign, unknown = report.errors[1:]
    assert foreign.message.replace(world.unit_b.code, "X") == unknown.message.replace("NOBODY", "X")
    assert not Contributor.objects.exists()
    assert not AuditEntry.objects.filter(verb__startswith="register.").exists()


def test_a_file_imported_twice_enters_nothing_twice(world):
    data = table("contributors", {"name": "张三"})
    assert imported("contributors", data, world.author).entered == 1
    report = imported("contributors", data, world.author)
    assert report.entered == 0
    assert "exists already" in report.errors[0].message


def test_whoever_may_enter_nothing_imports_nothing(world):
    with pytest.raises(NotYourRegister):
        imported("contributors", table("contributors", {"name": "张三"}), world.lead)


def test_an_administrator_names_the_unit_of_each_row(world):
    below = make_unit("A1", "下属单位", superior=world.unit_a)
    report = imported("contributors", table("contributors", {"name": "张三"}), world.manager)
    assert [(error.row, error.column) for error in report.errors] == [(2, "Unit code")]
    data = table("contributors", {"name": "张三", "unit_code": below.code})
    assert imported("contributors", data, world.manager).entered == 1
    assert Contributor.objects.get().unit == below


def test_rows_find_their_parent_by_name_inside_the_unit_only(world):
    entered("contracts", world.unit_b, vendor=entered("vendors", world.unit_b), number="B-1")
    entered("contracts", world.unit_a, vendor=entered("vendors", world.unit_a), number="A-1")
    report = imported("contract-persons", table("contract-persons", {"parent_name": "B-1"}), world.author)
    assert [error.column for error in report.errors] == ["Contract (contract number)"]
    assert (
        imported("contract-persons", table("contract-persons", {"parent_name": "A-1"}), world.author).entered
        == 1
    )
    assert ContractPerson.objects.get().contract.number == "A-1"


@pytest.mark.req("ORG-18")
def test_costs_leave_as_a_file_with_totals_and_come_back_unchanged(world):
    entered("costs", world.unit_a, title="=运维+1", planned=Decimal("12345.60"), granted=Decimal("0.40"))
    entered("costs", world.unit_a, kind="training", planned=Decimal("10.01"))
    entered("costs", world.unit_b, planned=Decimal(99))
    register, actor = REGISTERS.get("costs"), world.author.audit_actor()
    data = write_register(register, selectors.list_entries(register, actor, Narrowing(year=2026)))
    book = openpyxl.load_workbook(io.BytesIO(data))
    sums = {row[0]: row[1:] for row in book["Totals"].iter_rows(min_row=2, values_only=True)}
    assert sums["all together"] == (2, 12355.61, 0.4, 0)
    assert sums["training"] == (1, 10.01, 0, 0)
    before = set(
        CostLine.objects.filter(unit=world.unit_a).values_list("title", "kind", "planned", "granted")
    )
    CostLine.objects.all().delete()
    assert imported("costs", data, world.author).entered == 2
    assert set(CostLine.objects.values_list("title", "kind", "planned", "granted")) == before


def test_the_ledger_is_exported_with_its_sum(world):
    contributor = entered("contributors", world.unit_a)
    payment = entered("remunerations", world.unit_a, parent=contributor)
    entered(
        "remunerations",
        world.unit_a,
        parent=contributor,
        amount=Decimal("-20.00"),
        corrects=payment,
        remark="多付",
        item_count=0,
    )
    register = REGISTERS.get("remunerations")
    data = write_register(register, selectors.list_entries(register, world.author.audit_actor(), Narrowing()))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.worksheets[0].max_row == 3
    assert book["Totals"]["C2"].value == 100
    assert Remuneration.objects.count() == 2


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_every_register_has_columns_that_can_be_told_apart(key):
    labels = [str(column.label).casefold() for column in columns_of(REGISTERS.get(key))]
    assert len(set(labels)) == len(labels)
    with translation.override("zh-hans"):
        labels = [str(column.label) for column in columns_of(REGISTERS.get(key))]
    assert len(set(labels)) == len(labels)

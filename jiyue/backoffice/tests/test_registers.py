"""Registers and tasks on screen: nothing typed lost, nothing leaked, files only as downloads."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import clock
from jiyue.organizations.registers import selectors
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.content_tasks.models import ContentTask
from jiyue.organizations.registers.kinds.contributors import Contributor
from jiyue.organizations.registers.kinds.outsourcing import OutsourcingContract
from jiyue.organizations.registers.kinds.rules import InstitutionalRule
from jiyue.organizations.registers.tests.making import DEFAULTS, entered, with_file

pytestmark = pytest.mark.django_db
RULE = {"kind": "security", "title": "安全制度", "adopted_on": "2026-03-02", "review_on": "2027-03-02"}


def address(name, *args):
    return reverse(f"backoffice:{name}", args=args)


def sheet(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile("表.xlsx", target.getvalue())


def test_a_double_click_makes_one_entry(world):
    client = both_factors(world.author)
    first = client.post(address("register_create", "rules"), RULE)
    second = client.post(address("register_create", "rules"), RULE)
    assert (first.status_code, second.status_code) == (302, 422)
    assert InstitutionalRule.objects.count() == 1


def test_what_was_typed_stays_in_a_refused_form(world):
    answer = both_factors(world.author).post(
        address("register_create", "rules"), {**RULE, "kind": "nonsense", "document_number": "办发7号"}
    )
    assert answer.status_code == 422
    assert "办发7号" in answer.content.decode()


def test_a_forged_reference_to_another_units_entry_is_refused(world):
    foreign = entered("vendors", world.unit_b)
    data = {**DEFAULTS["contracts"], "vendor": foreign.pk}
    answer = both_factors(world.author).post(address("register_create", "contracts"), data)
    assert answer.status_code == 422
    assert foreign.name not in answer.content.decode()
    assert not OutsourcingContract.objects.exists()


def test_a_filter_by_another_unit_shows_nothing_of_it(world):
    entered("rules", world.unit_b, title="乙单位的制度")
    entered("rules", world.unit_a)
    for client in (both_factors(world.author), both_factors(world.manager)):
        for query in (f"?unit={world.unit_b.pk}", "?unit=x", "?year=abc", "?q=%00乙单位", "?page=999"):
            answer = client.get(address("register_list", "rules") + query)
            assert answer.status_code == 200
            assert "乙单位的制度" not in answer.content.decode()
        file = client.get(address("register_export", "rules") + f"?unit={world.unit_b.pk}")
        values = openpyxl.load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
        assert all("乙单位的制度" not in row for row in values)


def test_a_file_is_sent_as_a_download_and_never_kept(world):
    rule = with_file("rules", entered("rules", world.unit_a), text="<script>alert(1)</script>")
    file = selectors.list_files(REGISTERS.get("rules"), rule.pk)[0].file
    answer = both_factors(world.lead).get(address("private_file", file.pk))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert both_factors(world.other_author).get(address("private_file", file.pk)).status_code == 404


def test_a_damaged_file_says_so(world, settings):
    rule = with_file("rules", entered("rules", world.unit_a))
    file = selectors.list_files(REGISTERS.get("rules"), rule.pk)[0].file
    (settings.JIYUE_PRIVATE_DIR / file.sm3[:2] / f"{file.sm3}.sealed").write_bytes(b"x")
    assert both_factors(world.lead).get(address("private_file", file.pk)).status_code == 500


def test_an_import_reports_every_row_and_enters_none(world):
    register = REGISTERS.get("contributors")
    names = [str(register.field(name).verbose_name) for name in ("name", "kind", "starts_on")]
    client = both_factors(world.author)
    kind = str(register.field("kind").choices[0][1])
    wrong = sheet([n.capitalize() for n in names], ["甲", kind, "2026-01-01"], ["乙", "=A1", "gestern"])
    answer = client.post(address("register_import", "contributors"), {"file": wrong})
    assert answer.status_code == 422
    assert [error.row for error in answer.context["errors"]] == [3, 3]
    assert not Contributor.objects.exists()
    right = sheet([n.capitalize() for n in names], ["甲", kind, "2026-01-01"])
    assert client.post(address("register_import", "contributors"), {"file": right}).status_code == 302
    assert Contributor.objects.get().name == "甲"
    for data in (b"", b"no table", b"PK\x03\x04broken"):
        file = SimpleUploadedFile("表.xlsx", data)
        assert client.post(address("register_import", "contributors"), {"file": file}).status_code == 422


def test_a_list_takes_as_many_queries_for_fifty_entries_as_for_one(world, django_assert_max_num_queries):
    client = both_factors(world.author)
    vendor = entered("vendors", world.unit_a)
    for number in range(50):
        entered("contracts", world.unit_a, vendor=vendor, number=f"WB-{number}")
    client.get(address("register_list", "contracts"))
    with django_assert_max_num_queries(20):
        client.get(address("register_list", "contracts"))


def test_an_unknown_register_or_entry_is_gone(world):
    client = both_factors(world.author)
    for path in ("/registers/nothing/", "/registers/rules/999/", "/registers/rules/999999999999999999/edit/"):
        assert client.get(path).status_code == 404


def test_a_task_goes_from_one_side_to_the_other(world):
    office, unit = both_factors(world.manager), both_factors(world.author)
    due = clock.now() + timedelta(days=2)
    data = {
        "topic": "报送数据",
        "kind": "provision",
        "due_at": f"{due:%Y-%m-%dT%H:%M}",
        "units": [world.unit_a.pk],
    }
    assert office.post(address("task_assign"), {**data, "units": [world.unit_b.pk]}).status_code == 422
    assert office.post(address("task_assign"), data).status_code == 302
    task = ContentTask.objects.get()
    act = address("task_act", task.pk)
    assert unit.post(act, {"verb": "deliver", "deliver-note": "早了"}).status_code == 422
    assert unit.post(act, {"verb": "assign"}).status_code == 404
    assert unit.post(act, {"verb": "accept", "accept-note": ""}).status_code == 302
    kept = unit.post(act, {"verb": "deliver", "deliver-note": "说明", "deliver-link": "javascript:alert(1)"})
    assert kept.status_code == 422
    assert "说明" in kept.content.decode()
    file = SimpleUploadedFile("数据.txt", "数据".encode())
    assert unit.post(act, {"verb": "deliver", "deliver-note": "", "deliver-file": file}).status_code == 302
    assert "数据.txt" in office.get(address("task_detail", task.pk)).content.decode()

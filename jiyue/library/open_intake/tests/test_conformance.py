"""A library standard as data: export, report and import; only what is public leaves."""

import json
from dataclasses import fields
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from lxml import etree  # type: ignore[import-untyped]

from jiyue.library.content import ResourceContent
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.library.open_intake.conformance import iterate_live, make_report
from jiyue.library.open_intake.formats import Format, StandardFileRefused, export_items, read_items
from jiyue.library.open_intake.importing import import_standard_file
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.standards import ValueType, get_standard, read_standards
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_content
from jiyue.library.use.models import UseRecord
from tests.factories import World

pytestmark = pytest.mark.django_db
EXAMPLE = "example-province"
FULL = {
    "openness": "active",
    "keywords": ("集约化", "平台"),
    "issuing_body": "市政府办公室",
    "subject_category": "综合政务\\电子政务",
}


def exported(form: Format, code: str = EXAMPLE) -> bytes:
    return b"".join(export_items(iterate_live(), get_standard(code), form, account=None))


def test_every_mapping_names_real_fields():
    known = {field.name for field in fields(ResourceContent)}
    for standard in read_standards().values():
        names = [element.element for element in standard.elements]
        assert len(names) == len(set(names)), standard.code
        assert {each.field for each in standard.elements if each.type != ValueType.DERIVED} <= known
    assert get_standard(EXAMPLE).is_example
    with pytest.raises(LookupError):
        get_standard("none")


@pytest.mark.req("LIB-15")
def test_report_says_which_items_lack_what(world: World):
    world.publish(**FULL)
    poor = world.publish(title="缺项的信息")
    report = make_report(iterate_live(), get_standard(EXAMPLE))
    assert (report.items, report.conforming) == (2, 1)
    lacking = {fault.element.element for fault in report.faults if fault.resource_id == poor.pk}
    assert lacking == {"FBJG", "ZTFL", "GJC", "GKSX"}
    rows = {element.element: (fine, missing) for element, fine, missing, _unknown in report.rows}
    assert rows["BT"] == (2, 0)
    assert rows["GJC"] == (1, 1)


@pytest.mark.req("LIB-15", "LIB-11")
def test_export_uses_the_names_and_codes_of_the_standard(world: World):
    resource = world.publish(**FULL, title="甲 & 乙 <丙>\u0001")
    root = etree.fromstring(exported(Format.XML))
    (item,) = root
    assert root.tag == "ZYK"
    assert item.findtext("BT") == "甲 & 乙 <丙>"
    assert item.findtext("GKSX") == "1"
    assert [each.text for each in item.findall("GJC")] == ["集约化", "平台"]
    assert item.findtext("LYDW") == world.unit_a.code
    (line,) = exported(Format.JSONL).splitlines()
    assert json.loads(line)["GJC"] == ["集约化", "平台"]
    uses = UseRecord.objects.filter(resource=resource, way="exported")
    assert set(uses.values_list("interface", flat=True)) == {EXAMPLE}
    assert uses.count() == 2


@pytest.mark.req("LIB-15")
def test_only_live_editions_leave_by_an_export(world: World):
    world.draft(title="草稿魑魅")
    world.submitted(title="在审魑魅")
    gone = world.publish(title="撤下魑魅")
    world.withdraw(gone)
    world.publish(title="公开的")
    for form in Format:
        text = exported(form).decode()
        assert "魑魅" not in text
        assert "公开的" in text


@pytest.mark.req("LIB-15", "LIB-14")
@pytest.mark.parametrize("form", list(Format))
def test_what_was_exported_comes_in_again_as_drafts_of_another_unit(world: World, form: Format):
    world.publish(**FULL, written_on=date(2026, 1, 5))
    data = exported(form)
    standard = get_standard(EXAMPLE)
    (item,) = import_standard_file(
        data=data, standard=standard, form=form, unit=world.unit_b, kind="article", actor=world.other_author
    )
    assert item.state == "accepted", item.problems
    resource = Resource.objects.get(unit=world.unit_b)
    content = get_content(resource)
    assert (resource.acquisition_mode, resource.status) == (AcquisitionMode.FILE_IMPORT, "draft")
    assert content.openness == "active"
    assert content.written_on == date(2026, 1, 5)
    assert content.subject_category == "综合政务\\电子政务"
    (again,) = import_standard_file(
        data=data, standard=standard, form=form, unit=world.unit_b, kind="article", actor=world.other_author
    )
    assert again.state == "duplicate"
    with pytest.raises(NotYourUnit):
        import_standard_file(
            data=data,
            standard=standard,
            form=form,
            unit=world.unit_a,
            kind="article",
            actor=world.other_author,
        )


@pytest.mark.req("LIB-15", "LIB-14")
def test_imported_item_with_faults_is_quarantined(world: World):
    lines = '{"SYH":"A/2026-1","BT":"缺正文","CWRQ":"2026-13-01","GKSX":"9"}\n{"BT":7}\n'
    items = import_standard_file(
        data=lines.encode(),
        standard=get_standard(EXAMPLE),
        form=Format.JSONL,
        unit=world.unit_a,
        kind="article",
        actor=world.author,
    )
    assert {item.state for item in items} == {"quarantined"}
    codes = {problem["code"] for problem in items[0].problems}
    assert {"missing", "bad_date", "unknown_code"} <= codes
    assert IntakeItem.objects.count() == 2


BAD_FILES = {
    "not XML": b"<ZYK><ZY>",
    "another list": b"<other/>",
    "entities": b'<!DOCTYPE ZYK [<!ENTITY a "b">]><ZYK><ZY><BT>&a;</BT></ZY></ZYK>',
    "outside file": b'<!DOCTYPE ZYK [<!ENTITY a SYSTEM "file:///etc/passwd">]><ZYK><ZY><BT>&a;</BT></ZY></ZYK>',
    "bomb": b'<!DOCTYPE ZYK [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><ZYK><ZY><BT>&b;</BT></ZY></ZYK>',
    "deep": b"<ZYK>" + b"<ZY>" * 5_000 + b"</ZY>" * 5_000 + b"</ZYK>",
    "empty": b"",
    "too many": b"<ZYK>" + b"<ZY/>" * 5_001 + b"</ZYK>",
}


@pytest.mark.parametrize("data", BAD_FILES.values(), ids=BAD_FILES)
def test_file_that_is_not_the_standards_is_refused_as_a_whole(data: bytes):
    with pytest.raises(StandardFileRefused):
        read_items(data, get_standard(EXAMPLE), Format.XML)


@pytest.mark.parametrize(
    "data", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000], ids=["cut", "list", "bytes", "deep"]
)
def test_lines_that_are_no_objects_are_refused(data: bytes):
    with pytest.raises(StandardFileRefused):
        read_items(data, get_standard(EXAMPLE), Format.JSONL)


@pytest.mark.req("LIB-15")
def test_command_reports_exports_and_imports(world: World, tmp_path: Path):
    world.publish(**FULL)
    out, file = StringIO(), tmp_path / "items.xml"
    call_command("conform", "standards", stdout=out)
    call_command("conform", "report", "--standard", EXAMPLE, stdout=out)
    call_command("conform", "export", "--standard", EXAMPLE, "--file", str(file))
    assert "1 of 1 items conform" in out.getvalue()
    world.other_author  # noqa: B018  # the clerk who imports
    call_command(
        "conform", "import", "--standard", EXAMPLE, "--file", str(file), "--unit", world.unit_b.code,
        "--as", "bing", stdout=out,
    )  # fmt: skip
    assert "accepted" in out.getvalue()
    for wrong in (["import"], ["report", "--standard", "none"], ["report", "--unit", "none"]):
        with pytest.raises(CommandError):
            call_command("conform", *wrong)

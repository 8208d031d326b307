"""Kinds of item: their own fields, what is checked, how the page shows them (LIB-06, LIB-03)."""

from datetime import date

import pytest

from jiyue.library.catalogue.tests.scenes import fields_of, remarks
from jiyue.library.completeness import content_blockers
from jiyue.library.kinds import KINDS
from jiyue.library.kinds.formats import format_advice
from jiyue.library.scoping import sort_of
from jiyue.library.services.editing import TextTooLong
from jiyue.publishing.models import Placement
from jiyue.publishing.tests.output import read
from jiyue.review.enums import SortOfContent
from tests.factories import make_content

pytestmark = pytest.mark.django_db

GOOD = {
    "text": "一段文字",
    "date": "2026-11-21",
    "number": "1,234.5",
    "phone": "0990-1234567；12345",
    "email": "xx@example.gov.cn",
    "url": "https://www.example.gov.cn/a",
}
BAD = {
    "date": ("2026-02-30", "21.11.2026", "2026-1-1"),
    "number": ("约三百", "1,23", "--1"),
    "phone": ("请来电", "1"),
    "email": ("a@", "a b@example.cn"),
    "url": ("www.example.cn", "javascript:alert(1)", "https://", "https://a b.cn", "http://[::1"),
}
ALL_KINDS = {
    "article",
    "policy_document",
    "interpretation",
    "notice",
    "static_page",
    "institution_profile",
    "leader_profile",
    "service_item",
    "form_sample",
    "question_answer",
    "dataset",
    "statistic",
    "image",
    "audio",
    "video",
    "attachment",
}


def filled(kind, **others):
    return {field.name: GOOD[field.format] for field in kind.fields} | others


def test_every_kind_of_the_regulation_is_there():
    assert {key for key, _kind in KINDS} == ALL_KINDS
    assert sort_of(make_content(kind="leader_profile")) == SortOfContent.LEADER_PROFILE


@pytest.mark.req("LIB-06")
@pytest.mark.parametrize("key", sorted(ALL_KINDS))
def test_a_kind_asks_for_its_own_fields_and_for_their_shape(world, key):
    kind = KINDS.get(key)
    common = {"kind": key, "picture": "", "title": "标题"}
    assert not [
        field for field in fields_of(remarks(world, details=filled(kind), **common)) if "details" in field
    ]
    empty = fields_of(remarks(world, **common))
    assert {name for name in empty if name.startswith("details.")} == {
        f"details.{field.name}" for field in kind.fields if field.is_required
    }
    for field in kind.fields:
        for text in BAD.get(field.format, ()):
            assert format_advice(field, text), (field.name, text)
            found = remarks(world, details=filled(kind, **{field.name: text}), **common)
            assert f"details.{field.name}" in fields_of(found)
        long = filled(kind, **{field.name: "长" * (field.max_chars + 1)})
        if field.max_chars < 20_000:
            assert f"details.{field.name}" in fields_of(remarks(world, details=long, **common))
    needed = {name for name in kind.required if name not in ("title", "channel_ids")}
    assert len(content_blockers(make_content(kind=key, source="", author="", body_html=""))) >= len(needed)


@pytest.mark.req("LIB-06")
@pytest.mark.parametrize("key", ["institution_profile", "service_item", "question_answer", "statistic"])
def test_the_public_page_shows_the_fields_of_the_kind_escaped(world, key):
    kind = KINDS.get(key)
    first = next(field for field in kind.fields if field.format == "text")
    details = filled(kind, **{first.name: "<b>甲&乙</b>"})
    resource = world.publish(kind=key, title="栏目内容", details=details)
    place = Placement.objects.filter(resource=resource).select_related("site").first()
    page = read(place.site, place.path)
    assert '<dl class="details">' in page
    assert "&lt;b&gt;甲&amp;乙&lt;/b&gt;" in page
    for field in kind.fields:
        assert str(field.label) in page
        if field.format == "url":
            assert f'<a href="{GOOD["url"]}">' in page


def test_a_detail_that_is_no_field_of_the_kind_never_reaches_the_page(world):
    resource = world.publish(details={"secret_note": "内部说明"})
    place = Placement.objects.filter(resource=resource).select_related("site").first()
    assert "内部说明" not in read(place.site, place.path)


def test_a_detail_over_every_limit_is_refused_at_once(world):
    with pytest.raises(TextTooLong):
        world.draft(kind="audio", details={"transcript": "长" * 20_001})


@pytest.mark.req("LIB-03")
def test_the_public_panel_of_a_document_names_all_of_its_metadata(world):
    resource = world.publish(
        kind="policy_document",
        title="云亭市电子政务管理办法",
        document_number="云政发〔2026〕1号",
        issuing_body="云亭市人民政府",
        subject_category="综合政务\\电子政务",
        genre_category="办法",
        audience="企业",
        written_on=date(2026, 1, 5),
        validity_status="valid",
        keywords=("政务", "数据"),
        openness="active",
        region="云亭市",
    )
    place = Placement.objects.filter(resource=resource).select_related("site").first()
    page = read(place.site, place.path)
    number = resource.live.edition.index_number
    for text in (
        number,
        "云政发〔2026〕1号",
        "云亭市人民政府",
        "综合政务\\电子政务",
        "办法",
        "企业",
        "2026-01-05",
        "validity-valid",
        "政务",
        "云亭市",
        "市政府办公室",
        resource.live.first_published_at.astimezone().strftime("%Y"),
    ):
        assert text in page

"""The metadata part of the item form: kinds, vocabularies, sources, related documents (LIB-03, LIB-06)."""

import pytest
from django.urls import reverse

from jiyue.backoffice.tests.forms import form_of, form_of_resource
from jiyue.library.catalogue.tests.scenes import DOCUMENT, document
from jiyue.library.content import Relation
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from tests.factories import make_content

METADATA = {
    "index_number": "老号/2020-00001",
    "document_number": "云政发〔2026〕9号",
    "issuing_body": "云亭市人民政府",
    "subject_category": "综合政务\\电子政务",
    "genre_category": "办法",
    "audience": "企业、老年人",
    "written_on": "2026-01-05",
    "validity_status": "valid",
    "source": "市政府办公室",
    "source_url": "https://www.example.gov.cn/1.html",
    "author": "甲",
    "keywords": "数据 共享",
    "openness": "active",
    "openness_basis": "条例第二十条",
    "region": "云亭市",
    "language": "zh-Hans",
    "event_on": "2026-01-04",
    "timeliness": "document",
    "is_repost": "on",
    "sort": "government_document",
}


def create(world, enter, **values):
    client = enter(world.author)
    content = make_content(world.news, **{**DOCUMENT, "written_on": None, "title": "表单"})
    return client.post(reverse("backoffice:resource_create"), form_of(content, 0, **values))


@pytest.mark.req("LIB-03")
def test_every_named_field_of_the_metadata_is_written_and_read_back(world, enter):
    assert create(world, enter, **METADATA).status_code == 302
    resource = Resource.objects.get(title="表单")
    content = get_content(resource)
    for name, typed in METADATA.items():
        value = getattr(content, name)
        expected = {"written_on": "2026-01-05", "event_on": "2026-01-04"}.get(name)
        if expected:
            assert value.isoformat() == expected
        elif name == "keywords":
            assert value == ("数据", "共享")
        elif name == "is_repost":
            assert value is True
        else:
            assert value == typed, name
    page = enter(world.author).get(reverse("backoffice:resource_edit", args=[resource.pk])).content.decode()
    for name in METADATA:
        assert f'name="{name}"' in page, name
    item = enter(world.author).get(reverse("backoffice:resource_detail", args=[resource.pk])).content.decode()
    for text in ("云政发〔2026〕9号", "综合政务\\电子政务", "条例第二十条", "企业、老年人", "云亭市"):
        assert text in item


def test_fields_of_the_chosen_kind_are_stored_and_those_of_others_kept_in_the_form_only(world, enter):
    typed = {
        "kind": "statistic",
        "details-statistic-period": "2026年上半年",
        "details-statistic-published_by": "市统计局",
        "details-video-transcript": "另一类的内容",
    }
    assert create(world, enter, **typed).status_code == 302
    content = get_content(Resource.objects.get(title="表单"))
    assert content.details == {"period": "2026年上半年", "published_by": "市统计局"}
    refused = create(world, enter, **{**typed, "title": ""})
    assert "另一类的内容" in refused.content.decode()
    assert "2026年上半年" in refused.content.decode()


def test_a_document_is_chosen_by_title_or_number_and_forged_ids_are_refused(world, enter):
    old = document(world)
    client = enter(world.author)
    address = reverse("backoffice:relation_targets")
    for words in ("电子政务", "云政发〔2026〕1号"):
        found = client.get(f"{address}?unit={world.unit_a.pk}&q={words}").json()["documents"]
        assert [one["id"] for one in found] == [old.pk]
    assert client.get(f"{address}?q=").json() == {"documents": []}
    rows = {
        "relation_kind": ["repeals", "amends"],
        "relation_resource": [str(old.pk), ""],
        "relation_title": ["随便写的", "国发〔2001〕1号"],
        "relation_effective_on": ["2026-05-01", ""],
    }
    assert create(world, enter, **rows).status_code == 302
    resource = Resource.objects.get(title="表单")
    assert get_content(resource).relations == (
        Relation("repeals", old.pk, "", "2026-05-01"),
        Relation("amends", None, "国发〔2001〕1号", ""),
    )
    shown = client.get(reverse("backoffice:resource_edit", args=[resource.pk])).content.decode()
    assert "云亭市电子政务管理办法" in shown
    Resource.objects.filter(pk=old.pk).update(unit=world.unit_b)
    assert client.get(f"{address}?q=电子政务").json() == {"documents": []}
    answer = client.post(
        reverse("backoffice:resource_edit", args=[resource.pk]), form_of_resource(resource, **rows)
    )
    assert answer.status_code == 200
    assert "云亭市电子政务管理办法" not in answer.content.decode()
    assert get_content(resource).relations[0].resource_id == old.pk


def test_an_interpretation_may_name_the_unit_s_own_document_that_waits_with_it(world, enter):
    draft = world.draft(**DOCUMENT)
    rows = {
        "relation_kind": ["interprets"],
        "relation_resource": [str(draft.pk)],
        "relation_title": [""],
        "relation_effective_on": [""],
    }
    assert create(world, enter, kind="interpretation", **rows).status_code == 302
    assert create(world, enter, **{**rows, "relation_kind": ["repeals"]}).status_code == 200

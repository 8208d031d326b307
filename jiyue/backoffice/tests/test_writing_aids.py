"""What the editor asks the server: keeping, locks, clean-up, Word files, change during review."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jiyue.backoffice.tests.forms import form_of, form_of_resource
from jiyue.library.drafting.locking import hold_lock
from jiyue.library.drafting.models import Autosave, EditLock
from jiyue.library.drafting.tests.test_pasting import WORD_NOTICE, word_file, workbook
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource
from jiyue.organizations.models import StaffNotice
from jiyue.review.enums import CaseStatus
from jiyue.review.models import ReviewCase
from tests.factories import approve_step, make_content

KEEP = "/resources/keep/"


def kept_form(world, resource=None, **values):
    data = {
        "unit": world.unit_a.pk,
        "resource": resource.pk if resource else "",
        "window": "w1",
        "device": "d1",
        "sequence": 1,
        "base_number": 1,
        "values": json.dumps({"title": ["没保存的标题"], "body_html": ["<p>没保存的正文</p>"]}),
    }
    return data | values


def test_typed_text_is_kept_with_the_lock_and_offered_on_return(world, enter):
    resource = world.draft()
    client = enter(world.author)
    answer = client.post(KEEP, kept_form(world, resource)).json()
    assert answer["outcome"] == "kept"
    assert answer["lock"] is None
    assert answer["token"]
    assert EditLock.objects.get().person == world.author.person
    page = client.get(reverse("backoffice:resource_edit", args=[resource.pk]))
    assert page.context["editor_data"]["kept"]["values"]["title"] == ["没保存的标题"]
    other = enter(world.second_author)
    page = other.get(reverse("backoffice:resource_edit", args=[resource.pk]))
    assert page.context["editor_data"]["kept"] is None
    assert page.context["lock"]["person"] == "甲"
    assert "甲" in page.content.decode()
    assert other.post(KEEP, kept_form(world, resource, values="")).status_code == 422


def test_keeping_costs_one_update_and_few_queries(world, enter):
    resource = world.draft()
    client = enter(world.author)
    client.post(KEEP, kept_form(world, resource))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(KEEP, kept_form(world, resource, sequence=2, values='{"title": ["又改"]}'))
    updates = [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert len(queries) <= 15, [query["sql"] for query in queries]
    assert len(updates) == 1
    assert "autosave" in updates[0]
    with CaptureQueriesContext(connection) as queries:
        client.post(KEEP, kept_form(world, resource, sequence=3, values='{"title": ["又改"]}'))
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]


@pytest.mark.parametrize("values", ["", "[]", "nonsense", '{"title": "x"}', '{"title": [1]}', "[" * 100_000])
def test_nonsense_is_refused_and_keeps_nothing(world, enter, values):
    answer = enter(world.author).post(KEEP, kept_form(world, values=values))
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    assert not Autosave.objects.exists()


def test_another_window_gets_a_clear_answer(world, enter):
    client = enter(world.author)
    client.post(KEEP, kept_form(world))
    answer = client.post(KEEP, kept_form(world, window="w2"))
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "written_elsewhere"
    assert client.post(KEEP, kept_form(world, window="w2", takes_over="1")).json()["outcome"] == "kept"


def test_saving_forgets_the_unsaved_text_and_lets_the_lock_go(world, enter):
    resource = world.draft()
    client = enter(world.author)
    client.post(KEEP, kept_form(world, resource))
    client.post(KEEP, kept_form(world))
    client.post(
        reverse("backoffice:resource_edit", args=[resource.pk]), form_of_resource(resource, title="存")
    )
    assert [row.resource for row in Autosave.objects.all()] == [None]
    assert not EditLock.objects.exists()
    client.post(reverse("backoffice:resource_create"), form_of(make_content(world.news, title="新"), 0))
    assert not Autosave.objects.exists()


def test_refused_saving_keeps_the_unsaved_text(world, enter):
    resource = world.draft()
    client = enter(world.author)
    client.post(KEEP, kept_form(world, resource))
    client.post(reverse("backoffice:resource_edit", args=[resource.pk]), form_of_resource(resource, title=""))
    assert Autosave.objects.count() == 1


def test_list_of_unsaved_texts_and_their_comparison(world, enter):
    resource = world.draft()
    client = enter(world.author)
    client.post(KEEP, kept_form(world, resource))
    client.post(KEEP, kept_form(world, values=json.dumps({"title": ["全新的稿子"]})))
    page = client.get("/resources/unsaved/").content.decode()
    assert "没保存的标题" in page
    assert "全新的稿子" in page
    page = client.get(f"/resources/{resource.pk}/unsaved/").content.decode()
    assert "没保存的正文" in page
    answer = client.post(
        "/resources/forget/", {"unit": world.unit_a.pk, "resource": resource.pk, "then": "list"}
    )
    assert answer.status_code == 302
    assert Autosave.objects.count() == 1
    assert enter(world.second_author).get("/resources/unsaved/").context["rows"] == []


def test_hostile_values_never_break_the_comparison(world, enter):
    resource = world.draft()
    client = enter(world.author)
    values = {
        "kind": ["nonsense"],
        "written_on": ["x"],
        "title": [],
        "body_html": ["<script>x()</script><p>文"],
    }
    client.post(KEEP, kept_form(world, resource, values=json.dumps(values)))
    answer = client.get(f"/resources/{resource.pk}/unsaved/")
    assert answer.status_code == 200
    assert "x()" not in answer.content.decode()


@pytest.mark.parametrize("pk", ["foreign", "0", "-1", "9" * 30, "１"])
def test_items_of_other_units_dont_exist(world, enter, pk):
    foreign = None
    if pk == "foreign":
        content = make_content(title="外单位稿件", source="市交通局", author="丙")
        foreign = create_resource(unit=world.unit_b, content=content, actor=world.other_author)
    number = foreign.pk if foreign else pk
    client = enter(world.author)
    assert client.post(KEEP, kept_form(world, resource=None) | {"resource": number}).status_code == 404
    forget = {"unit": world.unit_a.pk, "resource": number}
    assert client.post("/resources/forget/", forget).status_code == 404
    assert client.post(KEEP, kept_form(world) | {"unit": world.unit_b.pk}).status_code == 404
    assert not Autosave.objects.exists()


def test_lock_is_taken_over_with_notice(world, enter):
    resource = world.draft()
    hold_lock(resource=resource, actor=world.author, window="w")
    client = enter(world.second_author)
    assert client.post(KEEP, kept_form(world, resource, window="v")).json()["lock"]["person"] == "甲"
    assert client.post(f"/resources/{resource.pk}/lock/", {"window": "v"}).json() == {"lock": None}
    assert StaffNotice.objects.filter(person=world.author.person, topic="editing").count() == 1
    assert enter(world.author).post(KEEP, kept_form(world, resource)).json()["lock"]["person"] == "己"


def test_clipboard_text_is_cleaned_and_what_was_left_out_is_said(world, enter):
    answer = enter(world.author).post("/resources/clean/", {"html": WORD_NOTICE}).json()
    assert "<h2>一、检查范围</h2>" in answer["html"]
    assert len(answer["notes"]) == 1
    too_long = enter(world.author).post("/resources/clean/", {"html": "文" * 4_000_001})
    assert too_long.status_code in (400, 413)


@pytest.mark.req("REV-24")
def test_clean_up_on_demand_and_before_saving(world, enter):
    client = enter(world.author)
    answer = client.post("/resources/tidy/", {"html": "<p>会议召开,部署工作.</p><p>&nbsp;</p>"}).json()
    assert answer["html"] == "<p>会议召开，部署工作。</p>"
    assert {change["count"] for change in answer["changes"]} == {1}
    resource = world.draft()
    body = "<p>　　会议召开,部署工作.</p><p>&nbsp;</p>"
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    page = client.post(address, form_of_resource(resource, body_html=body), follow=True)
    assert get_content(Resource.objects.get(pk=resource.pk)).body_html == "<p>会议召开，部署工作。</p>"
    assert any("(1)" in str(message) or "（1）" in str(message) for message in page.context["messages"])
    created = form_of(make_content(world.news, title="整理", body_html=body), 0)
    client.post(reverse("backoffice:resource_create"), created)
    assert get_content(Resource.objects.get(title="整理")).body_html == "<p>会议召开，部署工作。</p>"


@pytest.mark.req("REV-24")
@pytest.mark.parametrize("missing", ["source", "author"])
def test_source_and_author_are_mandatory_for_submission(world, enter, missing):
    resource = world.draft(**{missing: ""})
    page = enter(world.author).get(reverse("backoffice:resource_submit", args=[resource.pk]))
    assert page.context["blockers"]
    client = enter(world.author)
    client.post(reverse("backoffice:resource_submit", args=[resource.pk]))
    assert not ReviewCase.objects.exists()


def test_word_file_is_read_and_shown_but_not_kept(world, enter):
    client = enter(world.author)
    file = SimpleUploadedFile("通知.docx", word_file())
    answer = client.post("/resources/take-over/", {"file": file}).json()
    assert answer["fields"]["title"]["value"] == "某县人民政府办公室关于加强防汛工作的通知"
    assert answer["fields"]["document_number"]["value"] == "某政办发〔2026〕5号"
    assert "originally_published_on" not in answer["fields"]
    assert "实行二十四小时值班" in answer["html"]
    assert not Resource.objects.exists()
    refused = client.post("/resources/take-over/", {"file": SimpleUploadedFile("a.docx", workbook())})
    assert refused.status_code == 422
    assert ".xlsx" in refused.json()["error"]["message"]
    assert client.post("/resources/take-over/").status_code == 400


def test_reasons_for_findings_are_saved_shown_again_and_dropped_when_empty(world, enter):
    resource = world.draft()
    client = enter(world.author)
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    reasons = {"justification_key": ["k1", "k2"], "justification_text": ["名称如此", " "]}
    client.post(address, form_of_resource(resource) | reasons)
    resource.refresh_from_db()
    assert get_content(resource).justifications == {"k1": "名称如此"}
    page = client.get(address).content.decode()
    assert 'name="justification_key" value="k1"' in page
    refused = client.post(address, form_of_resource(resource, title="") | reasons).content.decode()
    assert "名称如此" in refused


def test_change_during_review_warns_voids_approvals_and_keeps_refused_text(world, enter):
    case = world.submitted()
    approve_step(case, world.lead)
    resource = Resource.objects.get(pk=case.items.get().subject_key)
    client = enter(world.author)
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    page = client.get(f"{address}?during_review=1")
    assert page.status_code == 200
    assert page.context["is_during_review"]
    assert 'name="during_review" value="1"' in page.content.decode()
    refused = client.post(address, form_of_resource(resource, title="审核中改", source="", during_review="1"))
    assert refused.status_code == 200
    assert "审核中改" in refused.content.decode()
    resource.refresh_from_db()
    assert resource.title != "审核中改"
    answer = client.post(address, form_of_resource(resource, title="审核中改", during_review="1"))
    assert answer.status_code == 302
    resource.refresh_from_db()
    assert resource.title == "审核中改"
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN
    assert case.steps.filter(round=2).exists()


def test_change_during_review_of_an_item_not_in_review_is_an_ordinary_refusal(world, enter):
    resource = world.draft()
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    answer = enter(world.author).post(address, form_of_resource(resource, title="x", during_review="1"))
    assert answer.status_code == 409
    assert "x" in answer.content.decode()


def test_session_answer_gives_a_token_or_leads_to_the_sign_in(world, enter):
    answer = enter(world.author).get("/resources/session/").json()
    assert answer["account"] == world.author.pk
    assert answer["token"]
    assert Client().get("/resources/session/").status_code == 302

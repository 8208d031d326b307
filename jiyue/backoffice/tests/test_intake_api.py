"""The open interface: tokens, doubles, quarantine, hostile payloads; another system's items don't exist."""

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from PIL import Image

from jiyue.backoffice.tests.clients import both_factors
from jiyue.backoffice.tests.systems import System, an_item
from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.library.enums import AcquisitionMode, ResourceStatus
from jiyue.library.models import Edition, Resource
from jiyue.library.open_intake.clients import rotate_secret, switch_client
from jiyue.library.open_intake.models import IntakeCall, IntakeItem
from jiyue.library.open_intake.quarantine import NotDecidable, accept_item, reading_of, refuse_item
from jiyue.library.selectors import get_content
from jiyue.library.services import editing, submit_for_review
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import UnitRole
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def system(world: World) -> System:
    return System(world)


def picture() -> str:
    data = BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


@pytest.mark.req("LIB-14", "LIB-13")
def test_complete_item_becomes_a_draft_and_passes_the_full_review(world: World, system: System):
    answer = system.post(an_item())
    assert answer.status_code == 201
    resource = Resource.objects.get()
    assert (resource.acquisition_mode, resource.status) == (AcquisitionMode.INTERFACE, ResourceStatus.DRAFT)
    assert resource.created_by == world.author
    content = get_content(resource)
    assert content.channel_ids == (world.news.pk,)
    assert "第二段" in content.body_html
    status = system.get(f"items/{answer.json()['id']}").json()
    assert (status["review"], status["published_at"]) == ("draft", None)
    assert not Edition.objects.exists()
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    status = system.get(f"items/{answer.json()['id']}").json()
    assert status["published_at"]
    assert status["index_number"]
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"intake.called", "intake.accepted", "resource.created", "intake_client.registered"} <= verbs


@pytest.mark.req("LIB-14")
def test_same_source_item_or_same_text_comes_in_once(world: World, system: System):
    first = system.post(an_item()).json()
    again = system.post(an_item())
    assert (again.status_code, again.json()["state"]) == (200, "duplicate")
    other_number = system.post(an_item(source_id="OA-2", body_text="第一段。 第二段。\u200b"))
    assert other_number.json()["state"] == "duplicate"
    assert Resource.objects.count() == 1
    assert first["state"] == "accepted"


@pytest.mark.req("LIB-14")
def test_text_that_a_clerk_wrote_is_not_taken_in_again(world: World, system: System):
    world.draft(title="办文系统报送的信息", body_html="<p>第一段。</p><p>第二段。</p>")
    assert system.post(an_item()).json()["state"] == "duplicate"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": ""}, "missing"),
    "no source": ({"source": None}, "missing"),
    "no number": ({"source_id": ""}, "missing"),
    "a day that does not exist": ({"written_on": "2026-02-30"}, "bad_date"),
    "a date in words": ({"written_on": "昨天"}, "bad_date"),
    "unknown code": ({"openness": "maybe"}, "unknown_code"),
    "number as title": ({"title": 7}, "not_text"),
    "title too long": ({"title": "长" * 301}, "too_long"),
    "kind not agreed": ({"kind": "interpretation"}, "kind_not_allowed"),
    "kind as list": ({"kind": ["article"]}, "kind_not_allowed"),
    "channel not agreed": ({"channels": ["xian/zhuanzai"]}, "channel_not_allowed"),
    "channels as text": ({"channels": "shi/yaowen"}, "not_a_list"),
    "script only": ({"body_text": "", "body_html": "<script>alert(1)</script>"}, "no_text_left"),
    "document without its metadata": ({"kind": "policy_document"}, "missing"),
    "attachment without content": ({"attachments": [{"name": "a.pdf"}]}, "bad_attachment"),
    "attachment that is no base64": (
        {"attachments": [{"name": "a.pdf", "content_base64": "%%"}]},
        "bad_attachment",
    ),
    "attachment that is a program": (
        {"attachments": [{"name": "a.pdf", "content_base64": base64.b64encode(b"MZ" * 100).decode()}]},
        "media_refused",
    ),
}


@pytest.mark.req("LIB-14")
@pytest.mark.parametrize(("values", "code"), WRONG.values(), ids=WRONG)
def test_item_with_a_fault_goes_into_quarantine_with_its_reasons(
    world: World, system: System, values: dict[str, Any], code: str
):
    answer = system.post(an_item(**values))
    assert (answer.status_code, answer.json()["state"]) == (202, "quarantined")
    assert code in [problem["code"] for problem in answer.json()["problems"]]
    item = IntakeItem.objects.get()
    assert item.payload["author"] == "甲"
    assert not Resource.objects.exists()


@pytest.mark.parametrize("payload", [[], "text", 7, None, True], ids=repr)
def test_what_is_no_object_goes_into_quarantine_too(system: System, payload: Any):
    assert system.post(payload).json()["problems"][0]["code"] == "not_an_object"


@pytest.mark.req("LIB-14")
def test_clerk_corrects_and_accepts_or_refuses_with_a_reason_that_the_system_reads(
    world: World, system: System
):
    system.post(an_item(title=""))
    item = IntakeItem.objects.get()
    content = reading_of(item).content.with_values(title="补上的标题", channel_ids=(world.news.pk,))
    with pytest.raises(NotDecidable):
        accept_item(item=item, content=content, actor=world.other_author)
    resource = accept_item(item=item, content=content, actor=world.second_author)
    assert (resource.acquisition_mode, resource.status) == ("interface", "draft")
    with pytest.raises(NotDecidable):
        refuse_item(item=item, reason="晚了", actor=world.author)
    system.post(an_item(source_id="OA-9", title="", body_text="别的"))
    item = IntakeItem.objects.get(source_id="OA-9")
    with pytest.raises(NotDecidable):
        refuse_item(item=item, reason=" ", actor=world.author)
    refuse_item(item=item, reason="请补标题", actor=world.author)
    status = system.get(f"items/{item.pk}").json()
    assert (status["state"], status["refusal"]) == ("refused", "请补标题")
    assert AuditEntry.objects.filter(verb="intake.refused").exists()


@pytest.mark.req("LIB-14")
def test_better_form_of_a_quarantined_item_takes_its_place(system: System):
    system.post(an_item(title=""))
    assert system.post(an_item()).status_code == 201
    states = list(IntakeItem.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["superseded", "accepted"]


@pytest.mark.req("LIB-14")
def test_changed_item_waits_for_a_clerk_and_becomes_a_new_state_of_the_same_item(
    world: World, system: System
):
    system.post(an_item())
    answer = system.post(an_item(body_text="改过的正文。"))
    assert answer.json()["problems"][0]["code"] == "changed"
    item = IntakeItem.objects.get(state="quarantined")
    accept_item(item=item, content=reading_of(item).content, actor=world.author)
    resource = Resource.objects.get()
    assert resource.last_revision == 2
    assert "改过的正文" in get_content(resource).body_html


def test_files_come_along_as_attachments(world: World, system: System):
    answer = system.post(
        an_item(attachments=[{"name": "图.png", "title": "附图", "content_base64": picture()}])
    )
    assert answer.status_code == 201, answer.json()
    assert [file.title for file in get_content(Resource.objects.get()).attachments] == ["附图"]


@pytest.mark.req("LIB-14")
def test_batch_answers_for_each_item_and_loses_none(system: System):
    items = [an_item(), an_item(source_id="2", title=""), 7, an_item(source_id="4", title="另一条")]
    answer = system.post({"items": items}, "batch")
    assert [item["state"] for item in answer.json()["items"]] == [
        "accepted",
        "quarantined",
        "quarantined",
        "accepted",
    ]
    refused: tuple[Any, ...] = ({"items": []}, {"items": [1] * 201}, [], {"items": "x"})
    for wrong in refused:
        assert system.post(wrong, "batch").status_code == 400


def test_call_with_a_key_is_done_once(system: System):
    key = {"Idempotency-Key": "k-1"}
    first = system.post(an_item(), **key)
    again = system.post(an_item(), **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert IntakeItem.objects.count() == 1
    other = system.post(an_item(title="别的"), **key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "key_reused")
    assert IntakeCall.objects.count() == 1


HOSTILE = {
    "no JSON": b"{",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "not a number": b'{"title": NaN}',
    "a huge number": b"1" * 10_000,
    "latin-1": '{"title": "é"}'.encode("latin-1"),
    "UTF-16": '{"title": "标题"}'.encode("utf-16"),
    "empty": b"",
    "cut off": '{"title": "标'.encode()[:-1],
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_body_that_is_no_json_is_refused_in_words(system: System, body: bytes):
    answer = system.post(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["fix"]
    assert not IntakeItem.objects.exists()


def test_national_encodings_are_read_when_they_are_named(system: System):
    data = json.dumps(an_item(title="𠮷林街道"), ensure_ascii=False).encode("gb18030")
    answer = system.post(data, content_type="application/json; charset=GB18030")
    assert answer.status_code == 201
    assert Resource.objects.get().title == "𠮷林街道"


def test_hostile_values_are_stored_as_text_or_cleaned(system: System):
    answer = system.post(
        an_item(
            source_id="'; DROP TABLE library_resource;--",
            title="<b>x</b>' OR 1=1 \u0000\ud800",
            body_text="",
            body_html='<p onclick="x()">正文<script>alert(1)</script><img src=x onerror=y></p>',
            extra={"a": [float(10**10), 10**30]},
        )
    )
    assert answer.status_code == 201, answer.json()
    body = get_content(Resource.objects.get()).body_html
    assert "script" not in body
    assert "onclick" not in body
    assert "onerror" not in body
    assert system.get("items?source_id='%20OR%201=1--").json() == {"items": []}


def test_long_text_is_taken_in_and_one_over_the_limit_waits(system: System):
    long = "<p>" + "政" * 600_000 + "</p>"  # about 1.8 MB
    assert system.post(an_item(body_text="", body_html=long)).json()["state"] in ("accepted", "quarantined")
    over = system.post(an_item(source_id="2", body_text="政" * 2_000_001))
    assert "too_long" in [problem["code"] for problem in over.json()["problems"]]


@pytest.mark.req("LIB-14")
def test_nobody_comes_in_without_a_right_token(world: World, system: System):
    right = system.token
    key, _dot, secret = right.partition(".")
    for token in ("", key, f"{key}.", f"{key}.wrong", f"x.{secret}", "..", right + "x", "\u00e9"):
        system.token = token
        cache.clear()
        for answer in (
            system.post(an_item()),
            system.get("items"),
            system.get("standard"),
            system.get("openapi.json"),
        ):
            assert answer.status_code == 401
    system.token = right
    cache.clear()
    switch_client(client=system.client, is_active=False, actor=world.manager)
    assert system.post(an_item()).status_code == 401
    switch_client(client=system.client, is_active=True, actor=world.manager)
    new = rotate_secret(client=system.client, actor=world.manager)
    assert system.get("items").status_code == 401
    system.token = new
    assert system.get("items").status_code == 200
    assert new.partition(".")[2] not in str(list(type(system.client).objects.values()))
    assert AuditEntry.objects.filter(verb="intake.call_refused").exists()
    assert not Resource.objects.exists()


def test_session_of_a_clerk_opens_nothing_here(world: World):
    assert both_factors(world.author).get("/intake/v1/items").status_code == 401


def test_token_works_from_its_networks_only(world: World):
    system = System(world, networks=["10.0.0.0/8", "192.0.2.7"])
    assert system.get("items").status_code == 401
    system.web = Client(REMOTE_ADDR="192.0.2.7")
    assert system.get("items").status_code == 200


def test_guessing_and_calling_too_often_are_stopped(world: World):
    system = System(world, calls_per_minute=2)
    statuses = [system.get("items").status_code for _call in range(3)]
    assert statuses == [200, 200, 429]
    system.token = "guess.guess"
    assert [system.get("items").status_code for _call in range(40)][-1] == 429


@pytest.mark.req("LIB-14")
def test_another_systems_items_do_not_exist(world: World, system: System):
    secret = system.post(an_item(title="甲系统的秘密")).json()["id"]
    manager = make_account("zheng", world.unit_b, StaffRole.PLATFORM_MANAGER)
    plan = {"unit": world.unit_b, "keeper": world.other_author, "channels": [], "manager": manager}
    other = System(world, name="丙系统", **plan)
    twin = System(world, name="同单位的系统")
    for stranger in (other, twin):
        assert stranger.get(f"items/{secret}").status_code == 404
        assert stranger.get("items").json() == {"items": []}
        assert stranger.get("items?source_id=OA-1").json() == {"items": []}
    for forged in ("0", "-1", "x", "9" * 30, "1;2", "%00"):
        assert system.get(f"items/{forged}").status_code == 404


@pytest.mark.req("LIB-13")
def test_switched_off_mode_closes_the_interface(
    world: World, system: System, monkeypatch: pytest.MonkeyPatch
):
    def refuse(mode: AcquisitionMode, unit: object) -> None:
        raise editing.ModeDisabled("off", fix="ask")

    monkeypatch.setattr("jiyue.library.open_intake.receiving.require_mode", refuse)
    answer = system.post(an_item())
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "mode_disabled")


def test_keeper_who_left_stops_the_system(world: World, system: System):
    UnitRole.objects.filter(person=world.author.person).update(ends_on=clock.today().replace(year=2021))
    assert system.post(an_item()).json()["error"]["code"] == "keeper_gone"


def test_description_and_standard_name_every_field(system: System):
    description = system.get("openapi.json").json()
    schema = description["paths"]["/intake/v1/items"]["post"]["requestBody"]["content"]["application/json"]
    assert {"source_id", "title", "openness"} <= set(schema["schema"]["required"])
    standard = system.get("standard").json()
    assert standard["channels"] == ["shi/yaowen"]
    assert "written_on" in [field["name"] for field in standard["fields"]]


def test_other_methods_and_addresses_are_no_door(system: System):
    assert system.web.put("/intake/v1/items").status_code == 405
    assert system.web.delete("/intake/v1/items/1").status_code == 405
    assert system.get("nothing").status_code == 404


@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "UPDATE {0} SET source_id = 'x'"])
def test_what_came_in_stays(system: System, statement: str):
    system.post(an_item())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(IntakeItem._meta.db_table))


@pytest.mark.parametrize("depth", [100, 300, 450, 900])
def test_deeply_nested_item_is_refused_or_kept_and_never_an_error(system: System, depth: int):
    """What the JSON reader just took was too deep for what came behind it, and the call broke."""
    nested = "[" * depth + "]" * depth
    body = json.dumps(an_item(source_id=f"D-{depth}"))[:-1] + f', "extra": {nested}}}'
    answer = system.post(body.encode())
    assert answer.status_code in (201, 202, 400)
    assert answer.status_code == 400 or IntakeItem.objects.filter(source_id=f"D-{depth}").exists()

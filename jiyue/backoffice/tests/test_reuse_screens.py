"""Intake, picks and manuscripts as people use them; nothing typed is lost, nothing foreign opens."""

import json

import pytest
from django.test import Client

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import outbox
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.library.open_intake.clients import ClientPlan, register_client
from jiyue.library.open_intake.models import IntakeClient, IntakeItem
from jiyue.library.open_intake.receiving import door_of, receive_item
from jiyue.library.selectors import get_content
from jiyue.library.use.models import ChannelTopics, ManuscriptExplanation, Pick
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(world: World) -> IntakeItem:
    """An item of a system of unit A in quarantine."""
    plan = ClientPlan(
        name="办文系统", unit=world.unit_a, keeper=world.author, kinds=["article"], channels=[world.news]
    )
    client, _token = register_client(plan=plan, actor=world.manager)
    payload = {
        "source_id": "OA-1",
        "title": "缺来源",
        "body_html": "<p>第一段</p><h2>标题</h2>",
        "author": "甲",
        "openness": "active",
    }
    return receive_item(payload=payload, door=door_of(client))


@pytest.mark.req("LIB-14")
def test_manager_registers_a_system_and_sees_its_token_once(world: World):
    web = both_factors(world.manager)
    form = {
        "name": "办文系统",
        "unit": world.unit_a.code,
        "keeper": world.author.login_name,
        "kinds": ["article"],
        "channels": f"shi/{world.news.key}",
        "networks": "127.0.0.1",
        "calls_per_minute": 60,
    }
    for field, wrong in (
        ("keeper", world.other_author.login_name),
        ("unit", world.unit_b.code),
        ("channels", "shi/none"),
        ("networks", "nowhere"),
        ("name", ""),
    ):
        page = web.post("/intake-systems/", {**form, field: wrong})
        assert page.status_code == 200
        assert not IntakeClient.objects.exists()
        assert "办文系统" in page.content.decode() or field == "name"
    shown = web.post("/intake-systems/", form).content.decode()
    client = IntakeClient.objects.get()
    token = shown.partition('tabindex="0">')[2].partition("<")[0]
    assert token.startswith(f"{client.key}.")
    answer = Client().get("/intake/v1/items", headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"items": []}
    assert token.partition(".")[2] not in web.get(f"/intake-systems/{client.pk}/").content.decode()


@pytest.mark.req("LIB-14")
def test_clerk_corrects_an_item_in_quarantine_and_its_layout_stays(world: World, waiting: IntakeItem):
    web = both_factors(world.second_author)
    address = f"/quarantine/{waiting.pk}/"
    assert "“来源”" in web.get(address).content.decode()
    kept = web.post(address, {"decision": "accept", "title": "", "text": "改过的字"}).content.decode()
    assert "改过的字" in kept
    form = {
        "decision": "accept",
        "title": "补上来源",
        "text": "第一段\n标题",
        "source": "市政府办公室",
        "author": "甲",
        "openness": "active",
        "channel_ids": [world.news.pk],
    }
    resource_page = web.post(address, form)
    resource = Resource.objects.get()
    assert resource_page["Location"] == f"/resources/{resource.pk}/"
    content = get_content(resource)
    assert (content.source, content.channel_ids) == ("市政府办公室", (world.news.pk,))
    assert "<h2>" in content.body_html
    assert resource.acquisition_mode == AcquisitionMode.INTERFACE
    assert both_factors(world.other_author).get(address).status_code == 404


@pytest.mark.req("LIB-13")
def test_clerk_takes_content_in_by_hand(world: World):
    web = both_factors(world.author)
    form = {"mode": "web_capture", "title": "抓取的信息", "text": "正文", "channel_ids": [world.news.pk]}
    assert "抓取的信息" in web.post("/capture/", form).content.decode()
    assert not Resource.objects.exists()
    web.post("/capture/", {**form, "source_url": "https://www.example.gov.cn/1.html"})
    resource = Resource.objects.get()
    assert (resource.acquisition_mode, resource.status) == (AcquisitionMode.WEB_CAPTURE, "draft")
    for forged in ("self_written", "interface", "x"):
        web.post("/capture/", {**form, "mode": forged})
    assert Resource.objects.count() == 1


@pytest.mark.req("LIB-10")
def test_clerk_picks_and_lead_confirms_on_their_screens(world: World):
    assert world.news
    resource = world.publish(channels=[world.county_news])
    clerk, lead = both_factors(world.author), both_factors(world.lead)
    assert resource.title in clerk.get("/picks/find/").content.decode()
    clerk.post("/picks/find/", {"resource": resource.pk, "channel": world.news.pk, "reason": "相关"})
    pick = Pick.objects.get()
    clerk.post(f"/picks/{pick.pk}/decide/", {"decision": "confirm"})
    pick.refresh_from_db()
    assert pick.status == "proposed"
    lead.post(f"/picks/{pick.pk}/decide/", {"decision": "confirm"})
    outbox.drain()
    pick.refresh_from_db()
    assert pick.status == "confirmed"
    assert clerk.get(f"/picks/find/?channel={world.county_news.pk}").status_code == 404
    for forged in ({"resource": "x", "channel": world.news.pk}, {"resource": 2**70, "channel": 1}, {}):
        assert clerk.post("/picks/find/", forged).status_code == 302
    clerk.post(f"/picks/{pick.pk}/end/", {"reason": "栏目调整"})
    pick.refresh_from_db()
    assert pick.status == "ended"


def test_clerk_says_what_a_column_is_about(world: World):
    clerk = both_factors(world.author)
    address = f"/picks/columns/{world.news.pk}/"
    clerk.post(address, {"subjects": "综合政务\n\n综合政务", "keywords": "集约化"})
    assert ChannelTopics.objects.get().subjects == ["综合政务"]
    too_many = "\n".join(str(number) for number in range(51))
    assert too_many.splitlines()[-1] in clerk.post(address, {"keywords": too_many}).content.decode()
    assert clerk.get(f"/picks/columns/{world.county_news.pk}/").status_code == 404


@pytest.mark.req("REV-26")
def test_manuscript_is_kept_compared_and_explained_on_the_screen(world: World):
    resource = world.draft()
    web = both_factors(world.author)
    address = f"/resources/{resource.pk}/manuscript/"
    empty = web.post(address, {"provider": world.unit_b.code, "title": "原稿标题", "text": ""})
    assert "原稿标题" in empty.content.decode()
    web.post(address, {"provider": world.unit_b.code, "text": "昨天，我局召开会议。"})
    assert "<del>" in web.get(address).content.decode()
    web.post(f"{address}explain/", {"text": "改为规范称谓"})
    assert ManuscriptExplanation.objects.get().text == "改为规范称谓"
    assert "改为规范称谓" in web.get(address).content.decode()
    assert both_factors(world.lead).post(address, {}).status_code == 403


@pytest.mark.req("LIB-15")
def test_report_and_export_of_the_own_units_only(world: World):
    world.publish(title="甲单位的信息")
    own, other = both_factors(world.author), both_factors(world.other_author)
    assert "甲单位的信息" in own.get("/conformance/").content.decode()
    lines = b"".join(own.get("/conformance/export/?format=jsonl").streaming_content)  # type: ignore[attr-defined]
    assert json.loads(lines)["title"] == "甲单位的信息"
    assert b"".join(other.get("/conformance/export/?format=jsonl").streaming_content) == b""  # type: ignore[attr-defined]
    assert "甲单位的信息" not in other.get("/conformance/").content.decode()

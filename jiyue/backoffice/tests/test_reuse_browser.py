"""Intake, quarantine, picks, manuscripts and use in a real browser: they fit a phone and are accessible."""

from pathlib import Path

import pytest
from django.urls import reverse

from jiyue.backoffice.tests.test_browser import _violations
from jiyue.backoffice.tests.test_work_calendar_browser import enter
from jiyue.core import outbox
from jiyue.library.open_intake.clients import ClientPlan, register_client
from jiyue.library.open_intake.receiving import door_of, receive_item
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.library.use.manuscripts import HandedIn, explain_differences, keep_manuscript, send_problem_back
from jiyue.library.use.offers import set_topics
from jiyue.library.use.picks import propose_pick
from tests.factories import World, note_correction
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def fill(world: World) -> dict[str, int]:
    """Something to see on every screen of unit A."""
    resource = world.publish(title="全市集约化平台建设方案发布", channels=[world.news], keywords=("集约化",))
    manuscript = keep_manuscript(
        resource=resource,
        handed_in=HandedIn(world.unit_b, "建设方案", "今天，我局召开集约化平台建设工作会议。"),
        actor=world.author,
    )
    explain_differences(resource=resource, text="人称改为单位简称，补充部署内容。", actor=world.author)
    send_problem_back(manuscript=manuscript, problem="会议名称与通知不一致，请核实。", actor=world.author)
    resource.refresh_from_db()
    content = get_content(resource).with_values(title="全市集约化平台建设实施方案发布")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    resource.refresh_from_db()
    note_correction(resource, world.author)
    explain_differences(resource=resource, text="标题改正。", actor=world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    set_topics(
        channel=world.news, unit=world.unit_a, subjects=[], keywords=["乡村", "平台"], actor=world.author
    )
    for title in ("县里推进数据平台共享", "乡村振兴简报"):
        world.publish(title=title, channels=[world.county_news])
    outbox.drain()
    other = world.publish(title="县里开展便民服务", channels=[world.county_news])
    propose_pick(
        resource_id=other.pk, channel=world.news, unit=world.unit_a, actor=world.author, reason="内容相关"
    )
    plan = ClientPlan(
        name="办文系统", unit=world.unit_a, keeper=world.author, kinds=["article"], channels=[world.news]
    )
    client, _token = register_client(plan=plan, actor=world.manager)
    item = receive_item(
        payload={
            "source_id": "OA-17",
            "title": "缺来源的信息",
            "body_text": "正文。",
            "written_on": "2026-02-30",
        },
        door=door_of(client),
    )
    outbox.drain()
    return {"resource": resource.pk, "client": client.pk, "item": item.pk, "channel": world.news.pk}


@pytest.mark.evidence
def test_every_screen_fits_a_phone_and_is_accessible(page, live_server, transactional_db):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    keys = fill(world)
    found: list[str] = []
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if "Content Security" in line.text else None)

    def look(name: str, *args: object, query: str = "") -> None:
        page.goto(live_server.url + reverse(f"backoffice:{name}", args=args) + query)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{width} {name} is too wide")
            found.extend(f"{width} {name} {line}" for line in _violations(page, script))
            save_screenshot(page, f"use-{name}-{width}")

    enter(page, world.author, live_server.url)
    look("resource_detail", keys["resource"])
    look("manuscript", keys["resource"])
    look("quarantine_list")
    look("quarantine_item", keys["item"])
    look("capture")
    look("pick_list")
    look("pick_search")
    look("channel_topics", keys["channel"])
    look("library_use")
    look("correction_record_list")
    look("conformance", query="?standard=example-province")
    page.context.clear_cookies()
    enter(page, world.manager, live_server.url)
    look("intake_client_list")
    look("intake_client_detail", keys["client"])
    assert found == []

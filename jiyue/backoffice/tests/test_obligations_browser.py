"""To-do lists, a clock, evidence and messages in a real browser: accessible, none wider than a phone."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import clock
from jiyue.obligations.tests.scenes import run_sweep, start_clock
from tests.factories import World
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RUN_AXE = "axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"


@pytest.mark.evidence
def test_the_pages_are_accessible_and_fit_a_phone(chromium: Browser, live_server):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    task, now = "content_task.delivery", clock.now()
    start_clock(world.unit_a, "1", kind=task, due_at=now - timedelta(days=9), title="报送政策解读稿件")
    late = start_clock(
        world.unit_a, "2", opened_at=now - timedelta(days=40), person_id=world.manager.person_id
    )
    run_sweep()
    names = ("workbench", "obligation_list", "obligation_evidence", "notice_list", "schedule_board")
    paths = [reverse(f"backoffice:{name}") for name in names]
    paths += [
        reverse(f"backoffice:{name}", args=[late.pk]) for name in ("obligation_detail", "obligation_excuse")
    ]
    client = both_factors(world.manager)
    cookies = [
        {"name": name, "value": morsel.value, "url": live_server.url}
        for name, morsel in client.cookies.items()
    ]
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.add_cookies(cookies)
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for path in paths:
        page.set_viewport_size(DESKTOP)
        assert page.goto(live_server.url + path).status == 200
        page.wait_for_load_state("networkidle")
        name = path.strip("/").replace("/", "-") or "workbench"
        save_screenshot(page, f"obligations-{name}-desktop")
        page.evaluate(script)
        assert page.evaluate(RUN_AXE) == [], path
        page.set_viewport_size(PHONE)
        save_screenshot(page, f"obligations-{name}-phone")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    context.close()
    assert errors == []

"""A platform manager sees an alarm on a phone, handles it, and nothing runs over the edge."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jiyue.backoffice.tests.test_browser import sign_in
from jiyue.core import alarms, audit, clock
from jiyue.core.worker import ALIVE
from jiyue.operations import alarm_kinds as kinds
from jiyue.operations.models import BackupRun, RunResult
from jiyue.organizations.credentials import second_factor
from tests.factories import World
from tests.plumbing.browser import save_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_alarm_is_seen_and_handled_on_a_phone(
    phone: BrowserContext, live_server, transactional_db: None
) -> None:
    world = World()
    world.publish()
    second_factor.enrol(world.manager, actor=audit.PLATFORM)
    ALIVE.announce("inner:4711")
    now = clock.now()
    BackupRun.objects.create(
        name="20261121T182003.412Z-9c83",
        target="/mnt/backup",
        result=RunResult.GOOD,
        started_at=now,
        finished_at=now,
        files=1204,
        total_bytes=734_003_200,
        new_bytes=8_388_608,
        digest="1" * 64,
    )
    alarms.raise_alarm(kinds.MEMORY_LOW, "platform", details={"free_percent": 3.1})
    alarms.raise_alarm(kinds.DISK_LOW, "/var/lib/jiyue", details={"free_percent": 8.4})
    page = phone.new_page()
    page.goto(f"{live_server.url}/operation/")
    sign_in(page, world.manager)
    expect(page.locator("#h-alarms")).to_be_visible()
    assert fits(page)
    save_screenshot(page, "operation-board-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    save_screenshot(page, "operation-board")
    page.goto(f"{live_server.url}/operation/backups/")
    save_screenshot(page, "backups")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/operation/")
    page.get_by_role("region").get_by_role("link").first.click()
    expect(page.locator("textarea[name=handling]")).to_be_visible()
    assert fits(page)
    page.fill("textarea[name=handling]", "清理了旧日志，剩余空间恢复到 41%。")
    save_screenshot(page, "alarm-phone")
    page.click(".decision button[type=submit]")
    page.wait_for_selector(".notice-success")
    expect(page.locator("blockquote")).to_contain_text("清理了旧日志")
    page.set_viewport_size({"width": 1440, "height": 900})
    save_screenshot(page, "alarm")

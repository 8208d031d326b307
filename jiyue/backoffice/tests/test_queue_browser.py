"""The board and a running batch follow the work by themselves, in a real browser, under the strict policy."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import outbox
from jiyue.publishing.tests.output import publish_many
from jiyue.publishing.work.batches import STEP_TOPIC
from jiyue.publishing.work.rebuilding import open_rebuild
from tests.factories import World
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def look_again(page: Page) -> None:
    """What the page does every few seconds, and at once when it comes into sight."""
    with page.expect_response(lambda answer: "x-jiyue-refresh" in answer.request.headers):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def carry_out_one() -> None:
    outbox.carry_out(outbox.claim("a", topics=[STEP_TOPIC])[:1])


def test_board_and_batch_are_brought_up_to_date_without_a_reload(chromium: Browser, live_server):
    world = World()
    publish_many(world, 3, channels=(world.news,))
    batch = open_rebuild(site_id=world.portal.pk, asked_by=world.manager)
    address = reverse("backoffice:publishing_batch", args=[batch.pk])
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in both_factors(world.manager).cookies.items()
        ]
    )
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(live_server.url + reverse("backoffice:publishing_queue"))
    page.evaluate("window.isFirst = true")
    page.locator(f'a[href="{address}"]').focus()
    bar = page.locator("progress").first
    expect(bar).to_have_attribute("value", "0")
    carry_out_one()
    look_again(page)
    expect(bar).not_to_have_attribute("value", "0")
    assert page.evaluate("document.activeElement.getAttribute('href')") == address
    assert page.evaluate("window.isFirst")
    save_screenshot(page, "queue-board-desktop")

    page.goto(live_server.url + address)
    page.evaluate("window.isFirst = true")
    before = bar.get_attribute("value")
    carry_out_one()
    look_again(page)
    expect(bar).not_to_have_attribute("value", before)
    assert page.evaluate("window.isFirst")
    page.set_viewport_size(PHONE)
    save_screenshot(page, "queue-batch-phone")
    outbox.drain()
    look_again(page)
    expect(page.locator("[data-live]")).to_have_count(0)
    assert page.evaluate("window.isFirst") is None
    expect(page.locator('button[value="pause"], input[value="pause"]')).to_have_count(0)
    context.close()
    assert errors == []

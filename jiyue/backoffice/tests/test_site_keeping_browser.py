"""Web archive and referrals in a real browser: staff screens and public pages, accessible at both widths."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from jiyue.backoffice.tests.test_browser import _violations
from jiyue.backoffice.tests.test_work_calendar_browser import enter
from jiyue.core import clock, outbox, two_person
from jiyue.core.models import TwoPersonChange
from jiyue.publishing.tests.output import detail_path, root_of
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.services import InclusionEntry, add_referrals, record_inclusion
from jiyue.publishing.webarchive.models import ArchiveMark
from tests.factories import World
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def show_public(page: Page, world: World, path: str) -> None:
    """Open a published file with its own stylesheets, under the site's address."""
    root = root_of(world.portal)

    def answer(route) -> None:
        name = route.request.url.removeprefix(world.portal.base_url).lstrip("/") or "index.html"
        file = root / (f"{name}index.html" if name.endswith("/") else name)
        if file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(status=404, body="")

    page.route(f"{world.portal.base_url}/**", answer)
    page.goto(f"{world.portal.base_url}/{path}")


@pytest.mark.req("SITE-23", "PUB-20")
def test_pages_are_archived_and_figures_entered_and_every_screen_is_accessible(page, live_server):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    resource = world.publish(title="关于做好2003年防汛工作的通知", channels=(world.news,))
    world.publish(title="全市推进政务公开工作", channels=(world.news,))
    today = clock.today()
    for back in range(60):
        day = today - timedelta(days=back)
        add_referrals(
            world.portal.key, day, {"www.baidu.com": 40 + back % 17 * 3, "news.example": 9 + back % 5}
        )
    add_referrals(world.portal.key, today, {"cn.bing.com": 12, "so.com": 7, "a" * 300: 2})
    for back, pages in ((0, 2), (32, 1)):
        entry = InclusionEntry(SearchEngine.BAIDU, today - timedelta(days=back), pages, "百度搜索资源平台")
        record_inclusion(site=world.portal, entry=entry, actor=world.lead)
    found: list[str] = []
    page.set_default_timeout(20_000)

    def look(name: str) -> None:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            found.extend(f"{width} {name} {line}" for line in _violations(page, script))
            save_screenshot(page, f"keeping-{name}-{width}")

    enter(page, world.lead, live_server.url)
    page.goto(live_server.url + reverse("backoffice:visits"))
    look("visits")
    page.fill("[name=indexed_pages]", "1")
    page.fill("[name=source]", "必应站长工具")
    page.select_option("[name=engine]", "bing")
    page.click("form:has([name=indexed_pages]) button[type=submit]")
    page.wait_for_selector("text=必应站长工具")
    page.goto(live_server.url + reverse("backoffice:webarchive_propose"))
    page.fill("[name=addresses]", "/no/such/page.html")
    page.fill("[name=reason]", "旧站改版，通知仍有查考价值")
    page.click("form:has([name=addresses]) button[type=submit]")
    assert page.input_value("[name=addresses]") == "/no/such/page.html"
    look("propose")
    page.fill("[name=addresses]", f"/{detail_path(resource, world.news)}")
    page.click("form:has([name=addresses]) button[type=submit]")
    page.wait_for_url(f"**{reverse('backoffice:webarchive_list')}")
    change = TwoPersonChange.objects.get()
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=world.manager.audit_actor())
    outbox.drain()
    page.reload()
    look("list")
    page.goto(live_server.url + reverse("backoffice:webarchive_restore", args=[ArchiveMark.objects.get().pk]))
    look("restore")
    page.context.clear_cookies()
    show_public(page, world, detail_path(resource, world.news))
    look("public-page")
    show_public(page, world, "yaowen/")
    look("public-list")
    assert found == []

"""A year is entered, looked at, proposed and approved in a real browser, at both widths."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from jiyue.backoffice.tests.clients import both_factors
from jiyue.backoffice.tests.test_browser import _violations
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.policy.work_calendar import services
from jiyue.policy.work_calendar.selectors import get_calendar
from tests.factories import World, make_account
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page: Page, account: StaffAccount, server: str) -> None:
    """Give the browser a session with both factors."""
    cookies = both_factors(account).cookies
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": name, "value": one.value, "url": server} for name, one in cookies.items()]
    )


@pytest.mark.slow
@pytest.mark.req("PROF-04")
def test_a_year_is_entered_and_approved_and_every_page_is_accessible(page, live_server, transactional_db):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    second = make_account("second", world.unit_a, StaffRole.PLATFORM_MANAGER, name="申")
    services.bring_shipped_year(year=2027)
    found: list[str] = []
    errors: list[str] = []
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)

    def visit(name: str, *args: object, query: str = "") -> None:
        page.goto(live_server.url + reverse(f"backoffice:{name}", args=args) + query)

    def look(name: str) -> None:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            found.extend(f"{width} {name} {line}" for line in _violations(page, script))
            save_screenshot(page, f"calendar-{name}-{width}")

    enter(page, world.manager, live_server.url)
    visit("calendar_year", 2026)
    look("year")
    visit("calendar_calculator", query="?start=2026-09-18T09:30&number=20&unit=working_days")
    expect(page.locator(".working-makeup")).to_have_count(2)
    look("calculator")
    visit("calendar_propose", 2027)
    page.fill("[name=source]", "国办发明电〔2026〕测试号")
    page.fill("[name=reason]", "通知已发布")
    page.fill("[name=form-2-makeup]", "2月17日")
    page.click("[name=preview]")
    look("refused")
    assert page.input_value("[name=form-2-makeup]") == "2月17日"
    page.fill("[name=form-2-makeup]", "2月20日")
    page.click("[name=preview]")
    expect(page.locator(".cal-month .cal-makeup")).to_have_count(1)
    look("preview")
    page.click("[name=propose]")
    page.wait_for_url("**/changes/*/")
    enter(page, second, live_server.url)
    visit("calendar_change", TwoPersonChange.objects.get().pk)
    look("proposed")
    page.click(".page-actions a")
    page.click("[value=approve]")
    page.wait_for_url("**/changes/")
    visit("calendar_versions", 2027)
    expect(page.locator("#h-difference")).to_be_visible()
    look("versions")
    assert not get_calendar().plan(2027).version.is_provisional
    assert (found, errors) == ([], [])

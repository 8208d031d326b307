"""A rule is looked up, a value proposed and approved in a real browser; every page is accessible."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from jiyue.backoffice.tests.test_browser import _violations
from jiyue.backoffice.tests.test_work_calendar_browser import enter
from jiyue.core import audit
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.services.profiles import found_profile, set_up_profile
from jiyue.policy.selectors import value
from tests.factories import World, make_account
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.req("PROF-02", "PROF-05")
def test_a_value_is_proposed_and_approved_and_every_page_is_accessible(page, live_server, transactional_db):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    second = make_account("second", world.unit_a, StaffRole.PLATFORM_MANAGER, name="申")
    found_profile(
        unit=world.unit_a,
        code="city-a",
        name="本市网站管理规则",
        parent="NT",
        actor=world.manager.audit_actor(),
    )
    set_up_profile(unit=world.unit_a, profile="city-a", actor=audit.PLATFORM)
    found: list[str] = []
    errors: list[str] = []
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)

    def look(name: str, *args: object) -> None:
        if not page.url.endswith(reverse(f"backoffice:{name}", args=args)):
            page.goto(live_server.url + reverse(f"backoffice:{name}", args=args))
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            found.extend(f"{width} {name} {line}" for line in _violations(page, script))
            save_screenshot(page, f"rules-{name}-{width}")

    enter(page, world.manager, live_server.url)
    for name in ("rule_list", "profile_list", "profile_create", "profile_assign"):
        look(name)
    look("profile_detail", "HT")
    look("rule_detail", "review.gates")
    look("rule_detail", "correction.reply")
    page.fill("[name=value]", "5")
    page.select_option("[name=unit]", "working_days")
    page.fill("[name=clause]", "市政府办公室通知")
    page.fill("[name=reason]", "试行一年")
    page.click("[data-draft^=rule] button[type=submit]")
    expect(page.locator(".events blockquote")).to_have_text("试行一年")
    address = page.url
    expect(page.locator("[name=decision]")).to_have_count(0)

    enter(page, second, live_server.url)
    look("change_list")
    page.goto(address)
    look("change_detail", int(address.rstrip("/").rpartition("/")[2]))
    page.click("[name=decision][value=approve]")
    page.wait_for_url(f"**{reverse('backoffice:change_list')}")
    expect(page.locator(".notice-success")).to_be_visible()
    assert value("correction.reply", world.unit_a).number == 5
    look("rule_list")
    assert found == []
    assert errors == []

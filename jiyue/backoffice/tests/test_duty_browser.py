"""An urgent item at three in the morning: edited, reviewed and released by the people on duty, on a phone."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from jiyue.backoffice.tests.test_browser import sign_in
from jiyue.core import audit, clock
from jiyue.library.models import Edition, Resource
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import ReviewCase
from jiyue.review.services.duty import plan_shift
from tests.factories import World, make_unit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NIGHT = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)  # Sunday 03:00 in Asia/Shanghai


def enter(phone: BrowserContext, address: str, account: StaffAccount) -> Page:
    """A page of the phone, signed in as somebody else than before."""
    phone.clear_cookies()
    second_factor.enrol(account, actor=audit.PLATFORM)
    page = phone.new_page()
    page.set_default_timeout(20_000)
    page.goto(address)
    sign_in(page, account)
    return page


def approve(page: Page) -> None:
    """Sign what the level asks for, and approve."""
    if page.locator("[data-all-gates]").count():
        page.click("[data-all-gates]")
    if page.locator("[name=secrecy_result][value=public]").count():
        page.check("[name=secrecy_result][value=public]")
        page.fill("[name=secrecy_basis]", "公开气象信息，不涉密")
    page.click("button[name=decision][value=approve]")
    page.wait_for_selector(".notice-success")


@pytest.mark.req("REV-31")
def test_urgent_item_passes_the_whole_chain_on_a_phone_at_three_in_the_morning(
    phone: BrowserContext, live_server, transactional_db: None
) -> None:
    city = World()
    below = make_unit("A00000009", "市气象台", superior=city.unit_a)
    city.news.contributors.add(below)
    turns = [
        (city.author, StaffRole.ENTRY_CLERK),
        (city.lead, StaffRole.REVIEW_LEAD),
        (city.leader, StaffRole.LEADER_IN_CHARGE),
    ]
    with time_machine.travel(NIGHT, tick=True):
        for account, role in turns:
            plan_shift(
                unit=city.unit_a,
                role=role,
                account=account,
                starts_at=clock.now() - timedelta(minutes=5),
                ends_at=clock.now() + timedelta(hours=4),
                actor=city.leader,
            )
        page = enter(phone, f"{live_server.url}/duty/", city.author)
        expect(page.locator(".roster").first).to_contain_text("甲")
        page.goto(f"{live_server.url}{reverse('backoffice:resource_create')}?unit={below.pk}")
        page.fill("[name=title]", "市气象台发布暴雪橙色预警")
        page.frame_locator(".tox-edit-area__iframe").locator("body").fill(
            "预计未来六小时有暴雪，请注意防范。"
        )
        box = page.locator(f"[name=channel_ids][value='{city.news.pk}']")
        box.scroll_into_view_if_needed()
        box.check()
        page.locator(".save-bar button").first.click()
        page.wait_for_selector(".notice-success")
        resource = Resource.objects.get()
        assert resource.unit == below
        page.goto(live_server.url + reverse("backoffice:resource_submit", args=[resource.pk]))
        page.check("[name=is_urgent]")
        page.fill("[name=urgent_reason]", "夜间暴雪预警")
        page.click("main form button[type=submit]")
        page.wait_for_selector(".notice-success")
        page.close()
        case = ReviewCase.objects.get()
        address = live_server.url + reverse("backoffice:case_detail", args=[case.pk])
        for account in (city.lead, city.leader):
            page = enter(phone, f"{live_server.url}/notices/", account)
            expect(page.locator("main")).to_contain_text("市气象台发布暴雪橙色预警")
            page.goto(address)
            approve(page)
            page.close()
    edition = Edition.objects.get()
    assert timezone.localtime(edition.published_at).hour == 3
    assert edition.resource.unit == below
    authorities = edition.case.actions.filter(verb="approve").values_list("authority", flat=True)
    assert list(authorities) == ["duty", "duty"]

"""The reviewer's desk in a real browser: keys, the late second click, one thumb on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from jiyue.backoffice.tests.test_browser import _violations, sign_in
from jiyue.core import audit
from jiyue.library.models import Edition
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.models import StaffAccount
from jiyue.review.enums import CaseStatus, StepStatus
from jiyue.review.models import ReviewCase
from tests.factories import World, approve_step
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city(transactional_db: None) -> World:
    """A world whose rows the server's thread can see."""
    return World()


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """Script errors of the pages opened in a test; any fails it."""
    found: list[str] = []
    yield found
    assert found == []


def open_desk(page: Page, address: str, account: StaffAccount, errors: list[str]) -> Page:
    second_factor.enrol(account, actor=audit.PLATFORM)
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    page.goto(f"{address}/")
    sign_in(page, account)
    return page


def open_case(page: Page, address: str, case: ReviewCase) -> None:
    page.goto(address + reverse("backoffice:case_detail", args=[case.pk]))
    page.wait_for_selector("button[value=return]:not([disabled])")


def for_leader(city: World, count: int) -> list[ReviewCase]:
    """Cases that wait for the leader in charge."""
    cases = [city.submitted(title=f"第{number}件待签发信息") for number in range(1, count + 1)]
    for case in cases:
        approve_step(case, city.lead)
    return cases


def waiting(case: ReviewCase) -> str:
    return case.steps.get(status=StepStatus.OPEN).role


@pytest.mark.req("REV-13")
def test_a_reviewer_decides_by_keys_and_never_while_typing(page, live_server, city, errors):
    first, second = city.submitted(title="甲件"), city.submitted(title="乙件")
    open_desk(page, live_server.url, city.lead, errors)
    open_case(page, live_server.url, first)
    page.keyboard.press("a")  # nothing is signed yet: the first gate gets the focus instead
    expect(page.locator("[data-hint]")).to_be_visible()
    expect(page.locator("[name=gates] >> nth=0")).to_be_focused()
    page.fill("[name=opinion]", "")
    page.click("[name=opinion]")
    page.keyboard.type("agree jrk")  # letters in a field are letters
    expect(page.locator("[name=opinion]")).to_have_value("agree jrk")
    page.locator("h1").focus()
    page.keyboard.press("j")
    page.wait_for_url(f"**{reverse('backoffice:case_detail', args=[second.pk])}")
    page.wait_for_selector("button[value=approve]:not([disabled])")
    page.keyboard.press("k")
    page.wait_for_url(f"**{reverse('backoffice:case_detail', args=[first.pk])}")
    page.wait_for_selector("button[value=approve]:not([disabled])")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("a")  # the list of keys is open: nothing is decided
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    assert page.locator("[name=gates]:checked").count() == 5
    page.keyboard.press("p")
    page.fill("[name=secrecy_basis]", "不涉密")
    page.locator("h1").focus()
    page.keyboard.press("a")
    page.wait_for_url(f"**{reverse('backoffice:case_detail', args=[second.pk])}")
    assert waiting(first) == "leader_in_charge"
    assert waiting(second) == "review_lead"
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("[name=secrecy_basis]")).to_have_value("不涉密")


def test_return_by_key_asks_for_the_reason_first(page, live_server, city, errors):
    (case,) = for_leader(city, 1)
    open_desk(page, live_server.url, city.leader, errors)
    open_case(page, live_server.url, case)
    page.keyboard.press("r")
    expect(page.locator("[name=opinion]")).to_be_focused()
    assert waiting(case) == "leader_in_charge"
    page.keyboard.type("请核对数字")
    page.locator("h1").focus()
    page.keyboard.press("r")
    page.wait_for_selector(".notice-success")
    case.refresh_from_db()
    assert case.status == CaseStatus.RETURNED


def test_a_late_second_click_or_key_never_decides_the_next_item(page, live_server, city, errors):
    first, second = for_leader(city, 2)
    open_desk(page, live_server.url, city.leader, errors)
    open_case(page, live_server.url, first)
    box = page.locator("button[value=approve]").bounding_box()
    assert box
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*place)
    page.wait_for_url(f"**{reverse('backoffice:case_detail', args=[second.pk])}", wait_until="commit")
    for _turn in range(4):  # a hand that clicks on while the next item opens
        page.mouse.click(*place)
        page.keyboard.press("a")
        page.wait_for_timeout(100)
    page.wait_for_selector("button[value=approve]:not([disabled])")
    page.wait_for_timeout(300)
    assert Edition.objects.count() == 1
    assert waiting(second) == "leader_in_charge"
    page.keyboard.press("a")
    page.wait_for_selector(".notice-success")
    page.wait_for_url("**/review/")
    assert Edition.objects.count() == 2


def test_a_leader_clears_ten_waiting_items_on_a_phone_with_one_thumb(
    phone: BrowserContext, live_server, city, errors
):
    for_leader(city, 10)
    page = open_desk(phone.new_page(), live_server.url, city.leader, errors)
    page.goto(live_server.url + reverse("backoffice:case_list"))
    save_screenshot(page, "desk-list-phone")
    page.locator(".case-list td.title a").first.tap()
    for left in range(10, 0, -1):
        approve = page.locator("button[value=approve]:not([disabled])")
        approve.wait_for()
        box = approve.bounding_box()
        assert box
        assert box["height"] >= 48  # px: a thumb
        assert box["y"] + box["height"] <= 844  # always on the screen
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if left == 10:
            assert page.locator(".body-text").bounding_box()["y"] < 844  # text first
            page.screenshot(path="build/screenshots/desk-case-phone.png")
        approve.tap()
        if left > 1:
            page.wait_for_selector(f".queue:has-text('{left - 1}')")
    page.wait_for_url("**/review/")
    assert Edition.objects.count() == 10


@pytest.mark.evidence
def test_desk_has_no_accessibility_violation_and_no_sideways_scrolling(page, live_server, city, errors):
    case = city.submitted(
        body_html="<p>正文</p><table><tbody><tr>" + "<td><p>单元格</p></td>" * 12 + "</tr></tbody></table>"
    )
    draft = city.draft()
    open_desk(page, live_server.url, city.lead, errors)
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    addresses = {
        "list": reverse("backoffice:case_list") + "?show=open",
        "case": reverse("backoffice:case_detail", args=[case.pk]),
        "item": reverse("backoffice:resource_detail", args=[draft.pk]),
        "trail": reverse("backoffice:resource_trail", args=[case.items.get().subject_key]),
    }
    found = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name, address in addresses.items():
            page.goto(live_server.url + address)
            page.wait_for_timeout(1_200)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            found += [f"{width} {name} {line}" for line in _violations(page, script)]
            save_screenshot(page, f"desk-{name}-{width}")
    assert found == []


def test_submission_page_has_no_accessibility_violation(page, live_server, city, errors):
    draft = city.draft()
    city.lead, city.leader  # noqa: B018  # the people of the route
    open_desk(page, live_server.url, city.author, errors)
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + reverse("backoffice:resource_submit", args=[draft.pk]))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found += [f"{width} {line}" for line in _violations(page, script)]
        save_screenshot(page, f"desk-submit-{width}")
    assert found == []

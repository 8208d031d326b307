"""The staff screens in a real browser: what only a browser can prove."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from jiyue.core import audit
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.models import StaffAccount
from tests.factories import PASSWORD, World
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTED = (
    '<table class="MsoTableGrid"><tbody><tr><td colspan="2"><p class="MsoNormal">任务分工</p></td></tr>'
    "<tr><td><p>甲项</p></td><td><p>乙项</p></td></tr></tbody></table>"
)


@pytest.fixture
def city(transactional_db: None) -> World:
    """A world whose rows the server's thread can see."""
    return World()


def sign_in(page: Page, account: StaffAccount) -> None:
    """Both steps, on whatever sign-in page is open."""
    page.fill("[name=login_name]", account.login_name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("[name=code]")
    page.fill("[name=code]", second_factor.current_code(account))
    page.click("button[type=submit]")
    page.wait_for_selector("main.content-wrapper")


@pytest.fixture
def clerk_page(page: Page, live_server, city: World) -> Iterator[Page]:
    """The clerk's browser, signed in; any script error fails the test."""
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security" in message.text else None
    )
    page.goto(f"{live_server.url}/")
    sign_in(page, city.author)
    yield page
    assert errors == []


def test_text_typed_before_the_sign_in_expired_is_offered_again(clerk_page, live_server, city):
    resource = city.draft()
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    clerk_page.goto(live_server.url + address)
    clerk_page.fill("[name=title]", "写了一个小时的标题")
    editor = clerk_page.frame_locator(".tox-edit-area__iframe")
    editor.locator("body").fill("写了一个小时的正文")
    clerk_page.context.clear_cookies(name="jiyue_staff")
    clerk_page.click(".save-bar button >> nth=0")
    clerk_page.wait_for_selector("[name=login_name]")
    sign_in(clerk_page, city.author)
    assert clerk_page.url == live_server.url + address
    clerk_page.click("[data-restore]")
    expect(clerk_page.locator("[name=title]")).to_have_value("写了一个小时的标题")
    expect(editor.locator("body")).to_contain_text("写了一个小时的正文")
    clerk_page.click(".save-bar button >> nth=0")
    clerk_page.wait_for_selector(".notice-success")
    resource = Resource.objects.get(pk=resource.pk)
    assert resource.title == "写了一个小时的标题"
    assert "写了一个小时的正文" in get_content(resource).body_html
    assert clerk_page.locator("[data-restore]").count() == 0


def test_table_pasted_from_word_survives_saving(clerk_page, live_server, city):
    resource = city.draft()
    clerk_page.goto(live_server.url + reverse("backoffice:resource_edit", args=[resource.pk]))
    body = clerk_page.frame_locator(".tox-edit-area__iframe").locator("body")
    body.click()
    body.evaluate(
        """(element, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            const options = { clipboardData: data, bubbles: true, cancelable: true };
            element.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        PASTED,
    )
    expect(body.locator("table")).to_have_count(1)
    clerk_page.click(".save-bar button >> nth=0")
    clerk_page.wait_for_selector(".notice-success")
    html = get_content(Resource.objects.get(pk=resource.pk)).body_html
    assert 'colspan="2"' in html
    assert "乙项" in html
    assert "Mso" not in html


def test_signing_out_forgets_what_was_typed(clerk_page, live_server, city):
    clerk_page.goto(f"{live_server.url}/resources/new/")
    clerk_page.fill("[name=title]", "不留在公用电脑上")
    clerk_page.wait_for_timeout(1_000)  # the policy forbids waiting by a script
    assert _kept_drafts(clerk_page)
    clerk_page.click(".sidebar-footer button")
    clerk_page.click("form[action='/sign-out/'] button")
    clerk_page.wait_for_selector("[data-forget-drafts]")
    assert _kept_drafts(clerk_page) == []


def _kept_drafts(page: Page) -> list[str]:
    expression = "Object.keys(sessionStorage).filter(key => key.startsWith('jiyue-draft:'))"
    return list(page.evaluate(expression))


@pytest.mark.evidence
@pytest.mark.slow
def test_screens_have_no_accessibility_violation_at_both_widths(clerk_page, live_server, city):
    draft = city.draft()
    live = city.publish()
    case = city.submitted()
    addresses = [
        "/",
        "/resources/",
        "/resources/new/",
        "/resources/batch/?all=1",
        "/import/",
        "/review/",
        "/review/?show=all",
    ]
    addresses += [
        reverse(f"backoffice:resource_{name}", args=[draft.pk])
        for name in ("detail", "edit", "preview", "history", "compare", "submit")
    ]
    addresses += [
        reverse("backoffice:resource_detail", args=[live.pk]),
        reverse("backoffice:case_detail", args=[case.pk]),
    ]
    addresses += ["/corrections/", "/comments/"]
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found = []
    for width in (1440, 390):
        clerk_page.set_viewport_size({"width": width, "height": 900})
        for address in addresses:
            clerk_page.goto(live_server.url + address)
            if "new" in address or "edit" in address:
                clerk_page.wait_for_selector(".tox-edit-area__iframe")
            assert clerk_page.evaluate("document.documentElement.scrollWidth") <= width, address
            found += [f"{width} {address} {line}" for line in _violations(clerk_page, script)]
    assert found == []


def _violations(page: Page, script: str) -> list[str]:
    """Run axe past the page's own policy, which forbids foreign scripts."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": script})
    expression = (
        "axe.run(document).then(r => JSON.stringify(r.violations.map(v => v.id + ' ' + v.nodes[0].html)))"
    )
    answer = session.send(
        "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
    )
    session.detach()
    return list(json.loads(answer["result"]["value"]))

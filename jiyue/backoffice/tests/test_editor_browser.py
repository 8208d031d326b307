"""The editor in a real browser: pasting, findings, keeping, locks."""

# ruff: noqa: F811  # fixtures of the other browser tests

import io
import time
from pathlib import Path

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, Route, expect

from jiyue.backoffice.tests.test_browser import (  # noqa: F401
    _violations,
    city,
    clerk_page,
    sign_in,
)
from jiyue.core import audit
from jiyue.library.drafting.models import Autosave, EditLock
from jiyue.library.drafting.tests.test_pasting import WORD_NOTICE, WPS_NOTICE, word_file
from jiyue.library.models import Resource
from jiyue.library.richtext import clean_html
from jiyue.library.selectors import get_content
from jiyue.library.services import store_media
from jiyue.library.tests.richtext.test_payloads import PAYLOADS
from jiyue.organizations.credentials import second_factor
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """(element, content) => {
    const data = new DataTransfer();
    for (const [type, text] of Object.entries(content)) data.setData(type, text);
    const options = { clipboardData: data, bubbles: true, cancelable: true };
    element.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def open_editor(page: Page, live_server, resource=None):
    """Open the form and wait for the editor; returns the text area in its frame."""
    name = reverse("backoffice:resource_edit", args=[resource.pk]) if resource else "/resources/new/"
    page.goto(live_server.url + name)
    frame = page.frame_locator(".tox-edit-area__iframe")
    frame.locator("body[contenteditable=true]").wait_for()
    page.wait_for_function("window.hugerte?.activeEditor?.initialized")
    return frame.locator("body")


def save(page: Page) -> None:
    page.click(".save-bar button >> nth=0")
    page.wait_for_selector(".notice-success")


def saved(resource: Resource):
    return get_content(Resource.objects.get(pk=resource.pk))


@pytest.mark.parametrize("source", ["word", "wps"])
def test_notice_pasted_from_word_or_wps_comes_out_clean_and_stays_so(clerk_page, live_server, city, source):
    resource = city.draft(body_html="")
    body = open_editor(clerk_page, live_server, resource)
    body.click()
    html = {"word": WORD_NOTICE, "wps": WPS_NOTICE}[source]
    body.evaluate(PASTE, {"text/html": html, "text/plain": "x"})
    expect(body.locator("table")).to_have_count(1)
    expect(body.locator("ul li").first).to_be_visible()
    expect(body.locator("p.align-right")).to_have_count(2)
    assert "mso" not in body.inner_html().lower().replace("data-mce", "")
    assert clerk_page.locator("[data-key=paste]").count() == 1
    save(clerk_page)
    content = saved(resource)
    assert 'colspan="2"' in content.body_html
    assert "style=" not in content.body_html
    assert clean_html(content.body_html) == content.body_html


def test_pasting_works_without_the_server_too(clerk_page, live_server, city):
    body = open_editor(clerk_page, live_server, city.draft(body_html=""))
    body.click()
    clerk_page.route("**/resources/clean/", lambda route: route.abort())
    body.evaluate(PASTE, {"text/html": "<p class=MsoNormal>一段文字</p>"})
    expect(body).to_contain_text("一段文字")
    expect(clerk_page.locator("[data-key=paste]")).to_be_visible()


def test_clean_up_shows_what_it_changed_and_can_be_undone(clerk_page, live_server, city):
    body = open_editor(clerk_page, live_server, city.draft(body_html="<p>会议召开,部署工作.</p>"))
    clerk_page.click("button[data-tidy]")
    expect(body).to_contain_text("会议召开，部署工作。")
    expect(clerk_page.locator("[data-key=tidy] li")).to_have_count(2)
    body.press("Control+z")
    expect(body).to_contain_text("会议召开,部署工作.")


def test_word_document_is_shown_before_it_is_taken_over(clerk_page, live_server, city):
    body = open_editor(clerk_page, live_server)
    file = {"name": "通知.docx", "mimeType": "application/octet-stream", "buffer": word_file()}
    clerk_page.set_input_files("input[data-word]", file)
    box = clerk_page.locator("[data-key=word]")
    expect(box).to_contain_text("某政办发〔2026〕5号")
    expect(body).not_to_contain_text("值班")
    box.locator("button").first.click()
    expect(body).to_contain_text("实行二十四小时值班")
    expect(clerk_page.locator("[name=title]")).to_have_value("某县人民政府办公室关于加强防汛工作的通知")
    bad = {"name": "表.docx", "mimeType": "application/octet-stream", "buffer": b"%PDF-1.4\n%%EOF"}
    clerk_page.set_input_files("input[data-word]", bad)
    expect(box).to_contain_text(".pdf")


FINDING = {
    "field": "body_html",
    "message": "不用第一人称",
    "fix": "写明单位",
    "category": "ht_text",
    "clause": "",
}


def answer_findings(page: Page, findings: list[dict[str, object]]) -> None:
    """Let the text check answer with these findings as long as their words are there."""

    def answer(route: Route) -> None:
        text = route.request.post_data or ""
        present = [finding for finding in findings if str(finding["excerpt"]) in text]
        route.fulfill(json={"findings": present, "total": len(present)})

    page.route("**/resources/check/", answer)


def test_findings_are_marked_replaced_justified_and_never_saved_as_marks(clerk_page, live_server, city):
    resource = city.draft(body_html="<p>我区召开会议，<strong>我</strong>区部署。</p><p>近日，我区推进。</p>")
    first = FINDING | {
        "excerpt": "我区",
        "occurrence": 2,
        "severity": "error",
        "key": "k",
        "replacement": "某区",
    }
    second = FINDING | {
        "excerpt": "近日",
        "occurrence": 1,
        "severity": "error",
        "key": "near",
        "replacement": None,
    }
    answer_findings(clerk_page, [first, second])
    body = open_editor(clerk_page, live_server, resource)
    rows = clerk_page.locator("[data-findings-list] .finding")
    expect(rows).to_have_count(2)
    marked = """() => [...CSS.highlights].filter(([name]) => name.startsWith("jiyue"))
        .flatMap(([, ranges]) => [...ranges].map((range) => range.toString())).sort()"""
    assert body.evaluate(marked) == ["我区", "近日"]
    rows.first.locator(".finding-acts button").first.click()
    expect(body).to_contain_text("我区召开会议，某区部署。")
    clerk_page.click(".save-bar button[value=submit]")
    expect(clerk_page.locator("[data-findings-summary]")).to_contain_text("2")
    assert "/edit/" in clerk_page.url
    rows.nth(1).get_by_role("button").last.click()
    rows.nth(1).locator("textarea").fill("原文如此")
    rows.nth(1).locator("button").last.click()
    expect(rows.nth(1).locator(".finding-reason")).to_contain_text("原文如此")
    save(clerk_page)
    content = saved(resource)
    assert content.justifications == {"near": "原文如此"}
    assert content.body_html == "<p>我区召开会议，某区部署。</p>\n<p>近日，我区推进。</p>"


def test_one_line_beside_the_text_gives_a_picture_its_description_and_caption(clerk_page, live_server, city):
    data = io.BytesIO()
    Image.new("RGB", (800, 600), "navy").save(data, "JPEG")
    media = store_media(unit=city.unit_a, original_name="会场.jpg", data=data.getvalue(), actor=city.author)
    resource = city.draft(body_html=f'<p>会议召开。</p><p><img src="/media/{media.name}" alt=""></p>')
    open_editor(clerk_page, live_server, resource)
    row = clerk_page.locator(".finding", has=clerk_page.locator("input"))
    expect(row).to_have_count(1)
    row.locator("input").fill("会场全景")
    row.locator("input").press("Enter")
    expect(row).to_have_count(0)
    save(clerk_page)
    body_html = saved(resource).body_html
    assert 'alt="会场全景"' in body_html
    assert "<figcaption>会场全景</figcaption>" in body_html


def test_typing_is_kept_on_the_server_and_offered_on_another_computer(clerk_page, live_server, city):
    resource = city.draft()
    body = open_editor(clerk_page, live_server, resource)
    body.click()
    body.press_sequentially("多写一句。")
    expect(clerk_page.locator("[data-keep-state]")).not_to_be_empty()
    deadline = time.monotonic() + 10
    while not Autosave.objects.exists() and time.monotonic() < deadline:
        clerk_page.wait_for_timeout(200)
    assert "多写一句" in Autosave.objects.get().values["body_html"][0]
    assert EditLock.objects.get().person == city.author.person
    other = clerk_page.context.browser.new_context().new_page()
    other.goto(f"{live_server.url}/")
    sign_in(other, city.author)
    other_body = open_editor(other, live_server, resource)
    offer = other.locator(".draft-offer")
    expect(offer).to_be_visible()
    other_body.press_sequentially("先不管")
    other.wait_for_timeout(3_000)
    assert "先不管" not in Autosave.objects.get().values["body_html"][0]
    other.click("[data-restore]")
    expect(other_body).to_contain_text("多写一句")
    save(other)
    assert "多写一句" in saved(resource).body_html
    assert not Autosave.objects.exists()
    other.context.close()


def test_expired_sign_in_is_mended_in_another_tab_and_typing_goes_on(clerk_page, live_server, city):
    resource = city.draft()
    body = open_editor(clerk_page, live_server, resource)
    clerk_page.context.clear_cookies(name="jiyue_staff")
    body.click()
    body.press_sequentially("掉线时写的。")
    link = clerk_page.locator("[data-key=expired] a")
    expect(link).to_be_visible()
    clerk_page.click(".save-bar button >> nth=0")
    expect(link).to_be_visible()
    with clerk_page.context.expect_page() as opened:
        link.click()
    tab = opened.value
    tab.set_default_timeout(15_000)
    sign_in(tab, city.author)
    assert tab.url.endswith("/resources/signed-in/")
    tab.close()
    clerk_page.bring_to_front()
    clerk_page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(clerk_page.locator("[data-key=expired].notice-success")).to_be_visible()
    save(clerk_page)
    assert "掉线时写的" in saved(resource).body_html


def test_lost_connection_loses_nothing(clerk_page, live_server, city):
    resource = city.draft()
    body = open_editor(clerk_page, live_server, resource)
    clerk_page.context.set_offline(True)
    body.click()
    body.press_sequentially("断网时写的。")
    expect(clerk_page.locator("[data-key=offline]")).to_be_visible()
    clerk_page.context.set_offline(False)
    expect(clerk_page.locator("[data-key=offline]")).to_have_count(0, timeout=20_000)
    assert "断网时写的" in Autosave.objects.get().values["body_html"][0]


def test_colleague_sees_who_writes_and_goes_on_in_their_place(clerk_page, live_server, city):
    resource = city.draft()
    open_editor(clerk_page, live_server, resource)
    deadline = time.monotonic() + 10
    while not EditLock.objects.exists() and time.monotonic() < deadline:
        clerk_page.wait_for_timeout(200)
    second_factor.enrol(city.second_author, actor=audit.PLATFORM)
    other = clerk_page.context.browser.new_context().new_page()
    other.goto(f"{live_server.url}/")
    sign_in(other, city.second_author)
    open_editor(other, live_server, resource)
    expect(other.locator("[data-lock]")).to_contain_text("甲")
    other.click("[data-lock] button")
    expect(other.locator("[data-lock]")).to_have_count(0)
    assert EditLock.objects.get().person == city.second_author.person
    other.context.close()


def test_payloads_of_the_collection_do_nothing_in_a_browser(page):
    """Every payload, cleaned, in one page: no dialog, no script error, no request."""
    fired: list[str] = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: fired.append(request.url))
    page.on("pageerror", lambda error: fired.append(str(error)))
    page.set_content("<body></body>")
    fired.clear()
    frames = ("{}", '<a href="{}">x</a>', '<img src="{}" alt="">')
    html = "".join(
        f"<div>{clean_html(frame.format(payload))}</div>" for payload in PAYLOADS for frame in frames
    )
    page.set_content(f"<body>{html}</body>")
    page.evaluate(
        """() => {
            const types = ["mouseover", "focus", "error", "load", "toggle", "pointerenter"];
            for (const element of document.querySelectorAll("body *"))
                for (const type of types) element.dispatchEvent(new Event(type, { bubbles: true }));
        }"""
    )
    page.wait_for_timeout(500)
    assert [entry for entry in fired if "/media/" not in entry] == []
    assert page.evaluate("[...document.scripts].length") == 0


@pytest.mark.evidence
@pytest.mark.slow
def test_editor_is_accessible_at_both_widths(clerk_page, live_server, city):
    resource = city.draft(body_html="<p>我区今天召开会议,部署工作.</p><h2>一、总体要求</h2>")
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found = []
    for width in (1440, 390):
        clerk_page.set_viewport_size({"width": width, "height": 900})
        for address in (resource, None):
            open_editor(clerk_page, live_server, address)
            clerk_page.click("button[data-tidy]")
            clerk_page.wait_for_timeout(800)
            assert clerk_page.evaluate("document.documentElement.scrollWidth") <= width
            found += [f"{width} {line}" for line in _violations(clerk_page, script)]
        for address in ("/resources/unsaved/", f"/resources/{resource.pk}/unsaved/", "/resources/signed-in/"):
            clerk_page.goto(live_server.url + address)
            found += [f"{width} {address} {line}" for line in _violations(clerk_page, script)]
    assert found == []

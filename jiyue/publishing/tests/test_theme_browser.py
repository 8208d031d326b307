"""The theme in a real browser: width, keyboard, reading aids, the leaving prompt."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from jiyue.publishing.tests.samples import CHANNEL, DETAIL, FORM, FRAME, HOME
from jiyue.publishing.theme import build_site_assets, render_detail, render_page

pytestmark = pytest.mark.browser

HOST = "http://www.yunlan.example"
ARTICLE = "/open/files/202611/1.html"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 5"><path d="M0 0h8v5H0z"/></svg>'
LONG_WORD = "A" * 300
BODY = """<p>见<a href="https://shop.example/x">某商店</a>和<a href="https://www.gov.cn/">中国政府网</a>。</p>
<table><tbody><tr>{}</tr></tbody></table>""".format("<td>很宽的单元格内容</td>" * 30)


@pytest.fixture(scope="module")
def site() -> dict[str, tuple[str, str]]:
    """Give content type and text of every file of a small site, by path."""
    item = replace(HOME.lead[0], title=LONG_WORD)
    html = {
        "/": render_page("home.html", replace(HOME, lead=(item, item))),
        "/open/files/": render_page("channel.html", replace(CHANNEL, items=(item,), number=3)),
        "/correction/": render_page("form.html", replace(FORM, title=LONG_WORD)),
        ARTICLE: render_detail(replace(DETAIL, title=LONG_WORD, body_html=BODY)),
    }
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assets = {
        f"{FRAME.assets_url}/{name}": (kinds[name.rpartition(".")[2]], file.decode())
        for name, file in build_site_assets(FRAME.accent).files.items()
    }
    return (
        {path: ("text/html", text) for path, text in html.items()}
        | assets
        | dict.fromkeys(("/img/logo.svg", "/img/badge.svg", "/img/river.jpg"), ("image/svg+xml", DRAWING))
        | {"/views/1": ("application/json", json.dumps({"views": 12873}))}
    )


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, site: dict[str, tuple[str, str]]) -> Iterator[Visit]:
    """Open a page of the site under the strict policy; errors on its console fail the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def answer(route: Route) -> None:
        url = urlsplit(route.request.url)
        content_type, text = (
            site.get(url.path, ("text/html", "")) if url.netloc in HOST else ("text/html", "")
        )
        route.fulfill(body=text, content_type=content_type, headers={"Content-Security-Policy": POLICY})

    def open_page(path: str, width: int = 1280, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(HOST + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.req("PUB-15")
@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("path", ["/", "/open/files/", "/correction/", ARTICLE])
def test_no_page_is_wider_than_its_screen(visit: Visit, path: str, width: int) -> None:
    page = visit(path, width)
    for mode in ("js", "js large", "js contrast article-big"):
        page.evaluate("mode => { document.documentElement.className = mode; }", mode)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, mode


@pytest.mark.parametrize("javascript", [True, False])
def test_menu_on_a_phone_opens_by_keyboard_with_and_without_javascript(
    visit: Visit, javascript: bool
) -> None:
    page = visit("/", 390, java_script_enabled=javascript)
    child = page.locator(".menu-all a", has_text="政策文件")
    assert not child.is_visible()
    page.locator(".menu-all summary").focus()
    page.keyboard.press("Enter")
    assert child.is_visible()
    if javascript:
        page.keyboard.press("Escape")
        assert not child.is_visible()


def test_first_tab_reaches_the_skip_link_and_focus_can_be_seen(visit: Visit) -> None:
    page = visit(ARTICLE)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("href") == "#content"
    box = focused.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert focused.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def test_reading_aids_change_the_page_and_are_remembered(visit: Visit) -> None:
    page = visit(ARTICLE)
    size = "parseFloat(getComputedStyle(document.querySelector('.prose p')).fontSize)"
    normal = page.evaluate(size)
    page.click("[data-size=big]")
    big = page.evaluate(size)
    page.click("[data-toggle=large]")
    page.click("[data-toggle=contrast]")
    assert normal < big < page.evaluate(size)
    page.reload()
    assert page.evaluate(size) > big
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
    for button in ("[data-size=big]", "[data-toggle=large]", "[data-toggle=contrast]"):
        assert page.get_attribute(button, "aria-pressed") == "true"


def test_reading_aids_are_hidden_where_they_cannot_work(visit: Visit) -> None:
    page = visit(ARTICLE, java_script_enabled=False)
    assert not page.locator(".tools").is_visible()
    assert not page.locator(".reading").is_visible()
    assert not page.locator("[data-views-row]").is_visible()


def test_views_appear_once_counted(visit: Visit) -> None:
    page = visit(ARTICLE)
    page.wait_for_selector("[data-views-row]:not([hidden])")
    assert page.text_content("[data-views]") == "12,873"


def test_link_to_a_foreign_site_asks_first_and_one_to_a_government_site_does_not(visit: Visit) -> None:
    page = visit(ARTICLE)
    page.click("text=某商店")
    assert page.locator("#leaving").is_visible()
    assert page.text_content("[data-address]") == "https://shop.example/x"
    assert page.locator(":focus").text_content() == page.text_content("#leaving button")
    page.keyboard.press("Escape")
    assert page.url == HOST + ARTICLE
    page.click("text=某商店")
    page.click("[data-continue]")
    assert page.url == "https://shop.example/x"
    page.go_back()
    page.click("text=中国政府网")
    assert page.url == "https://www.gov.cn/"


def test_wide_table_scrolls_by_keyboard_inside_the_page(visit: Visit) -> None:
    page = visit(ARTICLE, 390)
    frame = page.locator(".table-scroll")
    assert frame.get_attribute("tabindex") == "0"
    assert frame.get_attribute("aria-label")
    frame.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.table-scroll').scrollLeft > 0")

"""A citizen at a real browser: reads, reports by keyboard, searches; every page free of barriers.

The public process runs for real, with its content security policy; anything
the browser complains about fails the test.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page

from jiyue.core import crypto, inbox
from jiyue.front.server import serve_command
from jiyue.front.tests.factories import publish, write_table
from jiyue.front.tests.serving import MAKE_INBOX, front_environment, running, stored_submissions
from jiyue.publishing.tests.samples import DETAIL, FRAME
from jiyue.publishing.theme import build_site_assets, render_detail
from jiyue.search.tantivy_index import TantivyIndex
from jiyue.search.tests.factories import make_document, put
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot
from tests.plumbing.ports import free_port
from tests.plumbing.services import ROOT, require_service

pytestmark = pytest.mark.browser

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 5"><path d="M0 0h8v5H0z"/></svg>'
MARKS = ("/img/logo.svg", "/img/badge.svg", "/img/river.jpg")


def publish_site(folder: Path, port: int) -> None:
    """Publish one article with its theme, and index it."""
    output, assets = folder / "public", build_site_assets(FRAME.accent)
    address = f"http://127.0.0.1:{port}"
    frame = replace(FRAME, base_url=address, assets_url=f"/assets/{assets.version}")
    route = {"key": "city", "host": "city.localhost", "port": port, "base_url": address, "name": frame.name}
    write_table(output, {**route, "frame": asdict(frame)})
    for name, content in assets.files.items():
        publish(output / "city", f"{frame.assets_url}/{name}", content.decode())
    for path in MARKS:
        publish(output / "city", path, DRAWING)
    publish(output / "city", "/mourning.css", "/* no day of mourning */")
    publish(output / "city", DETAIL.url, render_detail(replace(DETAIL, frame=frame)))
    index = TantivyIndex(folder / "search")
    put(index, make_document("1", title=DETAIL.title, body_text="清洁取暖"))
    index.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Run the public process; give the site's address and its data folder."""
    folder, port = tmp_path_factory.mktemp("browser"), free_port()
    before, settings.JIYUE_KEY_DIR = settings.JIYUE_KEY_DIR, folder / "keys"
    crypto.create_key_pair(inbox.KEY_NAME)
    settings.JIYUE_KEY_DIR = before
    publish_site(folder, port)
    env = front_environment(folder)
    subprocess.run([sys.executable, "-c", MAKE_INBOX], env=env, cwd=ROOT, check=True)
    with running(serve_command(port=port), port, folder / "front.log", env):
        yield f"http://127.0.0.1:{port}", folder


@pytest.fixture(params=["desktop", "phone"])
def visitor(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a fresh browser at both widths; complaints on its console fail the test."""
    size = DESKTOP if request.param == "desktop" else PHONE
    context = chromium.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "Failed to load resource" not in text] == []


def assert_free_of_barriers(page: Page) -> None:
    """Run axe-core over the page as it stands."""
    page.evaluate(Path(require_service("axe")).read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(each => each.id + each.nodes[0].html))"
    )
    assert found == []
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page at this width."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    save_screenshot(page, f"front-{name}-{width}")


def test_error_is_reported_from_the_footer_by_keyboard(visitor: Page, site: tuple[str, Path]) -> None:
    """An incomplete form keeps what was typed; the complete one is stored once and shows its code."""
    address, folder = site
    before = len(stored_submissions(folder))
    visitor.goto(address + DETAIL.url)
    visitor.locator("footer a.report").focus()
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector("main form.form-correction")
    assert visitor.locator(f'main a[href="{DETAIL.url}"]').inner_text() == DETAIL.title
    assert_free_of_barriers(visitor)
    visitor.locator("[name=contact]").focus()
    visitor.keyboard.type("0990-555")
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector(".error-summary")
    assert visitor.locator("[name=contact]").input_value() == "0990-555"
    assert_free_of_barriers(visitor)
    shoot(visitor, "form-errors")
    visitor.locator(".error-summary a").focus()
    visitor.keyboard.press("Enter")
    visitor.keyboard.type("第一段有错字")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector(".query-code")
    assert_free_of_barriers(visitor)
    shoot(visitor, "received")
    code = visitor.locator(".query-code dd").inner_text()
    visitor.reload()
    assert visitor.locator(".query-code dd").inner_text() == code
    stored = stored_submissions(folder)[before:]
    assert [row for row in stored if row[0] != "views"] == [("correction", "city")]


def test_article_leads_to_its_comment_form_and_shows_its_views(visitor: Page, site: tuple[str, Path]) -> None:
    address, folder = site
    visitor.goto(address + DETAIL.url)
    visitor.wait_for_selector("[data-views-row]:not([hidden])")
    assert int(visitor.locator("[data-views]").inner_text()) >= 1
    assert visitor.context.cookies() == []
    visitor.locator('a[href^="/comment/"]').click()
    visitor.locator("[name=text]").fill("写得清楚")
    visitor.locator("main form button").click()
    visitor.wait_for_selector(".query-code")
    assert ("comment", "city") in stored_submissions(folder)


@pytest.mark.parametrize("wish", ["undefined", "true"])
def test_page_names_the_website_that_sent_the_reader_unless_the_browser_forbids_it(
    chromium: Browser, site: tuple[str, Path], wish: str
) -> None:
    """The name alone: what was searched for there stays there."""
    address, _folder = site
    with chromium.new_page() as page:
        page.add_init_script(f"Object.defineProperty(navigator, 'globalPrivacyControl', {{value: {wish}}})")
        with page.expect_request("**/views/*") as asked:
            page.goto(address + DETAIL.url, referer="https://www.baidu.com/s?wd=secret")
    query = asked.value.url.partition("?")[2]
    assert query == ("from=www.baidu.com" if wish == "undefined" else "")


def test_search_finds_the_article_and_advises_when_it_finds_nothing(
    visitor: Page, site: tuple[str, Path]
) -> None:
    address, _folder = site
    visitor.goto(address + DETAIL.url)
    visitor.locator("#q").fill("取暖")
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector(".results mark")
    assert_free_of_barriers(visitor)
    shoot(visitor, "search")
    visitor.locator("#q").fill("绝无此词" * 60)
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector("main .empty")
    assert_free_of_barriers(visitor)


def test_missing_page_comes_in_the_look_of_the_site(visitor: Page, site: tuple[str, Path]) -> None:
    address, _folder = site
    answer = visitor.goto(f"{address}/nothing-here.html")
    assert answer is not None
    assert answer.status == 404
    assert_free_of_barriers(visitor)
    assert visitor.locator("footer a.report").is_visible()

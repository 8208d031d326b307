"""The main job in a real browser, with every process running: a regulation goes in, passes
three people, is found on two sites, and is withdrawn from both.

Each step leaves a picture at desktop and phone width in `build/screenshots/`.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.factories import PASSWORD
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot
from tests.plumbing.installation import Installation
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT_SECONDS = 30  # longer than a publication takes on a busy machine
TITLE = "云汀市人民政府办公室关于印发云汀市公共停车场管理办法的通知"
REGULATION = f"""索引号: 000001001/2026-00077 分类: 工业、交通\\城市公共交通
发布机构: 云汀市人民政府办公室 文号: 云政办发〔2026〕77号
成文日期: 2026-03-10 发布日期: 2026-03-14 有效性: 有效
名称: {TITLE}
{TITLE}
来源: 云汀市人民政府办公室 发布时间:2026-03-14

各县（市、区）人民政府，市各委、办、局：

《云汀市公共停车场管理办法》已经市人民政府同意，现印发给你们，请认真贯彻执行。

云汀市人民政府办公室

2026年3月10日

云汀市公共停车场管理办法

第一章  总  则

第一条  为规范公共停车场的规划、建设和管理，方便群众出行，制定本办法。

第二条  本市行政区域内公共停车场的规划、建设、使用和监督管理，适用本办法。

第二章  收费

第三条  公共停车场应当在入口处公示泊位总数、收费标准和监督电话。
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("installation"))
    running.seed()
    running.start()
    yield running
    running.stop()


class Staff:
    """One member of staff at their own computer."""

    def __init__(self, browser: Browser, installation: Installation, login_name: str):
        self._context: BrowserContext = browser.new_context(viewport=DESKTOP, locale="zh-CN")
        self._installation = installation
        self.login_name = login_name
        self.page = self._context.new_page()
        self.page.set_default_timeout(WAIT_SECONDS * 1000)
        self.page.goto(installation.url("office"))
        self.page.fill("[name=login_name]", login_name)
        self.page.fill("[name=password]", PASSWORD)
        picture(self.page, f"01-sign-in-{login_name}")
        self.page.click("button[type=submit]")
        self.page.fill("[name=code]", installation.jiyue("demo-code", login_name))
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("main")

    def open(self, path: str) -> None:
        self.page.goto(self._installation.url("office", path))

    def approve_the_first_waiting(self, name: str) -> None:
        """Open what waits, look at it, approve it."""
        picture(self.page, f"{name}-workbench")
        self.open("/review/")
        self.page.get_by_role("link", name=re.compile("停车场管理办法")).first.click()
        expect(self.page.locator("main")).to_contain_text("公共停车场应当在入口处公示泊位总数")
        picture(self.page, f"{name}-case")
        if self.page.locator("[data-all-gates]").count():
            self.page.click("[data-all-gates]")
            self.page.check("[name=secrecy_result][value=public]")
            self.page.fill("[name=secrecy_basis]", "本级保密员核对，不涉密")
        self.page.click("button[name=decision][value=approve]")
        self.page.wait_for_load_state()

    def leave(self) -> None:
        self._context.close()


def picture(page: Page, name: str) -> None:
    """Save the page at desktop and phone width, and let axe look at it."""
    page.wait_for_load_state("networkidle")
    save_screenshot(page, f"job-{name}-desktop")
    page.evaluate(Path(require_service("axe")).read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"
    )
    assert found == [], name
    page.set_viewport_size(PHONE)
    save_screenshot(page, f"job-{name}-phone")
    page.set_viewport_size(DESKTOP)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.mark.req("REV-01", "LIB-02", "LIB-16")
def test_a_regulation_goes_in_passes_review_is_found_on_two_sites_and_withdrawn(
    chromium: Browser, installation: Installation, tmp_path: Path
) -> None:
    regulation = tmp_path / "停车办法.txt"
    regulation.write_text(REGULATION, encoding="gb18030")
    visitor = chromium.new_context(viewport=DESKTOP, locale="zh-CN").new_page()

    def is_on(site: str) -> bool:
        visitor.goto(installation.url(site, "/search/?q=公示泊位"))
        return visitor.get_by_role("link", name=re.compile("停车场管理办法")).count() > 0

    # The clerk imports the file, looks at what was found, and submits the draft.
    clerk = Staff(chromium, installation, "jia")
    clerk.open("/import/")
    clerk.page.set_input_files("input[type=file]", regulation)
    for box in clerk.page.locator("input[name=channel_ids]").all():
        box.check()
    clerk.page.locator("main form button[type=submit]").last.click()
    expect(clerk.page.locator("main")).to_contain_text(TITLE)
    expect(clerk.page.locator("main")).to_contain_text("文号")
    picture(clerk.page, "02-import-report")
    clerk.page.get_by_role("link", name=re.compile("停车场管理办法")).first.click()
    picture(clerk.page, "03-draft")
    clerk.page.get_by_role("link", name="提交审核").first.click()
    clerk.page.get_by_role("button", name="提交审核").click()
    expect(clerk.page.locator("main")).to_contain_text("审核中")
    clerk.page.wait_for_load_state()
    clerk.leave()
    assert not is_on("city")

    # Two more people approve it; only then it is public.
    lead = Staff(chromium, installation, "yi")
    lead.approve_the_first_waiting("04-lead")
    lead.leave()
    assert not is_on("city")
    leader = Staff(chromium, installation, "geng")
    leader.approve_the_first_waiting("05-leader")
    wait_until(lambda: is_on("city"), "the city's search never finds it")
    picture(visitor, "06-search")
    visitor.get_by_role("link", name=re.compile("停车场管理办法")).first.click()
    expect(visitor.locator("h1")).to_have_text(TITLE)
    expect(visitor.locator("body")).to_contain_text("云政办发〔2026〕77号")
    expect(visitor.locator("body")).to_contain_text("2026-03-14")
    picture(visitor, "07-page-on-city-site")
    addresses = [visitor.url]
    wait_until(lambda: is_on("county"), "the county's search never finds it")
    visitor.get_by_role("link", name=re.compile("停车场管理办法")).first.click()
    expect(visitor.locator("h1")).to_have_text(TITLE)
    picture(visitor, "08-page-on-county-site")
    addresses.append(visitor.url)
    visitor.goto(installation.url("city"))
    picture(visitor, "09-city-home")

    # The leader withdraws it: gone from pages, lists and search of both sites.
    resource_id = re.findall(r"(\d+)\.html", addresses[0])[-1]
    leader.open(f"/resources/{resource_id}/withdraw/")
    leader.page.locator("select[name=reason_type], input[name=reason_type]").first.wait_for()
    if leader.page.locator("select[name=reason_type]").count():
        leader.page.select_option("select[name=reason_type]", "wrong_content")
    else:
        leader.page.check("input[name=reason_type][value=wrong_content]")
    leader.page.fill("[name=reason]", "收费标准有误，更正后重新发布。")
    picture(leader.page, "10-withdraw")
    leader.page.locator("main form button[type=submit]").last.click()
    leader.page.wait_for_load_state()
    for site in ("city", "county"):
        wait_until(lambda site=site: not is_on(site), f"{site}: still found")  # type: ignore[misc]
    for address in addresses:
        wait_until(lambda address=address: visitor.goto(address).status == 404, f"{address} is still there")  # type: ignore[misc, union-attr]
    picture(visitor, "11-gone")
    for site in ("city", "county"):
        for path in ("/", "/feed.xml", "/sitemap.xml"):
            reply = visitor.request.get(installation.url(site, path))
            assert f"/{resource_id}.html" not in reply.text(), (site, path)
    leader.open(f"/resources/{resource_id}/")
    expect(leader.page.locator("main")).to_contain_text("收费标准有误")
    picture(leader.page, "12-trace")
    leader.leave()
    assert installation.jiyue("audit", "verify").endswith("the trail holds")
    installation.jiyue("reconcile")

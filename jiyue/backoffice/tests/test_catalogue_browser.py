"""The metadata form and the catalogue's screens in a browser: kinds, choosers, keyboard, phone."""

from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from jiyue.backoffice.tests.clients import both_factors
from jiyue.library.catalogue.enums import SourceKind, Taxonomy
from jiyue.library.catalogue.services import SourceEntry, enter_source, note_foreign_terms
from jiyue.library.catalogue.tests.scenes import document
from jiyue.library.content import Relation
from jiyue.library.selectors import get_content
from jiyue.organizations.models import StaffAccount
from tests.factories import World
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RUN_AXE = "axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"


def enter(context: BrowserContext, account: StaffAccount, url: str) -> Page:
    cookies = both_factors(account).cookies
    context.add_cookies([{"name": name, "value": one.value, "url": url} for name, one in cookies.items()])
    page = context.new_page()
    page.set_default_timeout(20_000)
    return page


def test_a_clerk_chooses_kind_terms_and_documents_by_keyboard(desktop, live_server):
    world = World()
    old = document(world)
    draft = world.draft()
    page = enter(desktop, world.author, live_server.url)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(live_server.url + reverse("backoffice:resource_edit", args=[draft.pk]))
    assert page.locator("[data-kind-fields]:visible").count() == 0
    page.select_option("[name=kind]", "leader_profile")
    assert page.locator("[data-kind-fields]:visible").count() == 1
    page.fill("[name=details-leader_profile-name]", "张某")
    page.select_option("[name=kind]", "statistic")
    page.fill("[name=details-statistic-period]", "2026年")
    page.select_option("[name=kind]", "leader_profile")
    assert page.input_value("[name=details-leader_profile-name]") == "张某"

    page.click("[name=subject_category]")
    page.type("[name=subject_category]", "电子政务")
    page.wait_for_selector("[role=option]:visible")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("[name=subject_category]") == "综合政务\\电子政务"
    page.click("[name=audience]")
    for word in ("老年", "小微"):
        page.type("[name=audience]", word if word == "老年" else f"、{word}")
        page.wait_for_selector("[role=option]:visible")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    assert page.input_value("[name=audience]") == "老年人、小微企业"

    page.select_option("[name=relation_kind] >> nth=0", "amends")
    page.click("[name=relation_title] >> nth=0")
    page.type("[name=relation_title] >> nth=0", "管理办法")
    page.wait_for_selector("[role=option]:visible")
    save_screenshot(page, "catalogue-form-desktop")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.click("[data-add-relation]")
    assert page.locator(".relation-row").count() == 2
    with page.expect_navigation():
        page.click(".save-bar button >> nth=0")
    assert page.locator(".notice-error").all_inner_texts() == []
    draft.refresh_from_db()
    content = get_content(draft)
    assert content.relations == (Relation("amends", old.pk),)
    assert content.details == {"name": "张某"}
    assert content.audience == "老年人、小微企业"
    page.set_viewport_size(PHONE)
    save_screenshot(page, "catalogue-form-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert errors == []


@pytest.mark.evidence
def test_the_catalogue_s_screens_are_accessible_and_fit_a_phone(chromium: Browser, live_server):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    world = World()
    for name, kind, until in (
        ("云亭政务网", SourceKind.GOVERNMENT, None),
        ("云亭新闻网", SourceKind.OFFICIAL_MEDIA, None),
        ("澜江论坛", SourceKind.OTHER, date(2021, 1, 1)),
    ):
        entry = SourceEntry(name, kind, date(2020, 1, 1), until, "https://www.example.gov.cn")
        enter_source(entry=entry, actor=world.manager)
    note_foreign_terms([(Taxonomy.SUBJECT, "城建环保>供水"), (Taxonomy.GENRE, "通知类")])
    repost = world.draft(is_repost=True, source="云亭新闻网", source_url="https://www.example.gov.cn/1.html")
    paths = [
        reverse(f"backoffice:{name}")
        for name in ("taxonomy_list", "term_mapping_list", "source_list", "source_create")
    ]
    paths += [
        reverse(f"backoffice:{name}", args=["subject"]) for name in ("taxonomy_detail", "taxonomy_propose")
    ]
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = enter(context, world.manager, live_server.url)
    look_at(page, live_server.url, paths, script)
    context.close()
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = enter(context, world.lead, live_server.url)
    look_at(page, live_server.url, [reverse("backoffice:added_review", args=[repost.pk])], script)
    context.close()


def look_at(page: Page, url: str, paths: list[str], script: str) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for path in paths:
        page.set_viewport_size(DESKTOP)
        answer = page.goto(url + path)
        assert answer is not None
        assert answer.status == 200
        page.wait_for_load_state("networkidle")
        name = path.strip("/").replace("/", "-")
        save_screenshot(page, f"catalogue-{name}-desktop")
        page.evaluate(script)
        assert page.evaluate(RUN_AXE) == [], path
        page.set_viewport_size(PHONE)
        save_screenshot(page, f"catalogue-{name}-phone")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    assert errors == []

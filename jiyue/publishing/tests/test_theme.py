"""The theme: what stands on every page, and that no text of a page becomes markup."""

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser, LexborNode

from jiyue.core.errors import DomainError
from jiyue.publishing.pages import Link, MessagePage, SearchHit, SearchPage, SitemapPage
from jiyue.publishing.tests.samples import CHANNEL, DETAIL, FORM, FRAME, HOME, HOSTILE
from jiyue.publishing.theme import (
    DetailHoles,
    FramedPage,
    build_site_assets,
    contrast_with_white,
    describe,
    detail_channel,
    detail_holes,
    list_themes,
    render_detail,
    render_detail_frame,
    render_fragment,
    render_page,
    render_site_css,
)

MESSAGE = MessagePage(FRAME, "找不到这个页面", "页面可能已经撤下。", query_code="QX7K-29MD")
HIT = SearchHit(Markup("<mark>取暖</mark>通知"), "/a", Markup("冬季<mark>取暖</mark>"), "2026-11-21")
SEARCH = SearchPage(
    frame=FRAME,
    query="取暖",
    items=(HIT,),
    total_text="1 条结果",
    took_text="用时 0.01 秒",
    notices=("只用了前 200 个字。",),
    pages=(Link("1", "?p=1", is_current=True),),
    older_url="?p=2",
    newer_url="?p=0",
)

PAGES: dict[str, FramedPage] = {
    "home.html": HOME,
    "channel.html": CHANNEL,
    "search.html": SEARCH,
    "form.html": FORM,
    "message.html": MESSAGE,
    "received.html": MESSAGE,
    "sitemap.html": SitemapPage(FRAME),
}


def rendered_pages() -> dict[str, str]:
    pages = {name: render_page(name, page) for name, page in PAGES.items()}
    return pages | {"detail.html": render_detail(DETAIL)}


def tree(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def one(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    node = page.css_first(selector)
    assert node is not None, selector
    return node


def meta(page: LexborHTMLParser, name: str) -> str | None:
    node = page.css_first(f'meta[name="{name}"]')
    return None if node is None else node.attributes["content"]


@pytest.mark.req("PUB-12")
def test_every_header_shows_full_name_logo_and_primary_domain() -> None:
    for name, html in rendered_pages().items():
        header = one(tree(html), "header.site-header")
        assert one(header, ".brand-name").text() == FRAME.name, name
        assert one(header, ".brand img").attributes["src"] == FRAME.logo_url, name
        assert one(header, ".brand-domain").text() == FRAME.primary_domain, name


@pytest.mark.req("PUB-13")
def test_every_footer_holds_all_that_the_regulation_asks_for() -> None:
    for name, html in rendered_pages().items():
        footer = one(tree(html), "footer.site-footer")
        links = [node.attributes["href"] or "" for node in footer.css("a")]
        assert any(link.startswith(f"{FRAME.correction_url}?page=/") for link in links), name
        assert FRAME.sitemap_url in links, name
        for text in (
            FRAME.sponsor,
            FRAME.contact,
            FRAME.identity_code,
            FRAME.icp_filing,
            FRAME.psb_filing,
            FRAME.technical_supporter,
        ):
            assert text in footer.text(), (name, text)
        assert one(footer, "img.badge").attributes["src"] == FRAME.official_badge_url, name


def test_correction_entry_names_the_page_it_stands_on() -> None:
    assert 'href="/correction/?page=/open/files/202611/1.html"' in render_detail(DETAIL)
    assert 'href="/correction/?page=/open/files/"' in render_page("channel.html", CHANNEL)


@pytest.mark.req("PUB-14")
def test_article_page_holds_all_that_the_regulation_asks_for() -> None:
    page = tree(render_detail(DETAIL))
    assert one(page, "h1").text() == DETAIL.title
    published = one(page, ".published").text()
    assert DETAIL.source in published
    assert DETAIL.published_at in published
    assert one(page, "[data-views]").attributes["data-views"] == DETAIL.public_id
    assert len(page.css("[data-size]")) == 3
    wanted = ("[data-print]", "[data-close]", 'a[href="#top"]', ".qr svg", ".related a", ".metadata dd")
    for selector in wanted:
        assert page.css_first(selector) is not None, selector
    comment = one(page, f'a[href="{FRAME.comment_url}?page={DETAIL.url}"]')
    assert comment is not None


@pytest.mark.req("PUB-14")
@pytest.mark.parametrize("validity", ["valid", "amended", "repealed", "lapsed"])
def test_document_page_says_in_words_whether_the_document_is_in_force(validity: str) -> None:
    page = tree(render_detail(replace(DETAIL, validity=validity, validity_label="有效性说明")))
    assert one(page, f".metadata .validity-{validity}").text() == "有效性说明"
    assert (page.css_first(".notice") is None) == (validity == "valid")


def test_news_item_shows_neither_metadata_panel_nor_validity_mark() -> None:
    page = tree(render_detail(replace(DETAIL, is_document=False)))
    assert page.css_first(".metadata") is None
    assert page.css_first(".notice") is None


def test_imported_history_shows_its_own_date_beside_the_time_of_publication() -> None:
    html = render_detail(replace(DETAIL, originally_published_on="2014-03-02"))
    published = one(tree(html), ".published")
    assert [node.attributes["datetime"] for node in published.css("time")] == [
        "2026-11-21T09:30+08:00",
        "2014-03-02",
    ]


def test_every_page_carries_the_standard_tags_and_none_is_empty() -> None:
    for name, html in rendered_pages().items():
        page = tree(html)
        expected = ["SiteName", "SiteDomain", "SiteIDCode"]
        if name in ("channel.html", "detail.html"):
            expected += ["ColumnName", "ColumnType"]
        if name == "channel.html":
            expected += ["ColumnDescription", "ColumnKeywords"]
        if name == "detail.html":
            expected += ["ArticleTitle", "PubDate", "ContentSource"]
        for tag in expected:
            assert meta(page, tag), (name, tag)
    assert meta(tree(render_detail(replace(DETAIL, source=""))), "ContentSource") == FRAME.sponsor


def test_frozen_list_page_shows_its_number_and_no_total() -> None:
    page = tree(render_page("channel.html", replace(CHANNEL, number=7, newer_url="/open/files/8.html")))
    assert "7" in one(page, "h1 small").text()
    links = [node.attributes["href"] for node in page.css(".pager a")]
    assert links == ["/open/files/8.html", "/open/files/7.html"]
    assert tree(render_page("channel.html", CHANNEL)).css_first("h1 small") is None


def test_pages_with_nothing_to_show_are_whole_pages_that_say_what_to_do() -> None:
    nothing = replace(CHANNEL, items=(), siblings=(), older_url="", feed_url="")
    empty = tree(render_page("channel.html", nothing))
    assert one(empty, "p.empty").text()
    assert empty.css_first(".list") is None
    bare_home = tree(render_page("home.html", replace(HOME, lead=(), sections=())))
    assert bare_home.css_first(".lead") is None
    assert bare_home.css_first("main form input[name=q]") is not None
    for query in ("", "没有的词"):
        page = tree(render_page("search.html", replace(SEARCH, query=query, items=(), pages=())))
        assert page.css_first(".empty") is not None


def test_search_box_is_the_first_thing_on_the_home_page() -> None:
    main = one(tree(render_page("home.html", HOME)), "main")
    assert one(main, "a, input, h2").attributes.get("name") == "q"


def test_fragments_without_content_are_empty_strings() -> None:
    bare = replace(DETAIL, is_document=False, attachments=(), related=(), older=None, newer=None)
    for name in ("metadata", "attachments", "related", "neighbours", "author_meta"):
        assert render_fragment(name, page=bare) == "", name
    assert render_fragment("metadata", page=replace(DETAIL, metadata=(), validity="")) == ""
    assert one(tree(render_detail(bare)), "article h1").text() == DETAIL.title


def test_page_filled_into_sentinels_equals_the_page_rendered_plainly() -> None:
    names = [field.name for field in fields(DetailHoles)]
    sentinels = DetailHoles(**{name: Markup(f"\x00{name}\x00") for name in names})  # noqa: S704
    page = render_detail_frame(FRAME, detail_channel(DETAIL), sentinels)
    holes = detail_holes(DETAIL)
    for name in names:
        assert f"\x00{name}\x00" in page, name
        page = page.replace(f"\x00{name}\x00", getattr(holes, name))
    assert page == render_detail(DETAIL)


def poison(value: Any) -> Any:
    """Replace every text in page data, but for what is HTML already and a field's kind."""
    if isinstance(value, tuple):
        return tuple(poison(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = {field.name for field in fields(value)} - {"body_html", "qr_svg", "kind"}
        return replace(value, **{name: poison(getattr(value, name)) for name in names})
    return HOSTILE if isinstance(value, str) and not isinstance(value, Markup) else value


def hostile_pages() -> dict[str, str]:
    wrong = tuple(replace(field, errors=("!",), hint="!", autocomplete="!") for field in FORM.fields)
    pages = PAGES | {"form.html": replace(FORM, fields=wrong, errors=("!",), intro="!")}
    rendered = {name: render_page(name, poison(page)) for name, page in pages.items()}
    nothing_found = render_page("search.html", poison(replace(SEARCH, items=())))
    detail = render_detail(poison(replace(DETAIL, author="!", summary="!", originally_published_on="!")))
    return rendered | {"nothing found": nothing_found, "detail.html": detail}


def test_hostile_text_never_becomes_markup() -> None:
    for name, html in hostile_pages().items():
        page = tree(html)
        assert page.css("#x") == [], name
        assert HOSTILE not in html, name
        assert [node.text() for node in page.css("script:not([type])")] == [""], name
        assert page.css_first("footer.site-footer") is not None, name
        for node in page.css("*"):
            events = [key for key in node.attributes if key.startswith("on") or key == "alert(1)"]
            assert events == [], (name, node.html)


def test_structured_data_is_json_that_cannot_end_its_element() -> None:
    html = render_detail(replace(DETAIL, title=HOSTILE, source="甲\u2028乙"))
    data = json.loads(one(tree(html), 'script[type="application/ld+json"]').text())
    assert data["headline"] == HOSTILE
    assert data["datePublished"] == "2026-11-21T09:30:00+08:00"


def test_pages_hold_no_inline_style_and_no_inline_script() -> None:
    for name, html in rendered_pages().items():
        page = tree(html)
        assert page.css("[style], style") == [], name
        assert [node.attributes.get("src") for node in page.css("script:not([type])")] == [
            f"{FRAME.assets_url}/site.js"
        ], name


def test_every_page_links_the_stylesheet_of_mourning_after_the_others() -> None:
    for name, html in rendered_pages().items():
        links = [node.attributes["href"] for node in tree(html).css("link[rel=stylesheet]")]
        assert links[-1] == "/mourning.css", name


def test_form_ties_every_message_to_its_field() -> None:
    wrong = tuple(replace(field, errors=("请填写。",)) for field in FORM.fields)
    page = tree(render_page("form.html", replace(FORM, fields=wrong)))
    for field in FORM.fields:
        control = one(page, f"#field-{field.name}")
        described = (control.attributes["aria-describedby"] or "").split()
        assert f"error-{field.name}" in described
        assert all(page.css_first(f"#{name}") is not None for name in described)
        assert page.css_first(f'.error-summary a[href="#field-{field.name}"]') is not None
    assert one(page, "input[name=submission_id]").attributes["value"] == FORM.submission_id


def test_form_keeps_what_was_typed() -> None:
    typed = {"text": "\n第一行\n第二行", "kind": "typo", "area": "1", "email": "a@b.example"}
    filled = tuple(replace(field, value=typed[field.name]) for field in FORM.fields)
    page = tree(render_page("form.html", replace(FORM, fields=filled)))
    assert one(page, "textarea").text() == typed["text"]
    assert one(page, "input[type=radio][checked]").attributes["value"] == "typo"
    assert one(page, "option[selected]").attributes["value"] == "1"
    assert one(page, "input[type=email]").attributes["value"] == "a@b.example"


def test_found_words_stay_marked_in_search_results() -> None:
    page = tree(render_page("search.html", SEARCH))
    assert [node.text() for node in page.css("mark")] == ["取暖", "取暖"]
    assert one(page, "header input[name=q]").attributes["value"] == "取暖"


def test_description_is_the_summary_else_the_start_of_the_body_else_the_title() -> None:
    assert describe(replace(DETAIL, summary="摘要 一")) == "摘要 一"
    assert describe(replace(DETAIL, body_html="<p>甲 &amp; 乙</p>\n<p>丙</p>")) == "甲 & 乙 丙"
    assert describe(replace(DETAIL, body_html="<p></p>")) == DETAIL.title
    assert len(describe(replace(DETAIL, body_html="长" * 5000))) == 120


@pytest.mark.parametrize("accent", ["#767676", "#14558f", "#A3161B", "#000000"])
def test_accent_that_reads_well_on_white_gives_a_stylesheet(accent: str) -> None:
    assert contrast_with_white(accent) >= 4.5
    css = render_site_css(accent)
    assert f"--accent: {accent.lower()};" in css
    assert {line.split(":")[0].strip() for line in css.splitlines() if "--" in line} == {
        "--accent", "--accent-strong", "--accent-tint", "--accent-line",
    }  # fmt: skip


def test_strong_accent_reads_well_on_the_tint_even_for_the_palest_accent() -> None:
    lines = [line.split(":") for line in render_site_css("#767676").splitlines() if "--" in line]
    colours = {name.strip(): value.strip(" ;") for name, value in lines}
    tint = 1.05 / contrast_with_white(colours["--accent-tint"])
    strong = 1.05 / contrast_with_white(colours["--accent-strong"])
    assert tint / strong >= 4.5


@pytest.mark.parametrize("accent", ["#777777", "#ffffff", "#ffcc00"])
def test_pale_accent_is_refused(accent: str) -> None:
    with pytest.raises(DomainError) as refusal:
        render_site_css(accent)
    assert refusal.value.code == "accent_contrast_too_low"
    assert refusal.value.field == "accent"


@pytest.mark.parametrize("accent", ["", "red", "#fff", "#12345g", "#123456\n", "#000000;}body{display:none"])
def test_text_that_is_no_colour_is_refused(accent: str) -> None:
    with pytest.raises(DomainError) as refusal:
        render_site_css(accent)
    assert refusal.value.code == "accent_not_a_colour"


def test_assets_get_a_new_version_when_and_only_when_a_file_changes() -> None:
    blue = build_site_assets("#14558f")
    assert blue == build_site_assets("#14558f")
    assert blue.version != build_site_assets("#a3161b").version
    assert set(blue.files) == {"plain.css", "print.css", "site.css", "site.js", "psb.svg"}


def test_unknown_theme_is_refused() -> None:
    assert list_themes() == ("plain",)
    for name in ("none", "..", "../themes/plain"):
        with pytest.raises(DomainError):
            render_page("home.html", HOME, theme=name)

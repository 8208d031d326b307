"""The peer's pages are our pages: otherwise the comparison says nothing."""

import subprocess

import pytest
from selectolax.lexbor import LexborHTMLParser

from bench import hugo
from bench.corpus import articles
from jiyue.publishing.pages import DetailPage, Link, SiteFrame
from jiyue.publishing.theme import render_detail

pytestmark = pytest.mark.unit

QR = '<svg viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>'
FRAME = SiteFrame(
    name="云湖市人民政府",
    base_url="https://www.yunhu.example",
    primary_domain="www.yunhu.example",
    logo_url="/assets/1/logo.svg",
    accent="#0b5394",
    language="zh-Hans",
    menu=(Link("要闻", "/news/"), Link("公开", "/open/")),
    sponsor="云湖市人民政府办公室",
    operator="",
    contact="0000-1234567",
    identity_code="0000000001",
    icp_filing="备案号",
    psb_filing="公安备案号",
    official_badge_url="",
    technical_supporter="云湖市大数据中心",
    assets_url="/assets/1",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hugo")
    sources = [
        hugo.HugoArticle(
            url=f"/news/202611/{article.number}.html",
            title=f"<{article.title}>",
            published_at=f"2026-11-{article.number + 1:02} 09:30",
            source=article.unit,
            summary=article.paragraphs[0][:60],
            body_html=article.body_html,
        )
        for article in articles(25)
    ]
    channel = hugo.HugoChannel("news", "要闻", sources)
    assert hugo.write_site(folder / "site", FRAME, [channel], qr_svg=QR) == 25
    subprocess.run(hugo.build_command(folder / "site", folder / "public"), check=True, capture_output=True)
    return folder / "public", channel, sources


def words(html):
    """Return the visible text, the addresses and the tags of a page."""
    tree = LexborHTMLParser(html)
    links = [node.attributes["href"] for node in tree.css("body a[href]")]
    metas = sorted(
        (node.attributes["name"] or "", node.attributes["content"]) for node in tree.css("meta[name]")
    )
    return " ".join(tree.body.text(separator=" ").split()), links, metas


def test_hugo_writes_the_pages_of_our_theme(built):
    public, channel, sources = built
    older, article, newer = sources[9], sources[10], sources[11]
    ours = render_detail(
        DetailPage(
            frame=FRAME,
            public_id="1",
            url=article.url,
            canonical_url=FRAME.base_url + article.url,
            title=article.title,
            breadcrumbs=channel.breadcrumbs,
            source=article.source,
            author="",
            published_at=article.published_at,
            originally_published_on="",
            summary=article.summary,
            body_html=article.body_html,
            qr_svg=QR,
            is_document=False,
            metadata=(),
            validity="",
            validity_label="",
            attachments=(),
            related=(),
            older=Link(older.title, older.url),
            newer=Link(newer.title, newer.url),
        )
    )
    theirs = (public / article.url[1:]).read_text("utf-8")
    our_text, our_links, our_metas = words(ours)
    text, links, metas = words(theirs)
    assert text == our_text
    assert [link.lower().replace("%2f", "/") for link in links] == our_links
    assert metas == our_metas


def test_hugo_writes_lists_feeds_and_site_map(built):
    public, _channel, _sources = built
    first = (public / "news" / "index.html").read_text("utf-8")
    second = (public / "news" / "page" / "2" / "index.html").read_text("utf-8")
    assert [html.count("<time ") for html in (first, second)] == [20, 5]
    assert (public / "index.html").read_text("utf-8").count("<time ") == hugo.HOME_ITEMS
    assert (public / "sitemap.xml").read_text("utf-8").count("<url>") == 25
    for feed in (public / "feed.xml", public / "news" / "feed.xml"):
        assert feed.read_text("utf-8").count("<item>") == hugo.FEED_ITEMS

"""Spliced pages are byte for byte what the plain template gives."""

from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from jiyue.publishing.frames import LANGUAGE
from jiyue.publishing.pages import ChannelPage, DetailPage, Link, ListItem, MetadataRow, SiteFrame
from jiyue.publishing.qr import draw_qr
from jiyue.publishing.splice import ListWriter, detail_writer
from jiyue.publishing.theme import detail_channel, list_themes, render_detail, render_page

pytestmark = pytest.mark.unit

HOSTILE = [
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}{# note #}",
    "&lt;已转义&gt; & 'x' \"y\"",
    "[title][body]\\1 \\g<0> %s %(x)s {0}",
    "</script><!--",
    "\u2028\u2029\ufeff\u202e倒写",
    " 前后空格 ",
    "",
]
FRAME = SiteFrame(
    name="云汀市人民政府 & <门户>",
    base_url="https://www.example.gov.cn",
    primary_domain="www.example.gov.cn",
    logo_url="/assets/1/logo.svg",
    accent="#0b5563",
    language="zh-Hans",
    menu=(Link("要闻", "/yaowen/", True, (Link("下级", "/yaowen/x/"),)), Link("公开", "/gongkai/")),
    sponsor="市政府办公室",
    operator="市数据局",
    contact="0000-1234567",
    identity_code="0000000001",
    icp_filing="备案",
    psb_filing="公安备案",
    official_badge_url="/assets/1/badge.svg",
    technical_supporter="数据局",
    assets_url="/assets/1",
)


def make_page(title: str, **values: object) -> DetailPage:
    item = ListItem(title=title, url="/yaowen/202611/1.html", date="2026-11-20 08:00")
    page = DetailPage(
        frame=FRAME,
        public_id="2",
        url="/yaowen/202611/2.html",
        canonical_url="https://www.example.gov.cn/yaowen/202611/2.html",
        title=title,
        breadcrumbs=(Link("首页", "/"), Link("要闻", "/yaowen/", True)),
        source=title,
        author=title,
        published_at="2026-11-21 09:30",
        originally_published_on="",
        summary=title,
        body_html="<p>正文。</p>",
        qr_svg=draw_qr("https://www.example.gov.cn/yaowen/202611/2.html"),
        is_document=False,
        metadata=(),
        validity="",
        validity_label="",
        attachments=(Link(title or "附件", "/media/1.pdf"),),
        related=(item, item),
        older=Link(title, "/yaowen/202611/1.html"),
        newer=Link(title, "/yaowen/202611/3.html"),
    )
    return replace(page, **values)


def spliced(page: DetailPage, theme: str) -> bytes:
    return detail_writer(page.frame, detail_channel(page), theme).render(page)


def assert_same(page: DetailPage) -> None:
    with translation.override(LANGUAGE):
        for theme in list_themes():
            assert spliced(page, theme) == render_detail(page, theme=theme).encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_escaped_alike(text):
    page = make_page(text, metadata=(MetadataRow(text, text),), is_document=True, validity="repealed")
    assert_same(page)
    if text.startswith(("</title>", '">')):
        assert text.encode() not in spliced(page, "plain")


@pytest.mark.parametrize("is_document", [False, True])
@pytest.mark.parametrize("validity", ["", "valid", "amended", "repealed", "lapsed"])
@pytest.mark.parametrize("has_more", [False, True])
def test_every_shape_of_page_is_alike(is_document, validity, has_more):
    page = make_page("标题", is_document=is_document, validity=validity, validity_label=validity)
    if not has_more:
        page = replace(
            page, attachments=(), related=(), older=None, newer=None, source="", author="", summary=""
        )
    assert_same(page)
    assert_same(replace(page, originally_published_on="2003-05-01", metadata=(MetadataRow("文号", "1号"),)))


@given(
    title=st.text(max_size=80),
    body=st.text(alphabet=st.characters(exclude_characters="<&"), max_size=400),
    source=st.text(max_size=20),
)
def test_any_text_is_alike(title, body, source):
    assert_same(make_page(title, body_html=f"<p>{body}</p>", source=source))


def test_channels_and_frames_do_not_mix():
    page = make_page("标题")
    other = replace(
        page,
        frame=replace(FRAME, name="另一个网站"),
        breadcrumbs=(Link("首页", "/"), Link("公告", "/gonggao/", True)),
    )
    assert_same(page)
    assert_same(other)
    assert_same(page)


@pytest.mark.parametrize("older_url", ["", "/yaowen/3.html"])
@pytest.mark.parametrize("newer_url", ["/yaowen/", "/yaowen/5.html"])
def test_numbered_list_pages_are_alike(older_url, newer_url):
    writer = ListWriter("plain")
    with translation.override(LANGUAGE):
        for number, count in ((4, 20), (7, 3), (12, 1), (2, 0)):
            items = tuple(
                ListItem(
                    title=HOSTILE[place % len(HOSTILE)],
                    url=f"/yaowen/202611/{place}.html",
                    date="2026-11-21 09:30",
                    summary=HOSTILE[-place % len(HOSTILE)],
                    validity="已废止" if place % 3 == 0 else "",
                )
                for place in range(count)
            )
            page = ChannelPage(
                frame=FRAME,
                name="要闻 & 动态",
                url="/yaowen/",
                breadcrumbs=(Link("首页", "/"), Link("要闻 & 动态", "/yaowen/", True)),
                siblings=(Link("公告", "/gonggao/"),),
                items=items,
                number=number,
                older_url=older_url,
                newer_url=newer_url,
                feed_url="/yaowen/feed.xml",
            )
            assert writer.render(page) == render_page("channel.html", page, theme="plain").encode()

"""Feeds, sitemaps and structured data that strict readers accept, whatever the titles are."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from selectolax.lexbor import LexborHTMLParser

from jiyue.core import outbox
from jiyue.library.enums import WithdrawalReason
from jiyue.library.services import withdraw_resource
from jiyue.publishing.entries import Entry, ShownItem
from jiyue.publishing.feeds import Feed, render_atom, render_rss
from jiyue.publishing.pages import SiteFrame
from jiyue.publishing.sitemaps import MappedPage, render_sitemap, render_sitemap_index
from jiyue.publishing.structured_data import breadcrumbs_json_ld, detail_json_ld, home_json_ld
from jiyue.publishing.tests.output import correct, detail_path, files_of, read
from jiyue.publishing.tests.samples import CRUMBS, DETAIL, FRAME, HOSTILE
from tests.factories import World, make_channel

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
TITLES = [
    "关于印发《办法》的通知",
    "长" * 300,
    "——！？……《》",
    "𠮷野家与👨‍👩‍👧‍👦和🏛️",
    HOSTILE,
    "]]>&amp;<![CDATA[",
    "\x00\x01\x08\x0b\x1f\ufffe\uffff标题\x7f\x85",
    "\u202e倒写\u2028\u2029",
]


@cache
def grammar(name: str) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / f"{name}.rng"))


def valid(text: str | bytes, name: str) -> etree._Element:
    """Parse without any leniency and hold it against the grammar."""
    data = text.encode() if isinstance(text, str) else text
    tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    grammar(name).assertValid(tree)
    return tree


def shown(number: int, title: str, **values: object) -> ShownItem:
    entry = Entry(
        title=title, published_at="2026-11-21 09:30", changed_at="2026-11-22 08:00", source=title, summary=""
    )
    path = f"yaowen/202611/{number}.html"
    return ShownItem(number, number, number, path, replace(entry, **values))


def feed_of(*items: ShownItem, frame: SiteFrame = FRAME) -> Feed:
    return Feed(frame, "要闻 - 网站", "/yaowen/", items, {"yaowen": "要闻 & <动态>"}, {"a.mp4": 1234})


@pytest.mark.unit
@pytest.mark.parametrize("title", TITLES)
def test_feeds_of_any_title_are_valid_and_say_it_whole(title):
    feed = feed_of(shown(1, title, summary=title, recording="a.mp4"), shown(2, "第二条", author="张三"))
    atom, rss = valid(render_atom(feed), "atom"), valid(render_rss(feed), "rss")
    kept = "".join(char for char in title if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff"))
    assert atom.findtext(f"{ATOM}entry/{ATOM}title") == kept
    assert rss.findtext("channel/item/title") == kept
    assert rss.find("channel/item/enclosure").attrib == {
        "url": f"{FRAME.base_url}/media/a.mp4",
        "length": "1234",
        "type": "video/mp4",
    }


@pytest.mark.unit
@settings(max_examples=60)
@given(title=st.text(min_size=1, max_size=300).filter(lambda text: any(char > " " for char in text)))
def test_no_text_makes_a_feed_or_a_data_block_invalid(title):
    marked = f"题{title}"
    feed = feed_of(shown(1, marked, summary=title, author=marked))
    etree.fromstring(render_atom(feed).encode())
    etree.fromstring(render_rss(feed).encode())
    block = detail_json_ld(replace(DETAIL, title=title))
    assert "<" not in block
    assert json.loads(block)["headline"] == title


@pytest.mark.unit
def test_feed_without_items_is_valid():
    valid(render_atom(feed_of()), "atom")
    valid(render_rss(feed_of()), "rss")


@pytest.mark.unit
def test_grammars_refuse_what_the_specifications_refuse():
    good = render_atom(feed_of(shown(1, "标题")))
    for wrong in (
        good.replace("+08:00</updated>", "</updated>"),
        good.replace(' rel="alternate"', "", 2),
        good.replace("<id>tag:", "<id>:"),
        good.replace("<title>标题</title>", ""),
    ):
        assert wrong != good
        assert not grammar("atom").validate(etree.fromstring(wrong.encode()))
    rss = render_rss(feed_of(shown(1, "标题")))
    for wrong in (rss.replace(" +0800</pubDate>", "</pubDate>"), rss.replace("<title>标题</title>", "")):
        assert wrong != rss
        assert not grammar("rss").validate(etree.fromstring(wrong.encode()))


@pytest.mark.unit
@pytest.mark.req("PUB-20")
def test_sitemaps_are_valid_and_stay_below_the_limits_of_the_protocol():
    pages = [
        MappedPage(f"/{'a' * 200}/{number}.html", "2026-11-21 09:30", number % 2 == 0)
        for number in range(1000)
    ]
    text = render_sitemap(FRAME, pages)
    tree = valid(text, "sitemap")
    assert len(text.encode()) < 50 * 1024 * 1024 / 100
    assert tree.findtext(f"{MAP}url/{MAP}lastmod") == "2026-11-21T09:30:00+08:00"
    assert len(tree.findall(f".//{MAP}changefreq")) == 500
    valid(render_sitemap(FRAME, []), "sitemap")
    assert len(valid(render_sitemap_index(FRAME, 3), "sitemap_index")) == 4


@pytest.mark.unit
@pytest.mark.req("PUB-20")
def test_structured_data_names_what_a_page_is():
    document = json.loads(
        detail_json_ld(replace(DETAIL, schema_type="Legislation", image_url="/media/a.png"))
    )
    assert document["@type"] == "Legislation"
    assert document["image"] == f"{FRAME.base_url}/media/a.png"
    assert document["dateModified"] == "2026-11-21T09:30:00+08:00"
    service = json.loads(detail_json_ld(replace(DETAIL, schema_type="GovernmentService", title=HOSTILE)))
    assert service["name"] == HOSTILE
    assert "datePublished" not in service
    crumbs = json.loads(breadcrumbs_json_ld(FRAME, CRUMBS))["itemListElement"]
    assert [step["position"] for step in crumbs] == [1, 2, 3]
    body, site = json.loads(home_json_ld(replace(FRAME, sponsor=HOSTILE)))["@graph"]
    assert body["@type"] == "GovernmentOrganization"
    assert body["name"] == HOSTILE
    assert site["potentialAction"]["target"]["urlTemplate"].endswith("/search/?q={search_term_string}")


def hrefs(page: str, selector: str) -> list[str]:
    return [str(node.attributes.get("href")) for node in LexborHTMLParser(page).css(selector)]


@pytest.mark.django_db
@pytest.mark.req("PUB-20")
def test_published_feeds_and_maps_are_valid_and_pages_lead_to_them():
    world = World()
    for number, title in enumerate(TITLES[:4]):
        world.publish(title=f"{title[:290]}{number}", channels=(world.news,))
    files = files_of(world.portal)
    for path in sorted(files):
        if path.endswith("atom.xml"):
            valid(read(world.portal, path), "atom")
        elif path.endswith("feed.xml"):
            valid(read(world.portal, path), "rss")
        elif path.startswith("sitemap-"):
            valid(read(world.portal, path), "sitemap")
    valid(read(world.portal, "sitemap.xml"), "sitemap_index")
    assert {"atom.xml", "yaowen/atom.xml", "sitemap-1.xml"} <= files
    feeds = hrefs(read(world.portal, "yaowen/index.html"), 'link[rel="alternate"]')
    assert feeds == ["/feed.xml", "/atom.xml", "/yaowen/feed.xml", "/yaowen/atom.xml"]
    for path in ("index.html", "yaowen/index.html", "sitemap.html"):
        address = path.removesuffix("index.html")
        found = hrefs(read(world.portal, path), 'link[rel="canonical"]')
        assert found == [f"{world.portal.base_url}/{address}"]


@pytest.mark.django_db
@pytest.mark.req("LIB-16")
def test_item_in_two_channels_has_one_canonical_address_and_leaves_feeds_and_maps_when_withdrawn():
    world = World()
    assert world.news.pk  # the older channel
    other = make_channel(world.portal, "gonggao", world.unit_a)
    resource = world.publish(title="两个栏目的一条", channels=(world.news, other))
    first, second = detail_path(resource, world.news), detail_path(resource, other)
    address = f"{world.portal.base_url}/{first}"
    for path in (first, second):
        page = read(world.portal, path)
        assert hrefs(page, 'link[rel="canonical"]') == [address]
        assert json.loads(LexborHTMLParser(page).css_first('script[type$="ld+json"]').text())
    assert second not in read(world.portal, "sitemap-1.xml")
    ids = {
        valid(read(world.portal, path), "atom").findtext(f"{ATOM}entry/{ATOM}id")
        for path in ("yaowen/atom.xml", "gonggao/atom.xml", "atom.xml")
    }
    assert len(ids) == 1
    correct(world, resource, channel_ids=(other.pk,))
    assert hrefs(read(world.portal, second), 'link[rel="canonical"]') == [f"{world.portal.base_url}/{second}"]
    assert second in read(world.portal, "sitemap-1.xml")
    resource.refresh_from_db()
    withdraw_resource(
        resource=resource, reason_type=WithdrawalReason.WRONG_CONTENT, reason="错", actor=world.leader
    )
    outbox.drain()
    for path in ("atom.xml", "gonggao/atom.xml", "feed.xml", "sitemap-1.xml"):
        assert "两个栏目的一条" not in read(world.portal, path)
        assert second not in read(world.portal, path)

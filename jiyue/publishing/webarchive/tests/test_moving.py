"""A moved channel's old addresses lead to the new ones; item pages stay where they are."""

import pytest

from jiyue.core import outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.front.moved import MovedAddresses
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.tests.output import detail_path, files_of, read
from jiyue.publishing.webarchive.moving import MoveRefused, move_channel
from jiyue.sites.hosting import HostingRefused, change_hosting
from jiyue.sites.models import Site
from tests.factories import World, make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.req("PUB-20")
def test_old_list_and_feed_addresses_lead_to_the_new_ones_and_item_pages_stay(world):
    before = detail_path(world.publish(title="搬家前的一条", channels=(world.news,)), world.news)
    channel = move_channel(channel=world.news, path="xinwen", actor=world.manager)
    outbox.drain()
    after = detail_path(world.publish(title="搬家后的一条", channels=(channel,)), channel)
    files = files_of(world.portal)
    assert {before, after, "xinwen/index.html", "xinwen/feed.xml", "xinwen/atom.xml"} <= files
    assert not {"yaowen/index.html", "yaowen/feed.xml", "yaowen/atom.xml"} & files
    assert after.startswith("xinwen/")
    assert "搬家前的一条" in read(world.portal, "xinwen/index.html")
    moved = MovedAddresses(output_root())
    for name in ("", "feed.xml", "3.html"):
        assert moved.find(world.portal.key, f"/yaowen/{name}") == f"/xinwen/{name}"
    assert find_discrepancies() == []
    assert AuditEntry.objects.filter(verb="channel.moved").count() == 1
    move_channel(channel=channel, path="zixun", actor=world.manager)
    outbox.drain()
    assert moved.find(world.portal.key, "/yaowen/") == "/zixun/"
    assert moved.find(world.portal.key, "/xinwen/feed.xml") == "/zixun/feed.xml"
    channel.refresh_from_db()
    move_channel(channel=channel, path="yaowen", actor=world.manager)
    outbox.drain()
    assert moved.find(world.portal.key, "/yaowen/") == ""
    assert moved.find(world.portal.key, "/zixun/") == "/yaowen/"
    assert find_discrepancies() == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "media",
        "assets/x",
        "202611",
        "../x",
        "A",
        "x/../y",
        "con",
        "gonggao",
        "x" * 121,
        "yaowen",
        "xinwen\n",
    ],
)
def test_addresses_that_a_channel_cannot_have_are_refused(world, path):
    make_channel(world.portal, "gonggao", world.unit_a)
    with pytest.raises(DomainError):
        move_channel(channel=world.news, path=path, actor=world.manager)
    world.news.refresh_from_db()
    assert world.news.path == "yaowen"


def test_another_channels_former_address_and_another_units_site_are_refused(world):
    other = make_channel(world.portal, "gonggao", world.unit_a)
    move_channel(channel=other, path="tongzhi", actor=world.manager)
    with pytest.raises(MoveRefused):
        move_channel(channel=world.news, path="gonggao", actor=world.manager)
    for channel, actor in ((world.county_news, world.manager), (world.news, world.author)):
        with pytest.raises(MoveRefused):
            move_channel(channel=channel, path="qita", actor=actor)


@pytest.mark.parametrize(
    ("host", "port", "base_url", "field"),
    [
        ("xian.localhost", 9301, "http://a.localhost", "host"),
        ("XIAN.localhost.", 9301, "http://a.localhost", "host"),
        ("a b", 9301, "http://a.localhost", "host"),
        ("http://a", 9301, "http://a.localhost", "host"),
        ("a.localhost", 9202, "http://a.localhost", "port"),
        ("a.localhost", 80, "http://a.localhost", "port"),
        ("a.localhost", 9301, "javascript:alert(1)", "base_url"),
        ("a.localhost", 9301, "http://a.localhost/path", "base_url"),
        ("a.localhost", 9301, "http://a.local\nDisallow: host", "base_url"),
        ("a.localhost", 9301, 'http://a"><script>', "base_url"),
        ("a.localhost", 9301, "http://user:word@a.localhost", "base_url"),
        ("a.localhost", 9301, "http://a.localhost#b", "base_url"),
        ("a.localhost", 9301, "http://a.localhost:99999", "base_url"),
        ("a.localhost", 9301, "http://[a", "base_url"),
        ("a.localhost", 9301, "http://XIAN.localhost", "base_url"),
    ],
)
def test_two_sites_never_claim_one_host_or_port(world, host, port, base_url, field):
    assert world.county.port == 9202
    with pytest.raises(HostingRefused) as refused:
        change_hosting(site=world.portal, host=host, port=port, base_url=base_url, actor=world.manager)
    assert refused.value.field == field


def test_changed_host_is_recorded_and_reaches_pages(world):
    world.publish(channels=(world.news,))
    change_hosting(
        site=world.portal,
        host="Www.Yunlan.Example",
        port=9301,
        base_url="https://www.yunlan.example/",
        actor=world.manager,
    )
    outbox.drain()
    assert Site.objects.get(pk=world.portal.pk).host == "www.yunlan.example"
    assert "https://www.yunlan.example/" in read(world.portal, "atom.xml")
    assert AuditEntry.objects.filter(verb="site.address_changed").count() == 1

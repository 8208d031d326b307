"""Addresses on screen: changed by a manager, refused at the field, nothing done twice; what is read most."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from jiyue.core.models import AuditEntry
from jiyue.interaction.models import PageViews
from jiyue.interaction.reading import count_reads, export_most_read, list_most_read
from jiyue.sites.models import Channel, Site
from tests.factories import World, make_channel

pytestmark = pytest.mark.django_db
HOST = {"host": "www.yunlan.example", "base_url": "https://www.yunlan.example", "confirmed": "on"}


@pytest.fixture
def world() -> World:
    return World()


def test_a_channel_moves_once_and_its_former_address_is_shown(world, enter):
    world.publish(channels=(world.news,))
    client = enter(world.manager)
    address = reverse("backoffice:channel_move", args=[world.portal.pk, world.news.pk])
    with override("en"):
        unread = client.post(address, {"path": "xinwen"})
        assert unread.status_code == 422
        assert "confirmed" in unread.context["form"].errors
        make_channel(world.portal, "gonggao", world.unit_a)
        for taken in ("gonggao", "media", "A b", "yaowen"):
            refused = client.post(address, {"path": taken, "confirmed": "on"})
            assert refused.status_code == 422
            assert "path" in refused.context["form"].errors
            assert f'value="{taken}"' in refused.content.decode()
        assert client.post(address, {"path": "/xinwen/", "confirmed": "on"}).status_code == 302
        assert client.post(address, {"path": "xinwen", "confirmed": "on"}).status_code == 422
        overview = client.get(reverse("backoffice:site_addresses", args=[world.portal.pk])).content.decode()
    assert Channel.objects.get(pk=world.news.pk).path == "xinwen"
    assert AuditEntry.objects.filter(verb="channel.moved").count() == 1
    assert "/yaowen/ <small>in use until" in overview
    other = reverse("backoffice:channel_move", args=[world.portal.pk, world.county_news.pk])
    assert client.get(other).status_code == 404


def test_a_sites_host_changes_once_and_refusals_stand_at_their_field(world, enter):
    assert world.county.port == 9202
    client = enter(world.manager)
    address = reverse("backoffice:site_host", args=[world.portal.pk])
    wrong = {"host": "xian.localhost", "base_url": "https://www.yunlan.example/path", "port": "9202"}
    for field, value in wrong.items():
        refused = client.post(address, HOST | {field: value})
        assert refused.status_code == 422
        assert list(refused.context["form"].errors) == [field]
    assert client.post(address, HOST).status_code == 302
    again = client.post(address, HOST)
    assert again.status_code == 422
    assert "host" in again.context["form"].errors
    site = Site.objects.get(pk=world.portal.pk)
    assert (site.host, site.port, site.base_url) == ("www.yunlan.example", None, HOST["base_url"])
    assert AuditEntry.objects.filter(verb="site.address_changed").count() == 1


def test_the_visits_page_names_what_is_read_most_and_nothing_that_is_not_public(world, enter):
    items = [world.publish(title=f"第{number}条", channels=(world.news,)) for number in range(3)]
    foreign = world.publish(title="县里的", channels=(world.county_news,))
    for number, item in enumerate([*items, foreign]):
        PageViews.objects.create(resource=item, count=10 * number)
    assert [(row.title, row.count) for row in list_most_read(world.portal.pk)] == [
        ("第2条", 20),
        ("第1条", 10),
    ]
    assert count_reads(world.portal.pk) == 30
    client = enter(world.lead)
    address = reverse("backoffice:site_visits", args=[world.portal.pk])
    page = client.get(address + "?days=365")
    assert page.context["days"] == 365
    assert client.get(address + "?days=7").context["days"] == 90
    assert "第2条" in page.content.decode()
    assert "县里的" not in page.content.decode()
    export = client.get(reverse("backoffice:site_visits_export", args=[world.portal.pk]) + "?kind=items")
    assert export.content.decode() == export_most_read(world.portal)
    assert f"第2条,{world.portal.base_url}/" in export.content.decode()
    world.withdraw(items[2])
    assert [row.title for row in list_most_read(world.portal.pk)] == ["第1条"]

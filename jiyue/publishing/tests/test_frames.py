"""What all pages of a channel share: its menu, its place in the tree, the digest of the whole."""

from collections.abc import Iterable

import pytest
from django.utils import translation

from jiyue.publishing.frames import LANGUAGE, load_site_pages
from jiyue.publishing.pages import Link
from jiyue.sites.models import Channel, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    site = Site.objects.create(
        key="yunlan", name="云澜市人民政府", host="www.yunlan.localhost", accent="#14558f"
    )
    news = make_channel(site, "xinwen")
    local = make_channel(site, "xinwen/bendi", news)
    make_channel(site, "xinwen/bendi/jiedao", local)
    make_channel(site, "xinwen/shengnei", news)
    make_channel(site, "gongkai")
    return site


def make_channel(site, path, parent=None):
    count = Channel.objects.count()
    return Channel.objects.create(
        site=site,
        key=f"c{count}",
        path=path,
        name=path,
        parent=parent,
        position=count,
        content_class="dynamic",
    )


def marked(links: Iterable[Link]) -> set[str]:
    """Addresses of the marked links of a menu."""
    found = set()
    for link in links:
        found |= ({link.url} if link.is_current else set()) | marked(link.children)
    return found


def pages_of(site):
    with translation.override(LANGUAGE):
        return load_site_pages(site.pk)


def test_the_menu_marks_a_channel_and_the_one_above_it(site):
    pages = pages_of(site)
    assert marked(pages.frame.menu) == set()
    by_path = {channel.path: pages.channels[channel.pk] for channel in pages.channels.listed}
    shown = {path: marked(frame.frame.menu) for path, frame in by_path.items()}
    assert shown == {
        "xinwen": {"/xinwen/"},
        "xinwen/bendi": {"/xinwen/", "/xinwen/bendi/"},
        "xinwen/bendi/jiedao": {"/xinwen/bendi/"},
        "xinwen/shengnei": {"/xinwen/", "/xinwen/shengnei/"},
        "gongkai": {"/gongkai/"},
    }
    for frame in by_path.values():
        urls = [(link.url, [child.url for child in link.children]) for link in frame.frame.menu]
        assert urls == [("/xinwen/", ["/xinwen/bendi/", "/xinwen/shengnei/"]), ("/gongkai/", [])]


def test_a_channel_knows_its_way_its_children_and_its_neighbours(site):
    pages = pages_of(site)
    by_path = {frame.channel.path: frame for frame in pages.channels.values()}
    deep = by_path["xinwen/bendi/jiedao"]
    assert [link.url for link in deep.breadcrumbs] == [
        "/",
        "/xinwen/",
        "/xinwen/bendi/",
        "/xinwen/bendi/jiedao/",
    ]
    assert [link.is_current for link in deep.breadcrumbs] == [False, False, False, True]
    assert by_path["xinwen/bendi"].child_ids == (deep.channel.pk,)
    assert [link.url for link in by_path["xinwen/shengnei"].siblings] == [
        "/xinwen/bendi/",
        "/xinwen/shengnei/",
    ]
    assert by_path["gongkai"].siblings == ()


def test_a_new_name_anywhere_changes_the_digest_and_nothing_else_does(site):
    before = pages_of(site).digest
    assert pages_of(site).digest == before
    Channel.objects.filter(path="xinwen/bendi/jiedao").update(name="街道")  # in no menu, but in breadcrumbs
    assert pages_of(site).digest != before

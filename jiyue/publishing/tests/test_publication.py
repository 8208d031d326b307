"""From the last approval to files on disk, and back."""

import json
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from PIL import Image

from jiyue.core import outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.library.enums import ResourceStatus, WithdrawalReason
from jiyue.library.models import Withdrawal
from jiyue.library.services import store_media, withdraw_resource
from jiyue.library.services.media import media_path
from jiyue.publishing import rendering, tasks
from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.dependencies import explain_change, explain_publication
from jiyue.publishing.entries import local_moment
from jiyue.publishing.models import OutputFile, Placement
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.services import refresh_site
from jiyue.publishing.tests.output import (
    correct,
    detail_path,
    files_of,
    occurrences,
    publish_many,
    read,
    root_of,
    snapshot,
)
from jiyue.sites.models import Channel
from tests.factories import World, make_channel

pytestmark = pytest.mark.django_db

TITLE = "全市集约化平台建设工作会议召开"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def written(monkeypatch) -> list[str]:
    """Paths written from now on, in order, with the site's folder in front."""
    paths: list[str] = []
    write = LocalStore.write

    def spy(store: LocalStore, path: str, data: bytes):
        paths.append(f"{store._root.name}/{path}")
        return write(store, path, data)

    monkeypatch.setattr(LocalStore, "write", spy)
    return paths


@pytest.mark.req("LIB-02")
def test_approved_item_is_out_on_both_sites_and_nothing_is_out_before(world):
    case = world.submitted()
    outbox.drain()
    assert occurrences(TITLE) == []
    world.decide_all(case)
    outbox.drain()
    for site, channel in ((world.portal, world.news), (world.county, world.county_news)):
        placement = Placement.objects.get(channel=channel)
        month = f"{timezone.localtime(placement.placed_at):%Y%m}"
        assert placement.path == f"{channel.path}/{month}/{placement.resource_id}.html"
        pages = (
            placement.path,
            f"{channel.path}/index.html",
            f"{channel.path}/feed.xml",
            "index.html",
            "feed.xml",
        )
        assert all(TITLE in read(site, path) for path in pages)
        assert f"{site.base_url}/{placement.path}" in read(site, "sitemap-1.xml")
        assert "sitemap-1.xml" in read(site, "sitemap.xml")
    resource = case.items.get().subject_key
    assert Placement.objects.filter(resource=resource, rendered_edition__isnull=False).count() == 2
    assert world.news.placements.get().resource.status == ResourceStatus.PUBLISHED
    assert find_discrepancies() == []


def test_site_has_everything_its_pages_link_to(world):
    world.publish()
    files = files_of(world.portal)
    assert {"robots.txt", "sitemap.html", "sitemap.xml", "sitemap-0.xml", "feed.xml"} <= files
    assert {"404.html", "50x.html"} <= files
    page = read(world.portal, "index.html")
    for path in files:
        if path.startswith("assets/") and path.endswith(("site.css", "plain.css", "logo.svg", "badge.svg")):
            assert f"/{path}" in page
    assert "Sitemap: http://shi.localhost/sitemap.xml" in read(world.portal, "robots.txt")


def test_sites_table_says_what_the_public_process_needs(world, settings):
    world.publish()
    table = json.loads((Path(settings.JIYUE_OUTPUT_DIR) / "sites.json").read_text())
    portal = next(entry for entry in table if entry["key"] == "shi")
    assert (portal["host"], portal["port"], portal["name"]) == ("shi.localhost", 9201, "shi人民政府")
    assert portal["frame"]["menu"][0]["url"] == "/yaowen/"


@pytest.mark.req("REV-29")
def test_page_shows_the_servers_publication_time_and_an_imported_date_as_such(world):
    resource = world.publish(originally_published_on=date(2003, 5, 1))
    released = local_moment(resource.live.first_published_at)
    page = read(world.portal, detail_path(resource, world.news))
    assert f'<meta name="PubDate" content="{released}">' in page
    assert '<time datetime="2003-05-01">2003-05-01</time>' in page
    assert "原发布日期" in page
    assert "2003-05-01" in read(world.portal, "yaowen/index.html")
    assert released[:10] not in read(world.portal, "yaowen/index.html")
    correct(world, resource, body_html="<p>更正后的正文。</p>")
    page = read(world.portal, detail_path(resource, world.news))
    assert f'<meta name="PubDate" content="{released}">' in page
    assert "更正后的正文" in page


@pytest.mark.req("LIB-16")
def test_withdrawal_removes_every_trace_on_all_sites_and_keeps_a_record(world):
    others = publish_many(world, 3, channels=(world.news, world.county_news))
    resource = world.publish(title="将被撤下的稿件")
    publish_many(world, 2, channels=(world.news, world.county_news))
    assert len(occurrences("将被撤下的稿件")) > 10
    paths = [placement.path for placement in resource.placements.all()]
    world.withdraw(resource)
    assert occurrences("将被撤下的稿件") == []
    assert not [path for path in paths if path in files_of(world.portal) | files_of(world.county)]
    assert not occurrences(f"/{resource.pk}.html")
    withdrawal = Withdrawal.objects.get(resource=resource)
    assert withdrawal.reason == "内容有误"
    assert AuditEntry.objects.filter(verb="resource.withdrawn", subject_id=str(resource.pk)).exists()
    assert all(detail_path(other, world.news) in files_of(world.portal) for other in others)
    assert find_discrepancies() == []


def test_withdrawal_overtakes_waiting_publications(world):
    resource = world.publish()
    world.decide_all(world.submitted(title="等待发布的稿件"))
    withdraw_resource(
        resource=resource, reason_type=WithdrawalReason.SECRECY, reason="涉密", actor=world.leader
    )
    claimed = {message.key for message in outbox.claim("test")}
    assert claimed >= {str(placement.pk) for placement in resource.placements.all()}
    waiting = OutboxMessage.objects.filter(status=OutboxStatus.PENDING).order_by("priority", "id")
    assert waiting[0].priority == OutboxPriority.WITHDRAWAL


def test_list_pages_are_numbered_from_the_oldest_and_keep_their_items(world):
    channels = (world.news,)
    publish_many(world, 45, channels=channels)
    files = files_of(world.portal)
    assert {"yaowen/1.html", "yaowen/2.html"} <= files
    assert "yaowen/3.html" not in files
    first, second, newest = (read(world.portal, f"yaowen/{name}.html") for name in ("1", "2", "index"))
    assert "第001条" in first
    assert "第020条" in first
    assert "第021条" not in first
    assert "第021条" in second
    assert "第040条" in second
    assert "第020条" not in newest
    assert all(f"第{number:03}条" in newest for number in range(21, 46))
    assert 'href="/yaowen/1.html"' in newest
    assert 'href="/yaowen/2.html"' not in newest
    assert 'href="/yaowen/2.html"' in first
    assert 'href="/yaowen/"' in second
    assert 'href="/yaowen/1.html"' in second


def test_full_page_is_frozen_with_the_twentieth_item_and_the_page_before_links_to_it(world, written):
    publish_many(world, 39, channels=(world.news,))
    assert 'rel="prev"' in read(world.portal, "yaowen/1.html")
    written.clear()
    resource = world.publish(channels=(world.news,))
    assert {"shi/yaowen/2.html", "shi/yaowen/1.html"} <= set(written)
    assert 'href="/yaowen/2.html" rel="prev"' in read(world.portal, "yaowen/1.html")
    expected = {f"{each.site}/{each.path}" for each in explain_publication(resource.pk)}
    assert set(written) == expected


def test_withdrawal_leaves_a_hole_in_a_frozen_page_and_moves_nothing(world):
    resources = publish_many(world, 41, channels=(world.news,))
    before = snapshot(world.portal)
    world.withdraw(resources[4])
    after = snapshot(world.portal)
    page = read(world.portal, "yaowen/1.html")
    assert "第005条" not in page
    assert page.count('<time datetime="') == 19
    assert after["yaowen/2.html"] == before["yaowen/2.html"]
    assert occurrences("第005条") == []


def test_publication_writes_nine_files_whatever_the_size_of_the_channel(world, written):
    sizes = []
    for extra in (3, 30):
        publish_many(world, extra, channels=(world.news,))
        written.clear()
        resource = world.publish(channels=(world.news,))
        assert len(written) == len(set(written))
        assert {f"{each.site}/{each.path}" for each in explain_publication(resource.pk)} == set(written)
        sizes.append(len(written))
    assert sizes == [9, 9]


def test_batch_writes_shared_pages_once(world, written):
    publish_many(world, 2, channels=(world.news,))
    written.clear()
    publish_many(world, 30, channels=(world.news,))
    assert written.count("shi/yaowen/index.html") <= 2
    assert written.count("shi/index.html") <= 2
    assert len([path for path in written if "/202" in path]) <= 34


def test_body_correction_touches_its_own_page_and_the_sitemap_only(world, written):
    resources = publish_many(world, 25, channels=(world.news,))
    written.clear()
    correct(world, resources[3], body_html="<p>更正后的正文。</p>")
    assert set(written) <= {f"shi/{detail_path(resources[3], world.news)}", "shi/sitemap-1.xml"}
    page = read(world.portal, detail_path(resources[3], world.news))
    assert "更正后的正文" in page
    assert "正文004" not in page


def test_title_correction_reaches_every_page_that_names_the_item(world, written):
    resources = publish_many(world, 25, channels=(world.news,))
    written.clear()
    correct(world, resources[3], title="改过的标题")
    assert occurrences("第004条") == []
    placement = resources[3].placements.get()
    both = explain_publication(placement.resource_id) + explain_change(placement.resource_id)
    assert set(written) - {"shi/index.html", "shi/feed.xml"} <= {f"{each.site}/{each.path}" for each in both}
    assert "改过的标题" in read(world.portal, "yaowen/1.html")


def test_channel_left_in_a_later_edition_loses_the_page_and_gets_it_back_at_the_same_address(world):
    resource = world.publish()
    path = detail_path(resource, world.county_news)
    correct(world, resource, channel_ids=(world.news.pk,))
    assert path not in files_of(world.county)
    assert TITLE not in read(world.county, "zhuanzai/index.html")
    assert detail_path(resource, world.news) in files_of(world.portal)
    correct(world, resource, channel_ids=(world.news.pk, world.county_news.pk))
    assert path in files_of(world.county)
    assert TITLE in read(world.county, "zhuanzai/index.html")
    assert find_discrepancies() == []


def test_media_are_public_while_a_live_edition_needs_them(world):
    data = BytesIO()
    Image.new("RGB", (8, 8), "#336699").save(data, "PNG")
    media = store_media(unit=world.unit_a, original_name="图.png", data=data.getvalue(), actor=world.author)
    figure = f'<img src="/media/{media.name}" alt="图"><figcaption>图</figcaption>'
    body = f"<p>见图。</p><figure>{figure}</figure>"
    draft = world.draft(body_html=body)
    outbox.drain()
    assert not root_of(world.portal).exists()
    assert draft.status == ResourceStatus.DRAFT
    first = world.publish(body_html=body)
    shown = {"picture": media.name, "picture_alt": "图", "picture_caption": "图"}
    second = world.publish(**shown, title="第二篇")
    kept = media_path(media.name).read_bytes()
    assert (root_of(world.portal) / "media" / media.name).read_bytes() == kept
    assert f"/media/{media.name}" in read(world.portal, "index.html")
    world.withdraw(first)
    assert f"media/{media.name}" in files_of(world.portal)
    correct(world, second, picture="", picture_alt="")
    assert f"media/{media.name}" not in files_of(world.portal) | files_of(world.county)
    assert find_discrepancies() == []


def test_handlers_run_twice_give_the_same_files(world):
    resource = world.publish()
    before = snapshot(world.portal)
    placement = resource.placements.get(channel=world.news)
    tasks.publish_placements([str(placement.pk)])
    tasks.publish_channels([str(world.news.pk)])
    tasks.publish_home([str(world.portal.pk)])
    tasks.publish_site([str(world.portal.pk)])
    assert outbox.drain() == 0
    assert snapshot(world.portal) == before


def test_batch_killed_between_files_and_records_is_completed_by_the_next_run(world, monkeypatch):
    case = world.submitted()
    world.decide_all(case)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "save_batch", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            outbox.drain()
    assert OutboxMessage.objects.filter(status=OutboxStatus.RUNNING).exists()
    OutboxMessage.objects.filter(status=OutboxStatus.RUNNING).update(lease_until="2020-01-01T00:00Z")
    outbox.release_dead_leases()
    outbox.drain()
    assert find_discrepancies() == []
    assert TITLE in read(world.portal, "yaowen/index.html")


def test_new_menu_reaches_the_archive(world):
    publish_many(world, 25, channels=(world.news,))
    make_channel(world.portal, "gonggao", world.unit_a, name="新开栏目", position=9)
    refresh_site(site_id=world.portal.pk)
    outbox.drain()
    pages = [path for path in files_of(world.portal) if path.endswith(".html")]
    assert len(pages) > 25
    assert all("新开栏目" in read(world.portal, path) for path in pages)
    assert find_discrepancies() == []


def test_refresh_without_a_change_asks_for_no_page(world, written):
    publish_many(world, 3, channels=(world.news,))
    written.clear()
    call_command("publish", "--refresh", stdout=StringIO())
    outbox.drain()
    assert "shi/robots.txt" in written
    assert not [path for path in written if "/yaowen/" in path]


def test_channel_that_holds_channels_shows_their_newest_items(world):
    group = make_channel(world.portal, "gongkai", name="政府信息公开")
    child = make_channel(
        world.portal, "wenjian", world.unit_a, name="规范性文件", path="gongkai/wenjian", parent=group
    )
    world.publish(channels=(child,))
    assert TITLE in read(world.portal, "gongkai/index.html")
    assert TITLE in read(world.portal, "gongkai/wenjian/index.html")
    assert 'href="/gongkai/"' in read(world.portal, "gongkai/wenjian/index.html")


def test_rebuild_gives_the_same_bytes(world):
    publish_many(world, 25, channels=(world.news, world.county_news))
    world.publish()
    before = snapshot(world.portal)
    call_command("publish", "--all", "--workers", "1", stdout=StringIO())
    assert snapshot(world.portal) == before
    assert outbox.drain() == 0


def test_channel_address_that_pages_cannot_have_stops_the_release(world):
    case = world.submitted(channels=(world.news,))
    Channel.objects.filter(pk=world.news.pk).update(path="yaowen/202611")
    with pytest.raises(DomainError, match="yaowen/202611"):
        world.decide_all(case)
    assert not Placement.objects.exists()


def test_manifest_names_every_file_with_its_digest(world):
    world.publish()
    rows = {row.path for row in OutputFile.objects.filter(site=world.portal)}
    assert rows == files_of(world.portal)


def test_page_that_cannot_be_rendered_stays_visible_as_a_failed_row(world, monkeypatch):
    case = world.submitted()
    world.decide_all(case)
    monkeypatch.setattr(rendering, "build_detail", lambda *args, **kwargs: 1 / 0)
    outbox.drain()
    failed = OutboxMessage.objects.filter(topic="publishing.placement").exclude(last_error="")
    assert failed
    assert all("ZeroDivisionError" in message.last_error for message in failed)
    assert {row.kind for row in find_discrepancies()} >= {"missing"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL scans small tables whatever the index")
def test_lists_are_read_by_their_indexes(world):
    publish_many(world, 3, channels=(world.news,))
    live = Placement.objects.filter(is_live=True, rendered_edition__isnull=False)
    page = live.filter(channel=world.news, list_page=1).order_by("-sequence")
    part = live.filter(site=world.portal, sitemap_shard=1).order_by("site_sequence")
    newest = live.filter(channel=world.news, sequence__lt=100).order_by("-sequence")
    assert "placement_list (channel_id=? AND list_page=?)" in page.explain()
    assert "placement_sitemap (site_id=? AND sitemap_shard=?)" in part.explain()
    assert "placement_live (channel_id=? AND sequence<?)" in newest.explain()
    assert "TEMP B-TREE" not in page.explain() + part.explain() + newest.explain()

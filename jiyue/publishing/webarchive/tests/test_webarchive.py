"""Pages go into the web archive and out of it by the decision of two people, and say so everywhere."""

from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, transaction

from jiyue.core import outbox, two_person
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, submit_for_review
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.models import Placement
from jiyue.publishing.tests.output import correct, detail_path, read
from jiyue.publishing.webarchive.models import ArchiveMark
from jiyue.publishing.webarchive.selectors import (
    is_archived,
    is_channel_archived,
    without_archived,
)
from jiyue.publishing.webarchive.services import (
    ArchiveRefused,
    ArchiveTopic,
    RestoringTopic,
    Target,
    find_pages,
    propose_archiving,
    propose_restoring,
)
from jiyue.search.selectors import search_site
from jiyue.sites.keeping import NotSiteKeeper
from tests.factories import World, make_account, make_channel

pytestmark = pytest.mark.django_db

BANNER = 'class="archived"'


@pytest.fixture
def world() -> World:
    return World()


def approve(change: TwoPersonChange, actor: StaffAccount) -> None:
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor.audit_actor())
    outbox.drain()


def archive(world: World, target: Target, day: str = "2026-11-20 12:00") -> None:
    with time_machine.travel(f"{day}+08:00", tick=False):
        approve(propose_archiving(target=target, reason="旧站改版", actor=world.lead), world.manager)


def found(world: World, text: str) -> list[str]:
    return [hit.archived_on for hit in search_site(site_key=world.portal.key, text=text).hits]


@pytest.mark.req("SITE-23")
def test_archived_page_keeps_its_address_and_says_since_when_on_page_list_map_and_search(world):
    kept = world.publish(title="仍在更新的一条", channels=(world.news,))
    resource = world.publish(title="旧站的通知公告", channels=(world.news,))
    path = detail_path(resource, world.news)
    pages = find_pages(world.portal, [f"{world.portal.base_url}/{path}", "", f"/{path}"])
    archive(world, Target(world.portal, placement_ids=pages))
    page = read(world.portal, path)
    assert BANNER in page
    assert "<strong>已归档</strong>" in page
    assert '<time datetime="2026-11-20">2026-11-20</time>' in page
    assert BANNER not in read(world.portal, detail_path(kept, world.news))
    assert read(world.portal, "yaowen/index.html").count("mark-archived") == 1
    assert read(world.portal, "sitemap-1.xml").count("<changefreq>never</changefreq>") == 1
    assert found(world, "旧站的通知公告") == ["2026-11-20"]
    assert found(world, "仍在更新") == [""]
    placements = Placement.objects.filter(channel=world.news)
    assert [is_archived(each) for each in placements.order_by("pk")] == [False, True]
    assert [each.resource_id for each in without_archived(placements)] == [kept.pk]
    entry = AuditEntry.objects.get(verb="webarchive.archived")
    assert entry.subject_id == str(world.portal.pk)
    correct(world, resource, title="旧站的通知公告（更正）")
    assert BANNER in read(world.portal, path)
    mark = ArchiveMark.objects.get()
    change = propose_restoring(mark=mark, reason="仍有效", actor=world.lead)
    approve(change, world.manager)
    assert BANNER not in read(world.portal, path)
    assert found(world, "旧站的通知公告") == [""]
    assert AuditEntry.objects.filter(verb="webarchive.restored").count() == 1
    with pytest.raises(ArchiveRefused):
        propose_restoring(mark=ArchiveMark.objects.get(), reason="再来", actor=world.lead)


@pytest.mark.req("SITE-23")
def test_archived_channel_marks_what_is_below_it_and_takes_nothing_new(world):
    below = make_channel(world.portal, "jiuwen", world.unit_a, parent=world.news, path="yaowen/jiuwen")
    first = world.publish(title="下级栏目的旧闻", channels=(below,))
    archive(world, Target(world.portal, world.news))
    assert BANNER in read(world.portal, "yaowen/index.html")
    assert BANNER in read(world.portal, "yaowen/jiuwen/index.html")
    assert BANNER in read(world.portal, detail_path(first, below))
    assert is_channel_archived(below)
    draft = world.draft(title="新的一条", channels=(below,))
    with pytest.raises(DomainError) as refused:
        submit_for_review(resource=draft, actor=world.author)
    assert below.name in str(refused.value)
    correct(world, first, title="下级栏目的旧闻（更正）")
    assert BANNER in read(world.portal, detail_path(first, below))


def test_archived_site_says_so_on_home_and_every_page(world):
    resource = world.publish(title="老网站的一条", channels=(world.news,))
    archive(world, Target(world.portal))
    for path in ("index.html", "yaowen/index.html", detail_path(resource, world.news)):
        assert BANNER in read(world.portal, path)
    with pytest.raises(ArchiveRefused):
        propose_archiving(target=Target(world.portal), reason="再来", actor=world.lead)


def test_who_may_not_propose_or_decide_is_refused(world):
    world.publish(channels=(world.news,))
    target = Target(world.portal, world.news)
    for account in (world.author, world.other_lead, world.inspector):
        with pytest.raises(NotSiteKeeper):
            propose_archiving(target=target, reason="旧", actor=account)
    change = propose_archiving(target=target, reason="旧", actor=world.lead)
    other = make_account("other-manager", world.unit_b, StaffRole.PLATFORM_MANAGER)
    for account in (world.lead, world.author, other):
        with pytest.raises(DomainError):
            approve(change, account)
    with pytest.raises(DomainError):
        propose_archiving(target=target, reason="又一次", actor=world.lead)
    own = propose_archiving(target=Target(world.portal), reason="整站", actor=world.manager)
    with pytest.raises(two_person.SamePerson):
        approve(own, world.manager)
    assert not ArchiveMark.objects.exists()


@pytest.mark.parametrize("address", ["", "/nowhere/202611/1.html", "/../etc/passwd", "http://evil.example/x"])
def test_addresses_that_are_no_page_of_the_site_are_refused(world, address):
    world.publish(channels=(world.news,))
    with pytest.raises(ArchiveRefused):
        find_pages(world.portal, [address])


def test_pages_of_another_site_or_withdrawn_meanwhile_are_refused(world):
    resource = world.publish()
    there = resource.placements.get(channel=world.county_news)
    with pytest.raises(ArchiveRefused):
        propose_archiving(target=Target(world.portal, None, (there.pk,)), reason="旧", actor=world.lead)
    here = resource.placements.get(channel=world.news)
    change = propose_archiving(target=Target(world.portal, None, (here.pk,)), reason="旧", actor=world.lead)
    Placement.objects.filter(pk=here.pk).update(is_live=False)
    with pytest.raises(ArchiveRefused):
        approve(change, world.manager)
    change.refresh_from_db()
    assert change.decided_at is None


def test_the_database_keeps_the_day_and_the_mark(world):
    world.publish(channels=(world.news,))
    archive(world, Target(world.portal, world.news))
    marks = ArchiveMark.objects.all()
    for act in (
        lambda: marks.update(archived_on=date(2020, 1, 1)),
        lambda: marks.update(reason="别的"),
        lambda: marks.update(channel=None),
        marks.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_title_in_the_making_is_told_to_nobody_who_looks_after_the_site(world):
    resource = world.publish(title="公开的标题", channels=(world.news,))
    page = resource.placements.get()
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(title="还没有公开的标题"),
        base_number=get_current_revision(resource).number,
        actor=world.author,
    )
    target = Target(world.portal, placement_ids=(page.pk,))
    change = propose_archiving(target=target, reason="旧稿归档", actor=world.lead)
    assert "公开的标题 /" in str(ArchiveTopic().describe(change))
    assert "还没有" not in str(ArchiveTopic().describe(change))
    approve(change, world.manager)
    restored = propose_restoring(mark=ArchiveMark.objects.get(), reason="还要更新", actor=world.lead)
    assert "还没有" not in f"{restored.title}{RestoringTopic().describe(restored)}"

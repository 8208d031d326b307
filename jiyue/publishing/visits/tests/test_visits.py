"""Inclusion of a site by search engines and referrals, month by month and day by day."""

import csv
import io
from datetime import date

import pytest
import time_machine

from jiyue.core.models import AuditEntry
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.models import InclusionCount, ReferralCount
from jiyue.publishing.visits.selectors import engine_of, get_referrals, list_inclusions
from jiyue.publishing.visits.services import (
    MAX_HOSTS_A_DAY,
    InclusionEntry,
    InclusionRefused,
    add_referrals,
    record_inclusion,
)
from jiyue.publishing.visits.tables import export_inclusions, export_referrals, import_inclusions
from jiyue.sites.keeping import NotSiteKeeper
from tests.factories import World

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


@pytest.fixture
def world() -> World:
    return World()


def entry(pages: int, day: date, engine: SearchEngine = SearchEngine.BAIDU) -> InclusionEntry:
    return InclusionEntry(engine, day, pages, "站长平台")


@pytest.mark.req("PUB-20")
def test_inclusion_ratio_is_followed_over_months_against_what_was_published(world):
    with time_machine.travel("2026-10-10 12:00+08:00", tick=False):
        for _ in range(2):
            world.publish(channels=(world.news,))
        record_inclusion(site=world.portal, entry=entry(1, date(2026, 10, 10)), actor=world.lead)
    with time_machine.travel("2026-11-20 12:00+08:00", tick=False):
        world.publish(channels=(world.news,))
        record_inclusion(site=world.portal, entry=entry(2, DAY), actor=world.lead)
        corrected = record_inclusion(site=world.portal, entry=entry(3, DAY), actor=world.lead)
        rows = list_inclusions(world.portal.pk)
        assert [(row.month, row.indexed_pages, row.published_pages) for row in rows] == [
            (date(2026, 11, 1), 3, 3),
            (date(2026, 10, 1), 1, 2),
        ]
        assert corrected.source == "站长平台"
        assert AuditEntry.objects.filter(verb="inclusion.recorded").count() == 3
        table = list(csv.DictReader(io.StringIO(export_inclusions(world.portal).removeprefix("\ufeff"))))
        assert [line["percent"] for line in table] == ["50.0", "100.0"]
        exported = export_inclusions(world.portal).encode()
        InclusionCount.objects.all().delete()
        assert import_inclusions(site=world.portal, data=exported, actor=world.lead).entered == 2
        assert [row.indexed_pages for row in list_inclusions(world.portal.pk)] == [3, 1]


@pytest.mark.parametrize(
    ("pages", "day", "source"),
    [(-1, DAY, "x"), (10**9, DAY, "x"), (1, date(2099, 1, 1), "x"), (1, DAY, "  "), (1, DAY, "长" * 201)],
)
def test_figures_that_cannot_be_are_refused(world, pages, day, source):
    wrong = InclusionEntry(SearchEngine.BAIDU, day, pages, source)
    with time_machine.travel("2026-11-21 12:00+08:00", tick=False), pytest.raises(InclusionRefused):
        record_inclusion(site=world.portal, entry=wrong, actor=world.lead)


def test_who_does_not_look_after_the_site_is_refused(world):
    for account in (world.author, world.other_lead, world.inspector):
        with pytest.raises(NotSiteKeeper):
            record_inclusion(site=world.portal, entry=entry(1, date(2026, 1, 1)), actor=account)
        with pytest.raises(NotSiteKeeper):
            import_inclusions(site=world.portal, data=b"", actor=account)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"engine,counted_on,indexed_pages,source\n", b"x" * 200_001],
)
def test_files_that_are_no_such_table_are_refused(world, data):
    with pytest.raises(InclusionRefused):
        import_inclusions(site=world.portal, data=data, actor=world.lead)


def test_a_file_with_a_wrong_line_enters_nothing_and_names_the_line(world):
    lines = ["engine,counted_on,indexed_pages,source", "baidu,2026-01-05,7,a"]
    lines += ["bing,05.01.2026,8,b", "baidu,2026-02-05,一,c"]
    report = import_inclusions(site=world.portal, data="\n".join(lines).encode(), actor=world.lead)
    assert [number for number, _text in report.errors] == [3, 4]
    assert not InclusionCount.objects.exists()


@pytest.mark.req("PUB-20")
def test_referrals_add_up_by_engine_and_host_without_following_anybody(world):
    for host, number in (
        ("www.Baidu.com", 3),
        ("m.baidu.com", 2),
        ("so.toutiao.com", 1),
        ("news.example", 4),
    ):
        add_referrals(world.portal.key, DAY, {host: number})
    add_referrals(world.portal.key, DAY, {"<script>": 5, "": 1, "a" * 300: 1, "bing.com": 0, "x": -3})
    add_referrals(world.portal.key, date(2026, 11, 19), {"baidu.com": 10})
    found = get_referrals(world.portal.pk, DAY, days=2)
    assert found.days == ((date(2026, 11, 19), 10, 0), (DAY, 6, 11))
    assert found.engines == ((SearchEngine.BAIDU, 15), (SearchEngine.TOUTIAO, 1))
    assert found.hosts == (("", 7), ("news.example", 4))
    assert engine_of("notbaidu.com") is None
    assert "2026-11-20,news.example,4" in export_referrals(world.portal)
    assert get_referrals(world.county.pk, DAY).total == 0


def test_a_flood_of_made_up_hosts_fills_no_table(world):
    add_referrals(world.portal.key, DAY, {f"h{number}.example": 1 for number in range(MAX_HOSTS_A_DAY + 100)})
    add_referrals(world.portal.key, DAY, {"late.example": 1, "h1.example": 1})
    assert ReferralCount.objects.count() == MAX_HOSTS_A_DAY + 1
    assert ReferralCount.objects.get(host="").count == 101

"""A site leaves one platform and comes to another one, with the same addresses, reviews and gaps."""

import json

import pytest
import time_machine
from django.core.management import call_command

from jiyue.core.models import AuditEntry
from jiyue.interaction.models import PageViews
from jiyue.library.catalogue.models import IssuedIndexNumber
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, Resource
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.publishing.exporting.importing import compare_pages
from jiyue.publishing.exporting.sources import opening
from jiyue.publishing.exporting.tests.elsewhere import export, fill, platform, take_in
from jiyue.publishing.models import Placement
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.tests.output import correct
from jiyue.publishing.webarchive.models import ArchiveMark
from jiyue.review.models import ReviewAction
from jiyue.search.selectors import search_site
from jiyue.sites.models import Channel, Site
from tests.factories import World, make_unit

pytestmark = pytest.mark.django_db

DECISIONS = ("case_id", "step__level", "verb", "person__name", "created_at", "step__unit__code")
PLACES = (
    "path",
    "sequence",
    "list_page",
    "site_sequence",
    "sitemap_shard",
    "placed_at",
    "is_live",
    "resource_id",
)


def decisions() -> list[tuple]:
    live = LiveEdition.objects.filter(resource__placements__site__key="shi").values("edition__case_id")
    rows = ReviewAction.objects.filter(case__in=live).order_by("pk")
    return list(rows.values_list(*DECISIONS))


def places() -> list[tuple]:
    return list(Placement.objects.filter(site__key="shi").order_by("pk").values_list(*PLACES))


def editions() -> list[tuple]:
    live = LiveEdition.objects.filter(
        resource__placements__site__key="shi", resource__placements__is_live=True
    )
    rows = Edition.objects.filter(pk__in=live.values("edition")).order_by("pk")
    return list(rows.values_list("pk", "resource_id", "number", "digest", "index_number", "published_at"))


@pytest.fixture
def exported(tmp_path, settings):
    """The city portal, exported three ways; the platform it comes from is gone afterwards."""
    with platform(settings, tmp_path / "first"):
        world = World()
        items = fill(world)
        PageViews.objects.create(resource=items["first"], count=41)
        report = export(world.portal, tmp_path / "portal.zip")
        assert AuditEntry.objects.filter(verb="site.exported", subject_id=str(world.portal.pk)).count() == 1
        for name in ("folder", "portal.tar"):
            assert export(world.portal, tmp_path / name).files == report.files
        known = {
            "items": {name: item.pk for name, item in items.items()},
            "decisions": decisions(),
            "places": places(),
            "editions": editions(),
            "numbers": set(IssuedIndexNumber.objects.values_list("number", flat=True)),
        }
    assert not Site.objects.exists()
    return known


def test_imported_site_has_the_same_pages_addresses_reviews_and_gaps(exported, tmp_path):
    make_unit("C00000003", "别的单位")
    own = make_unit("B00000002", "市交通局")
    with time_machine.travel("2027-03-01 09:00 +0800"):
        report = take_in(tmp_path / "portal.zip")
        with opening(tmp_path / "portal.zip") as reader:
            assert list(compare_pages(reader, report.site)) == []
        call_command("import-site", tmp_path / "portal.zip", "--compare")
        assert find_discrepancies() == []
    assert places() == exported["places"]
    assert decisions() == exported["decisions"]
    assert editions() == exported["editions"]
    assert report.new_units == ("A00000001 市政府办公室",)
    assert Organization.objects.get(code="B00000002") == own
    assert PageViews.objects.get().count == 41
    assert search_site(site_key="shi", text="更正后的标题").total == 1
    assert search_site(site_key="shi", text="已撤下").total == 0
    mark = ArchiveMark.objects.select_related("change").get()
    assert (mark.change.proposer_name, mark.change.decider_name) == ("乙", "戊")
    assert mark.change.proposer_person_id == Person.objects.get(name="乙").pk
    facts = json.loads(AuditEntry.objects.select_related("text").get(verb="site.imported").text.body)["facts"]
    assert (facts["operator"], facts["site"], facts["digest"]) == ("ops", "shi", reader.digest)
    withdrawn = Resource.objects.get(pk=exported["items"]["withdrawn"])
    assert withdrawn.status == ResourceStatus.WITHDRAWN
    assert not withdrawn.editions.exists()
    assert "已撤下" not in withdrawn.title
    assert not withdrawn.placements.get().is_live
    assert AuditEntry.objects.filter(
        verb="resource.imported_without_text", subject_id=str(withdrawn.pk)
    ).exists()
    assert set(StaffAccount.objects.values_list("status", flat=True)) == {AccountStatus.CLOSED}
    assert not any(account.has_usable_password() for account in StaffAccount.objects.all())
    assert set(Person.objects.values_list("name", flat=True)) == {"甲", "乙", "庚", "戊"}
    assert not Person.objects.exclude(phone="", email="", employee_number=None).exists()


def test_work_goes_on_after_the_import_without_reissuing_numbers(exported, tmp_path):
    take_in(tmp_path / "portal.tar")
    world = World(unit_a=Organization.objects.get(code="A00000001"), unit_b=unit_of("B00000002"))
    item = world.publish(title="导入后的新稿", channels=(Channel.objects.get(key="yaowen"),))
    assert item.pk > max(row[-1] for row in exported["places"])
    assert item.live.edition.index_number not in exported["numbers"]
    first = Resource.objects.get(pk=exported["items"]["first"])
    correct(world, first, title="导入后更正的标题", channel_ids=(item.placements.get().channel_id,))
    world.withdraw(item)
    assert search_site(site_key="shi", text="导入后更正的标题").total == 1
    assert find_discrepancies() == []
    named = set(Edition.objects.earliest("pk").content.channel_ids)
    fresh = Channel.objects.create(
        site=Site.objects.get(), key="xin", name="新", path="xin", content_class="dynamic"
    )
    assert fresh.pk > max(named)


def unit_of(code: str) -> Organization:
    return Organization.objects.filter(code=code).first() or make_unit(code)

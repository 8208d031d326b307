"""What is public is compared with what should be, and put right."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from jiyue.core import outbox
from jiyue.publishing.models import OutputFile, Placement, PublishedSite
from jiyue.publishing.reconcile import find_discrepancies, repair_discrepancies
from jiyue.publishing.tests.output import detail_path, publish_many, root_of, snapshot
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    publish_many(world, 21, channels=(world.news, world.county_news))
    return world


def damage_file(world: World, path: str) -> None:
    (root_of(world.portal) / path).write_bytes(b"tampered")


def remove_file(world: World, path: str) -> None:
    (root_of(world.portal) / path).unlink()


@pytest.mark.parametrize(("damage", "kind"), [(damage_file, "stale"), (remove_file, "missing")])
def test_damaged_or_missing_files_are_found_and_restored(world, damage, kind):
    paths = {
        *("index.html", "feed.xml", "atom.xml", "robots.txt", "sitemap.html", "404.html", "50x.html"),
        *("sitemap.xml", "sitemap-0.xml", "sitemap-1.xml"),
        *("yaowen/index.html", "yaowen/feed.xml", "yaowen/atom.xml", "yaowen/1.html"),
        Placement.objects.filter(channel=world.news).earliest("pk").path,
        OutputFile.objects.filter(site=world.portal, path__endswith="site.css").get().path,
    }
    before = snapshot(world.portal)
    for path in paths:
        damage(world, path)
    found = find_discrepancies()
    assert {(each.kind, each.site, each.what) for each in found} == {(kind, "shi", path) for path in paths}
    repair_discrepancies(found)
    assert find_discrepancies() == []
    assert snapshot(world.portal) == before


def test_missing_or_damaged_compressed_copy_is_stale(world):
    remove_file(world, "index.html.gz")
    damage_file(world, "yaowen/index.html.gz")
    found = find_discrepancies()
    assert {(each.kind, each.what) for each in found} == {
        ("stale", "index.html"),
        ("stale", "yaowen/index.html"),
    }
    repair_discrepancies(found)
    assert find_discrepancies() == []


def test_extra_things_are_found_and_removed(world):
    root = root_of(world.portal)
    (root / "planted.html").write_text("x")
    (root / "yaowen/.x.html.new").write_text("half a page")
    (root / "Leaked File.docx").write_text("x")
    (root / "link").symlink_to("/etc")
    (root / "yaowen/index.html.gz.bak").write_text("x")
    found = find_discrepancies()
    assert {each.kind for each in found} == {"extra"}
    assert {each.what for each in found} == {
        "planted.html",
        "yaowen/.x.html.new",
        "Leaked File.docx",
        "link",
        "yaowen/index.html.gz.bak",
    }
    repair_discrepancies(found)
    assert find_discrepancies() == []


def test_page_of_an_older_edition_is_stale(world):
    placement = Placement.objects.filter(channel=world.news).earliest("pk")
    other = Placement.objects.filter(channel=world.news).latest("pk")
    Placement.objects.filter(pk=placement.pk).update(rendered_edition=other.rendered_edition_id)
    found = find_discrepancies()
    assert [(each.kind, each.what) for each in found] == [("stale", placement.path)]
    repair_discrepancies(found)
    assert find_discrepancies() == []


def test_page_that_outlived_its_withdrawal_is_extra(world):
    placement = Placement.objects.filter(channel=world.news).earliest("pk")
    Placement.objects.filter(pk=placement.pk).update(is_live=False)
    found = find_discrepancies()
    pages = [(each.kind, each.what) for each in found if each.area == "pages"]
    assert pages == [("extra", placement.path)]
    repair_discrepancies(found)
    assert find_discrepancies() == []
    assert not (root_of(world.portal) / placement.path).exists()


def test_sites_table_out_of_date_is_stale(world):
    settings.JIYUE_OUTPUT_DIR.joinpath("sites.json").write_text("[]")
    found = find_discrepancies()
    assert [(each.kind, each.what) for each in found] == [("stale", "sites.json")]
    repair_discrepancies(found)
    assert find_discrepancies() == []


def test_changed_site_that_nobody_refreshed_is_named(world):
    world.portal.name = "新名称"
    world.portal.save()
    assert ("stale", "shi", "") in {(each.kind, each.site, each.what) for each in find_discrepancies()}
    repair_discrepancies(find_discrepancies())
    assert find_discrepancies() == []
    assert PublishedSite.objects.get(site=world.portal).frame_digest


def test_command_reports_as_json_and_by_its_exit_code(world):
    out = StringIO()
    call_command("reconcile", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"missing": [], "extra": [], "stale": [], "repaired": []}
    remove_file(world, "index.html")
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("reconcile", "--json", stdout=out)
    assert stop.value.code == 1
    assert [each["what"] for each in json.loads(out.getvalue())["missing"]] == ["index.html"]
    out = StringIO()
    call_command("reconcile", "--repair", stdout=out)
    assert "index.html" in out.getvalue()


def test_command_explains_what_a_publication_writes(world):
    resource = world.publish(channels=(world.news,))
    out = StringIO()
    call_command("publish", "--explain", str(resource.pk), stdout=out)
    assert f"shi/{detail_path(resource, world.news)}" in out.getvalue()
    assert len(out.getvalue().splitlines()) == 10
    with pytest.raises(CommandError):
        call_command("publish", "--explain", "999999", stdout=out)
    with pytest.raises(CommandError):
        call_command("publish", "--all", "--site", "nowhere", stdout=out)
    assert outbox.drain() == 0

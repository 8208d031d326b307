"""Screens of units, reforms, sharing and sites: forged input, nothing typed lost, the whole way through."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jiyue.core import clock
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization, SharingGrant, StaffAccount, UnitReform
from jiyue.organizations.tests.test_unit_tables import row, table
from jiyue.sites.models import SiteRole
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(world: World) -> StaffAccount:
    """Platform manager of a tree with unit A in it; unit B lies outside."""
    top = make_unit("TOP", "市政府")
    Organization.objects.filter(pk=world.unit_a.pk).update(superior=top, path=f"{top.path}A00000001/")
    return make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)


def unit_form(**values: str) -> dict[str, str]:
    """The form of a unit as the browser sends it."""
    form = {
        "code": "NEW",
        "name": "新局",
        "level": "prefecture_city",
        "kind": "department",
        "superior": "TOP",
    }
    return {**form, **values}


@pytest.mark.req("ORG-04")
@pytest.mark.parametrize("forged", ["B00000002", "B00000002 市交通局", "市交通局", "-1", "' OR 1=1", "\x00"])
def test_unit_of_another_tree_is_named_by_no_form(enter, world, manager, forged):
    client = enter(manager)
    for field in ("superior", "supervising_unit"):
        answer = client.post("/units/new/", unit_form(**{field: forged, "name": "打了很久的名称"}))
        assert answer.status_code == 200
        assert "打了很久的名称" in answer.content.decode()
        edit = unit_form(**{field: forged})
        assert client.post(f"/units/{world.unit_a.pk}/edit/", edit).status_code == 200
    data = {"owner": "TOP", "reader": forged, "starts_on": "2026-01-01", "reason": "试"}
    assert client.post("/sharing/", data).status_code == 200
    data = {"role": "operator", "unit": forged, "starts_on": "2026-01-01"}
    assert client.post(f"/sites/{world.portal.pk}/roles/", data).status_code == 200
    case = {"kind": "domain", "title": "域名", "unit": forged, "body": "试"}
    assert client.post("/co-regulation/new/", case).status_code == 200
    assert not Organization.objects.filter(code="NEW").exists()
    assert not SharingGrant.objects.exists()
    assert SiteRole.objects.filter(site=world.portal).count() == 1


def test_addresses_of_another_tree_do_not_exist(enter, world, manager):
    client, other = enter(manager), world.unit_b
    for address in (
        f"/units/{other.pk}/",
        f"/units/{other.pk}/edit/",
        f"/units/{other.pk}/close/",
        f"/sites/{world.county.pk}/roles/",
        f"/sites/{world.county.pk}/owners/",
        "/units/999999999999/",
        "/reforms/1/",
    ):
        assert client.get(address).status_code == 404, address
        assert client.post(address, {}).status_code in (404, 405), address
    role = SiteRole.objects.get(site=world.county)
    assert client.post(f"/sites/{world.portal.pk}/roles/{role.pk}/end/").status_code == 404


def test_unit_is_founded_renamed_moved_and_closed_by_its_screens(enter, manager):
    client = enter(manager)
    answer = client.post("/units/new/", unit_form())
    unit = Organization.objects.get(code="NEW")
    assert answer.headers["Location"] == f"/units/{unit.pk}/"
    assert client.post("/units/new/", unit_form()).status_code == 200  # a double click founds one
    client.post("/units/new/", unit_form(code="SUB", superior="NEW"))
    client.post(f"/units/{unit.pk}/edit/", unit_form(name="改名局", superior="TOP 市政府"))
    unit.refresh_from_db()
    assert unit.name == "改名局"
    page = client.get(f"/units/{unit.pk}/").content.decode()
    assert "新局" in page  # what it was called before stays in its history
    assert client.post(f"/units/{unit.pk}/close/", {"reason": "撤销"}).status_code == 200
    below = Organization.objects.get(code="SUB")
    client.post(f"/units/{below.pk}/close/", {"reason": "撤销"})
    below.refresh_from_db()
    assert below.status == UnitStatus.CLOSED
    assert client.get(f"/units/{below.pk}/").status_code == 200
    assert "SUB" not in client.get("/units/").content.decode()
    assert "SUB" in client.get("/units/?closed=1").content.decode()


def test_import_shows_every_mistake_and_founds_nothing(enter, manager):
    client = enter(manager)
    bad = SimpleUploadedFile("机构.xlsx", table(row("OK1"), row("BAD", "NOWHERE")))
    page = client.post("/units/import/", {"file": bad})
    assert page.status_code == 200
    assert "NOWHERE" in page.content.decode()
    assert not Organization.objects.filter(code="OK1").exists()
    for data in (b"", b"PK\x03\x04", b"code,name"):
        page = client.post("/units/import/", {"file": SimpleUploadedFile("机构.xlsx", data)})
        assert page.status_code == 200
    good = SimpleUploadedFile("机构.xlsx", table(row("OK1"), row("OK2", "OK1")))
    assert client.post("/units/import/", {"file": good}).status_code == 302
    assert Organization.objects.filter(code__in=("OK1", "OK2")).count() == 2
    assert client.post("/units/export/").content.startswith(b"PK")


def test_split_asks_who_goes_where_and_runs_after_the_second_person(enter, world, manager):
    second = make_account("wu.gang", manager.unit, StaffRole.PLATFORM_MANAGER)
    make_unit("HALF", "新设局", superior=manager.unit)
    person, client = world.author, enter(manager)
    form = {
        "kind": "split",
        "predecessors": world.unit_a.code,
        "successors": f"{world.unit_a.code}\nHALF 新设局",
        "main": world.unit_a.code,
        "effective_on": clock.today().isoformat(),
        "basis": "编办〔2026〕5号",
        "reason": "职能划转",
    }
    page = client.post("/reforms/new/", form)
    assert f"account_{person.pk}" in page.content.decode()
    half = Organization.objects.get(code="HALF")
    chosen = {**form, "assigned": "1", f"account_{person.pk}": str(half.pk), "account_999": "1"}
    answer = client.post("/reforms/new/", chosen)
    change = TwoPersonChange.objects.get()
    assert answer.headers["Location"] == f"/reforms/{change.pk}/"
    decision = {"decision": "approve", "seen_digest": change.digest, "opinion": ""}
    client.post(f"/changes/{change.pk}/decide/", decision)
    assert not UnitReform.objects.exists()  # nobody decides on the own proposal
    enter(second).post(f"/changes/{change.pk}/decide/", decision)
    person.refresh_from_db()
    assert person.unit == half
    page = enter(second).get(f"/reforms/{change.pk}/").content.decode()
    assert "编办〔2026〕5号" in page


def test_tree_needs_the_same_few_queries_however_many_units_it_has(
    enter, manager, django_assert_max_num_queries
):
    for number in range(30):
        make_unit(f"N{number}", superior=manager.unit)
    client = enter(manager)
    client.get("/units/")
    with django_assert_max_num_queries(35):
        client.get("/units/")

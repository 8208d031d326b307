"""A unit's library is its own unless it is shared: to read, for a time."""

from datetime import date, timedelta

import pytest

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import count_by_status, get_content, list_visible_resources
from jiyue.library.services import save_revision
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, SharingGrant, StaffAccount
from jiyue.organizations.services import SharingRefused, end_sharing, grant_sharing
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(world: World) -> StaffAccount:
    """Platform manager above units A and B."""
    top = make_unit("T00000000", "市政府")
    for unit in (world.unit_a, world.unit_b):
        Organization.objects.filter(pk=unit.pk).update(superior=top, path=f"{top.path}{unit.code}/")
    return make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)


def share(world: World, manager: StaffAccount, **values: object) -> SharingGrant:
    """Unit B may read the library of unit A."""
    days = {"starts_on": date(2020, 1, 1), "ends_on": None, "reason": "联合办文"}
    return grant_sharing(owner=world.unit_a, reader=world.unit_b, actor=manager, **{**days, **values})  # type: ignore[arg-type]


@pytest.mark.req("ORG-04")
def test_shared_library_is_read_and_nothing_more(world: World, manager: StaffAccount):
    item = world.publish()
    client = both_factors(world.other_author)
    address = f"/resources/{item.pk}/"
    assert client.get(address).status_code == 404
    grant = share(world, manager)
    assert client.get(address).status_code == 200
    assert item.title in client.get("/resources/").content.decode()
    for door in ("edit/", "submit/", "withdraw/"):
        assert client.get(address + door).status_code in (403, 404)
        assert client.post(address + door, {"title": "改"}).status_code in (403, 404)
    content = get_content(item)
    with pytest.raises(NotYourUnit):
        save_revision(resource=item, content=content, base_number=1, actor=world.other_author)
    assert not any(count_by_status(world.other_author).values())
    end_sharing(grant=grant, actor=manager)
    assert client.get(address).status_code == 404
    for verb in ("sharing.granted", "sharing.ended"):
        assert AuditEntry.objects.filter(verb=verb, subject_id=str(world.unit_a.pk)).exists()


@pytest.mark.req("ORG-04")
def test_sharing_counts_from_its_first_to_its_last_day_and_one_way(world: World, manager: StaffAccount):
    item = world.publish()
    today = clock.today()
    later = share(world, manager, starts_on=today + timedelta(days=1))
    assert item not in list_visible_resources(world.other_author)
    SharingGrant.objects.filter(pk=later.pk).update(starts_on=today, ends_on=today)
    assert item in list_visible_resources(world.other_author)
    SharingGrant.objects.filter(pk=later.pk).update(
        starts_on=date(2020, 1, 1), ends_on=today - timedelta(days=1)
    )
    assert item not in list_visible_resources(world.other_author)


def test_nobody_shares_what_lies_outside_the_own_subtree(world: World, manager: StaffAccount):
    foreign = make_unit("F00000001")
    below = make_account("zheng.li", world.unit_b, StaffRole.PLATFORM_MANAGER)
    grant = share(world, manager)
    for values in ({"actor": below}, {"owner": foreign}, {"reader": foreign}, {"reader": world.unit_a}):
        with pytest.raises(SharingRefused):
            grant_sharing(
                **{
                    "owner": world.unit_a,
                    "reader": world.unit_b,
                    "starts_on": date(2021, 1, 1),
                    "ends_on": None,
                    "reason": "试",
                    "actor": manager,
                    **values,
                }
            )
    for refused in ({"reason": " "}, {"ends_on": date(2019, 1, 1)}, {}):
        with pytest.raises(SharingRefused):
            share(world, manager, **refused)
    with pytest.raises(SharingRefused):
        end_sharing(grant=grant, actor=below)


@pytest.mark.req("ORG-04")
@pytest.mark.parametrize("who", ["other_author", "other_lead"])
def test_shared_library_tells_nothing_of_how_an_item_came_about(
    world: World, manager: StaffAccount, who: str
):
    """Readers of a shared library opened the trail: opinions, drafts and secrecy reviews of the owner."""
    item = world.publish()
    share(world, manager)
    address = f"/resources/{item.pk}/"
    client = both_factors(getattr(world, who))
    assert client.get(address).status_code == 200
    for door in ("trail/", "trail/pdf/", "history/", "manuscript/", "unsaved/", "added-review/"):
        assert client.get(address + door).status_code in (403, 404), door
    page = client.get(address).content.decode()
    assert "不涉密" not in page
    assert world.lead.person.name not in page

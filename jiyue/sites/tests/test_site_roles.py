"""Who answers for sites and channels, from day to day."""

from datetime import date, timedelta

import pytest
import time_machine

from jiyue.core import audit, clock, outbox
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.services import assign_role
from jiyue.publishing.frames import load_site_pages
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.models import Site, SiteRole
from jiyue.sites.selectors import (
    get_missing_roles,
    get_site_units,
    list_findings,
    list_governed_sites,
    list_unowned_channels,
)
from jiyue.sites.services import (
    SiteRoleRefused,
    announce_dated_changes,
    assign_site_role,
    end_channel_owner,
    end_site_role,
    go_live_blockers,
    name_channel_owner,
    name_site_unit,
)
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db
START = date(2020, 1, 1)


def give(site: Site, unit: Organization, role: SiteRoleName, **days: date) -> SiteRole:
    """Give a role, without asking who may."""
    return assign_site_role(
        site=site, unit=unit, role=role, starts_on=days.pop("starts_on", START), actor=audit.PLATFORM, **days
    )


@pytest.mark.req("ORG-02")
def test_footer_names_every_sponsor_and_without_operator_the_sponsor_operates(world: World):
    give(world.portal, world.unit_b, SiteRoleName.SPONSOR)
    frame = load_site_pages(world.portal.pk).frame
    assert world.unit_a.name in frame.sponsor
    assert world.unit_b.name in frame.sponsor
    assert frame.operator == ""
    units = get_site_units(world.portal.pk)
    assert units.operating == (world.unit_a, world.unit_b)
    give(world.portal, world.unit_b, SiteRoleName.OPERATOR)
    assert get_site_units(world.portal.pk).operating == (world.unit_b,)


@pytest.mark.req("ORG-02")
def test_report_names_every_site_without_supervising_unit_or_sponsor(world: World):
    give(world.portal, world.unit_a, SiteRoleName.SUPERVISING_UNIT)
    assert get_missing_roles(world.portal.pk) == ()
    assert get_missing_roles(world.county.pk) == (SiteRoleName.SUPERVISING_UNIT,)
    SiteRole.objects.filter(site=world.county).update(ends_on=date(2021, 1, 1))
    findings = {finding.site: finding for finding in list_findings(Site.objects.all())}
    assert findings[world.county].missing_roles == (SiteRoleName.SUPERVISING_UNIT, SiteRoleName.SPONSOR)


@pytest.mark.req("ORG-02")
def test_roles_count_from_their_first_to_their_last_day(world: World):
    today = clock.today()
    give(world.portal, world.unit_b, SiteRoleName.OPERATOR, starts_on=today, ends_on=today)
    assert get_site_units(world.portal.pk).operators == (world.unit_b,)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert get_site_units(world.portal.pk).operators == ()


def test_supervising_unit_and_operator_are_one_at_a_time(world: World):
    for role in (SiteRoleName.SUPERVISING_UNIT, SiteRoleName.OPERATOR):
        give(world.portal, world.unit_a, role)
        with pytest.raises(SiteRoleRefused):
            give(world.portal, world.unit_b, role, starts_on=date(2026, 1, 1))
    with pytest.raises(SiteRoleRefused):
        give(world.portal, world.unit_a, SiteRoleName.SPONSOR)
    with pytest.raises(SiteRoleRefused):
        give(world.portal, world.unit_a, SiteRoleName.USING_UNIT, ends_on=date(2019, 1, 1))


@pytest.mark.req("ORG-04")
def test_only_who_governs_the_site_says_who_has_which_role_there(world: World):
    other = make_account("zheng.li", world.unit_b, StaffRole.PLATFORM_MANAGER)
    assert world.portal.pk in list_governed_sites(world.manager).values_list("pk", flat=True)
    assert world.portal not in list_governed_sites(other)
    role = SiteRole.objects.get(site=world.portal)
    days = {"starts_on": START, "ends_on": None}
    for unit, actor in ((world.unit_b, other), (world.unit_b, world.manager), (world.unit_a, world.author)):
        with pytest.raises(SiteRoleRefused):
            name_site_unit(site=world.portal, unit=unit, role=SiteRoleName.USING_UNIT, actor=actor, **days)
    with pytest.raises(SiteRoleRefused):
        end_site_role(site_role=role, last_day=clock.today(), actor=other)
    name_site_unit(
        site=world.portal, unit=world.unit_a, role=SiteRoleName.USING_UNIT, actor=world.manager, **days
    )
    end_site_role(site_role=role, last_day=clock.today(), actor=world.manager)
    for verb in ("site.role_assigned", "site.role_ended"):
        assert AuditEntry.objects.filter(verb=verb, subject_id=str(world.portal.pk)).exists()


def test_pages_follow_when_a_role_ends(world: World):
    world.publish()
    end_site_role(
        site_role=SiteRole.objects.get(site=world.portal),
        last_day=clock.today() - timedelta(days=1),
        actor=world.manager,
    )
    assert outbox.drain()
    list(announce_dated_changes())
    assert load_site_pages(world.portal.pk).frame.sponsor == ""


def test_site_without_general_owner_and_security_owner_cannot_go_online(world: World):
    give(world.portal, world.unit_a, SiteRoleName.SUPERVISING_UNIT)
    assert len(go_live_blockers(world.portal)) == 2
    person = world.author.person
    for role in (StaffRole.GENERAL_OWNER, StaffRole.SECURITY_OWNER):
        assign_role(person=person, unit=world.unit_a, role=role, starts_on=START, actor=audit.PLATFORM)
    assert go_live_blockers(world.portal) == []
    person.roles.filter(role=StaffRole.SECURITY_OWNER).update(ends_on=date(2021, 1, 1))
    assert len(go_live_blockers(world.portal)) == 1


def test_channel_without_active_owner_is_a_finding(world: World):
    sites = [world.portal.pk]
    assert list(list_unowned_channels([world.news.site_id])) == [world.news]
    owner = name_channel_owner(
        channel=world.news, person=world.author.person, starts_on=START, ends_on=None, actor=world.manager
    )
    assert not list_unowned_channels(sites).exists()
    world.author.person.accounts.update(status=AccountStatus.CLOSED)
    assert list(list_unowned_channels(sites)) == [world.news]
    world.author.person.accounts.update(status=AccountStatus.ACTIVE)
    end_channel_owner(owner=owner, actor=world.manager)
    assert list(list_unowned_channels(sites)) == [world.news]
    assert AuditEntry.objects.filter(verb="channel.owner_ended").exists()


def test_owner_of_a_channel_belongs_to_a_unit_of_the_site(world: World):
    assert world.news
    stranger = make_account("feng.yu", world.unit_b, StaffRole.PLATFORM_MANAGER)
    world.news.contributors.remove(world.unit_b)
    with pytest.raises(SiteRoleRefused):
        name_channel_owner(
            channel=world.news, person=stranger.person, starts_on=START, ends_on=None, actor=world.manager
        )
    with pytest.raises(SiteRoleRefused):
        name_channel_owner(
            channel=world.news, person=world.author.person, starts_on=START, ends_on=None, actor=stranger
        )

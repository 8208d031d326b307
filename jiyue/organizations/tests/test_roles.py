"""Who gives which role to whom, and which periods fit (ORG-04, ORG-05)."""

from datetime import date, timedelta

import pytest
import time_machine

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel
from jiyue.organizations.models import Organization, Person, ProfileAssignment, StaffAccount, UnitRole
from jiyue.organizations.selectors.people import (
    get_missing_site_posts,
    list_account_splits,
    list_post_gaps,
    list_responsible_persons,
)
from jiyue.organizations.services import DutiesConflict, assign_role
from jiyue.organizations.services.authority import GrantRefused, OutsideOwnUnits, grant_refusal
from jiyue.organizations.services.roles import RoleRefused, change_role
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


def bind(unit: Organization, profile: str) -> None:
    """Put a unit and all below it under a profile."""
    ProfileAssignment.objects.create(
        unit=unit, profile=profile, effective_on=date(2020, 1, 1), created_at=clock.now()
    )


@pytest.fixture
def below(world: World) -> Organization:
    """A unit below unit A."""
    return make_unit("A00000003", "市政府办公室信息科", superior=world.unit_a)


@pytest.fixture
def keeper(world: World) -> StaffAccount:
    """An account manager of unit A."""
    return make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")


def newcomer() -> Person:
    return Person.objects.create(name="新人")


def give(person: Person, unit: Organization, role: StaffRole, by: StaffAccount, **dates: object) -> UnitRole:
    dates.setdefault("starts_on", clock.today())
    return assign_role(person=person, unit=unit, role=role, actor=by.audit_actor(), **dates)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("manager", "own", "lower"),
    [
        # (what the actor holds, what may be given in the own unit, and in the one below)
        ("platform_manager", set(StaffRole), set(StaffRole)),
        (
            "account_manager",
            set(StaffRole) - {"platform_manager", "account_manager", "inspector"},
            set(StaffRole) - {"platform_manager", "inspector"},
        ),
        ("entry_clerk", set(), set()),
        ("principal_leader", set(), set()),
    ],
)
def test_nobody_gives_more_than_they_hold(world, below, manager, own, lower):
    actor = make_account("wei", world.unit_a, StaffRole(manager), name="卫").audit_actor()
    person = newcomer()
    for unit, allowed in ((world.unit_a, own), (below, lower), (world.unit_b, set())):
        given = {role for role in StaffRole if grant_refusal(actor, unit, role, person) is None}
        assert given == allowed, unit.name


def test_an_administrator_of_a_lower_unit_reaches_neither_the_unit_above_nor_its_people(world, below):
    chief = make_account("xia", below, StaffRole.PLATFORM_MANAGER, name="夏")
    with pytest.raises(OutsideOwnUnits):
        give(newcomer(), world.unit_a, StaffRole.ENTRY_CLERK, chief)
    with pytest.raises(OutsideOwnUnits):
        give(world.author.person, below, StaffRole.ENTRY_CLERK, chief)
    with pytest.raises(OutsideOwnUnits):
        give(world.other_author.person, below, StaffRole.ENTRY_CLERK, chief)


def test_nobody_gives_a_role_to_themselves(world):
    with pytest.raises(GrantRefused) as refusal:
        give(world.manager.person, world.unit_a, StaffRole.INSPECTOR, world.manager)
    assert refusal.value.fix


def test_rights_of_a_suspended_administrator_are_gone(world):
    StaffAccount.objects.filter(pk=world.manager.pk).update(status="suspended")
    with pytest.raises(OutsideOwnUnits):
        give(newcomer(), world.unit_a, StaffRole.ENTRY_CLERK, world.manager)


def test_duties_exclude_each_other_across_units_and_on_every_day_they_share(world, below):
    person, today = newcomer(), clock.today()
    give(person, world.unit_a, StaffRole.ENTRY_CLERK, world.manager, ends_on=today + timedelta(days=10))
    for role in (StaffRole.REVIEW_LEAD, StaffRole.ACCOUNT_MANAGER):
        with pytest.raises(DutiesConflict):
            give(person, below, role, world.manager, starts_on=today + timedelta(days=10))
    give(person, below, StaffRole.REVIEW_LEAD, world.manager, starts_on=today + timedelta(days=11))


def test_ht_has_one_leader_in_charge_at_a_time(world):
    bind(world.unit_a, "HT")
    today = clock.today()
    give(newcomer(), world.unit_a, StaffRole.LEADER_IN_CHARGE, world.manager, ends_on=today)
    with pytest.raises(RoleRefused) as refusal:
        give(newcomer(), world.unit_a, StaffRole.LEADER_IN_CHARGE, world.manager, starts_on=today)
    assert "HT" in str(refusal.value.message)
    give(newcomer(), world.unit_a, StaffRole.LEADER_IN_CHARGE, world.manager, starts_on=today + timedelta(1))


def test_other_profiles_set_no_number_of_leaders(world):
    for _number in range(2):
        give(newcomer(), world.unit_a, StaffRole.LEADER_IN_CHARGE, world.manager)


def test_a_role_isnt_held_twice_in_the_same_period_and_dates_must_make_sense(world):
    person, today = newcomer(), clock.today()
    give(person, world.unit_a, StaffRole.QUALITY_MANAGER, world.manager)
    for dates in (
        {"starts_on": today + timedelta(days=3)},
        {"starts_on": today, "ends_on": today - timedelta(days=1)},
        {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=1)},
    ):
        with pytest.raises(RoleRefused):
            give(person, world.unit_a, StaffRole.QUALITY_MANAGER, world.manager, **dates)


def test_dates_change_forward_only_and_a_begun_role_keeps_its_first_day(world):
    today = clock.today()
    role = give(newcomer(), world.unit_a, StaffRole.QUALITY_MANAGER, world.manager, ends_on=today)
    change = {"role": role, "section": "信息股", "actor": world.manager.audit_actor()}
    with pytest.raises(RoleRefused):
        change_role(starts_on=today + timedelta(days=1), ends_on=None, **change)
    longer = change_role(starts_on=today, ends_on=today + timedelta(days=30), **change)
    assert (longer.section, longer.ends_on) == ("信息股", today + timedelta(days=30))
    with pytest.raises(RoleRefused):
        change_role(starts_on=today, ends_on=today + timedelta(days=29), **change)
    assert AuditEntry.objects.filter(verb="role.changed", subject_id=str(role.person_id)).count() == 1


@pytest.mark.parametrize(("day", "holds"), [("2028-02-29", True), ("2028-03-01", False)])
def test_a_role_that_ends_on_a_leap_day_holds_through_it(world, day, holds):
    with time_machine.travel("2028-02-01T00:00:00+08:00", tick=False):
        role = give(
            newcomer(), world.unit_a, StaffRole.MAILBOX_HANDLER, world.manager, ends_on=date(2028, 2, 29)
        )
    with time_machine.travel(f"{day}T00:00:01+08:00", tick=False):
        assert (role in list_responsible_persons([world.unit_a.pk])) is holds


def test_a_unit_without_leader_or_information_officer_is_named_and_a_site_needs_its_owners(world):
    units = [world.unit_a.pk, world.unit_b.pk]
    vacant = {(gap.unit.pk, gap.role) for gap in list_post_gaps(units)}
    assert vacant == {(pk, role) for pk in units for role in ("leader_in_charge", "information_officer")}
    assert get_missing_site_posts(world.unit_a) == ["general_owner", "security_owner"]
    give(newcomer(), world.unit_a, StaffRole.LEADER_IN_CHARGE, world.manager)
    give(newcomer(), world.unit_a, StaffRole.GENERAL_OWNER, world.manager)
    assert (world.unit_a.pk, "leader_in_charge") not in {
        (gap.unit.pk, gap.role) for gap in list_post_gaps(units)
    }
    assert get_missing_site_posts(world.unit_a) == ["security_owner"]


def test_entry_and_review_accounts_of_a_unit_belong_to_different_named_persons(world):
    world.author, world.lead, world.other_author  # noqa: B018  # made on first use
    a, b = list_account_splits([world.unit_a.pk, world.unit_b.pk])
    assert (a.entry, a.review, a.is_complete) == (("甲",), ("乙",), True)
    assert (b.entry, b.review, b.is_complete) == (("丙",), (), False)
    with pytest.raises(DutiesConflict):
        assign_role(
            person=world.author.person,
            unit=world.unit_a,
            role=StaffRole.REVIEW_LEAD,
            starts_on=clock.today(),
            actor=audit.PLATFORM,
        )


def test_a_closed_unit_takes_nobody(world):
    unit = make_unit("C9", level=UnitLevel.COUNTY_DISTRICT, kind=UnitKind.DEPARTMENT, superior=world.unit_a)
    Organization.objects.filter(pk=unit.pk).update(status="closed")
    unit.refresh_from_db()
    with pytest.raises(RoleRefused):
        give(newcomer(), unit, StaffRole.ENTRY_CLERK, world.manager)

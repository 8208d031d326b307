"""Detours by which somebody could get hold of more than they administer (ORG-04, ORG-09, ORG-13)."""

from datetime import timedelta

import pytest

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials.helping import HelpRefused, help_refusal
from jiyue.organizations.enums import AccountStatus, Employment, StaffRole
from jiyue.organizations.models import AccountApplication, Person, StaffAccount
from jiyue.organizations.services import assign_role, open_account
from jiyue.organizations.services.accounts import close_account, reactivate_account, suspend_account
from jiyue.organizations.services.applications import apply_for_account
from jiyue.organizations.services.authority import GrantRefused, OutsideOwnUnits
from jiyue.organizations.services.idle import _manager_ids
from jiyue.organizations.services.people import change_person
from jiyue.organizations.sign_ins.services import begin_session, link_identity
from jiyue.organizations.sign_ins.tests.conftest import origin
from tests.factories import PASSWORD, World, make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(world: World) -> StaffAccount:
    """An account manager of unit A."""
    return make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")


def employ(person: Person, employment: Employment, by: StaffAccount) -> Person:
    return change_person(
        person=person,
        name=person.name,
        employment=employment,
        employee_number="",
        phone="1",
        email="",
        actor=by.audit_actor(),
    )


@pytest.mark.req("ORG-04")
def test_an_account_manager_locks_no_platform_manager_by_another_employment(world: World, keeper):
    with pytest.raises(GrantRefused):
        employ(world.manager.person, Employment.OTHER_STAFF, keeper)
    with pytest.raises(GrantRefused):
        employ(keeper.person, Employment.OTHER_STAFF, keeper)
    assert employ(world.manager.person, Employment.PERMANENT, keeper).phone == "1"
    assert employ(world.author.person, Employment.OTHER_STAFF, keeper).employment == Employment.OTHER_STAFF
    assert employ(keeper.person, Employment.OTHER_STAFF, world.manager).employment == Employment.OTHER_STAFF


@pytest.mark.req("ORG-04")
def test_nobody_applies_for_people_of_other_units(world: World):
    def apply(person: Person) -> AccountApplication:
        return apply_for_account(
            person=person,
            unit=world.unit_a,
            login_name="xinren",
            roles=["entry_clerk"],
            need="编辑",
            letter=None,
            actor=world.author.audit_actor(),
        )

    with pytest.raises(OutsideOwnUnits):
        apply(world.other_author.person)
    with pytest.raises(DomainError) as refused:  # the next rule: the letter is missing, not the person
        apply(Person.objects.create(name="新人"))
    assert refused.value.field == "letter"
    assert not AccountApplication.objects.exists()


@pytest.mark.req("ORG-04", "SEC-09")
def test_nobody_signs_in_as_somebody_with_rights_in_other_units(world: World, keeper):
    guest = open_account(
        person=world.other_author.person,
        unit=world.unit_a,
        login_name="bing-a",
        password=PASSWORD,
        actor=audit.PLATFORM,
    )
    with pytest.raises(HelpRefused):
        link_identity(
            account=guest, issuer="https://id", subject="kan", name="统一", actor=keeper.audit_actor()
        )
    link_identity(
        account=world.author, issuer="https://id", subject="j", name="统一", actor=keeper.audit_actor()
    )


def test_rights_to_come_and_other_accounts_count_too(world: World, keeper):
    assert help_refusal(world.author, keeper.audit_actor()) is None
    assign_role(
        person=world.author.person,
        unit=world.unit_b,
        role=StaffRole.ENTRY_CLERK,
        starts_on=clock.today() + timedelta(days=3),
        actor=audit.PLATFORM,
    )
    assert isinstance(help_refusal(world.author, keeper.audit_actor()), HelpRefused)


@pytest.mark.req("ORG-13")
@pytest.mark.parametrize("switch_off", [suspend_account, close_account])
def test_an_account_that_is_switched_off_leaves_no_session_behind(world: World, switch_off):
    session = begin_session(account=world.author, origin=origin(), key_hash="k")
    before = world.author.get_session_auth_hash()
    switch_off(account=world.author, reason="调查", actor=world.manager.audit_actor())
    session.refresh_from_db()
    assert (session.end_reason, session.ended_at is None) == ("account_off", False)
    account = StaffAccount.objects.get(pk=world.author.pk)
    if account.status == AccountStatus.SUSPENDED:
        account = reactivate_account(account=account, reason="查清", actor=world.manager.audit_actor())
    assert account.get_session_auth_hash() != before


def test_a_manager_of_two_units_hears_of_both(world: World):
    other = make_unit("C00000003")
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER)
    assign_role(
        person=keeper.person,
        unit=other,
        role=StaffRole.ACCOUNT_MANAGER,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    assert _manager_ids(world.unit_a) == _manager_ids(other) == [keeper.person_id]

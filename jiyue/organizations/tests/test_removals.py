"""Administrators are locked out by two persons, and one always stays (ORG-04, ORG-08)."""

from datetime import timedelta

import pytest

from jiyue.core import audit, clock, two_person
from jiyue.core.models import AuditEntry, ChangeStatus, TwoPersonChange
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import close_account, reactivate_account, suspend_account
from jiyue.organizations.services.accounts import AccountRefused, ReasonMissing, TwoPersonsNeeded
from jiyue.organizations.services.authority import GrantRefused, LastManager, OutsideOwnUnits
from jiyue.organizations.services.removals import ProposerGone, propose_ending, propose_status
from tests.factories import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(world):
    return make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")


@pytest.fixture
def third(world):
    return make_account("san", world.unit_a, StaffRole.PLATFORM_MANAGER, name="三")


def status_of(account: StaffAccount) -> str:
    return StaffAccount.objects.get(pk=account.pk).status


def approve(change: TwoPersonChange, by: StaffAccount) -> TwoPersonChange:
    return two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=by.audit_actor())


def propose(account: StaffAccount, by: StaffAccount, status: AccountStatus = AccountStatus.SUSPENDED):
    return propose_status(account=account, status=status, reason="调查", actor=by.audit_actor())


def test_suspending_letting_in_and_closing_are_in_the_trail_with_their_reason(world):
    act = {"account": world.author, "actor": world.manager.audit_actor()}
    assert suspend_account(reason="出借账号", **act).status_reason == "出借账号"
    with pytest.raises(AccountRefused):
        suspend_account(reason="再次", **act)
    assert reactivate_account(reason="已查清", **act).is_active
    close_account(reason="退休", **act)
    with pytest.raises(AccountRefused):
        reactivate_account(reason="x", **act)
    with pytest.raises(AccountRefused):
        close_account(reason="x", **act)
    verbs = AuditEntry.objects.filter(subject_type="account", subject_id=str(world.author.pk))
    assert list(verbs.order_by("pk").values_list("verb", flat=True))[-3:] == [
        "account.suspended",
        "account.reactivated",
        "account.closed",
    ]


def test_an_account_is_locked_by_administrators_of_its_unit_only_and_with_a_reason(world):
    for actor in (world.lead, world.other_lead, world.inspector):
        with pytest.raises(OutsideOwnUnits):
            suspend_account(account=world.author, reason="x", actor=actor.audit_actor())
    for reason in ("", " \x00 ", "长" * 301):
        with pytest.raises(ReasonMissing):
            suspend_account(account=world.author, reason=reason, actor=world.manager.audit_actor())
    assert status_of(world.author) == AccountStatus.ACTIVE


def test_nobody_locks_or_closes_the_own_account(world, second):
    for act in (suspend_account, close_account):
        with pytest.raises(GrantRefused):
            act(account=second, reason="x", actor=second.audit_actor())


def test_an_account_manager_decides_neither_on_platform_managers_nor_on_inspectors(world, second):
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    for account in (second, world.inspector):
        with pytest.raises(GrantRefused):
            suspend_account(account=account, reason="x", actor=keeper.audit_actor())


def test_the_account_of_an_administrator_takes_two_persons(world, second, third):
    with pytest.raises(TwoPersonsNeeded):
        suspend_account(account=second, reason="x", actor=world.manager.audit_actor())
    change = propose(second, world.manager)
    assert status_of(second) == AccountStatus.ACTIVE
    for wrong, refusal in (
        (world.manager, two_person.SamePerson),
        (second, GrantRefused),
        (world.lead, OutsideOwnUnits),
    ):
        with pytest.raises(refusal):
            approve(change, wrong)
    assert two_person.TOPICS.get(change.topic).describe(change)
    approve(change, third)
    second.refresh_from_db()
    assert (second.status, second.status_reason) == (AccountStatus.SUSPENDED, "调查")


def test_of_two_administrators_who_propose_each_other_one_stays(world, second, third):
    first, other = propose(second, world.manager), propose(world.manager, second)
    approve(first, third)
    with pytest.raises(ProposerGone):
        approve(other, third)
    assert (status_of(second), status_of(world.manager)) == ("suspended", "active")
    other.refresh_from_db()
    assert other.status == ChangeStatus.WAITING


def test_two_administrators_alone_cant_lock_each_other_out(world, second):
    for target, proposer in ((second, world.manager), (world.manager, second)):
        change = propose(target, proposer)
        for decider in (world.manager, second):
            with pytest.raises((two_person.SamePerson, GrantRefused)):
                approve(change, decider)
    assert status_of(second) == status_of(world.manager) == "active"


def test_the_last_platform_manager_of_the_root_stays(world, second):
    world.manager  # noqa: B018  # the one who stays
    suspend_account(account=second, reason="x", actor=audit.PLATFORM)
    for act in (suspend_account, close_account):
        with pytest.raises(LastManager):
            act(account=world.manager, reason="x", actor=audit.PLATFORM)
    with pytest.raises(LastManager):
        propose_ending(
            role=world.manager.person.roles.get(), ends_on=clock.today(), reason="x", actor=audit.PLATFORM
        )


def test_a_manager_who_leaves_soon_doesnt_count_as_the_one_who_stays(world, second):
    second.person.roles.update(ends_on=clock.today() + timedelta(days=1))
    with pytest.raises(LastManager):
        suspend_account(account=world.manager, reason="x", actor=audit.PLATFORM)


def test_ending_a_role_of_an_administrator_is_proposed_and_carried_out(world, second, third):
    role = second.person.roles.get()
    change = propose_ending(
        role=role,
        ends_on=clock.today() - timedelta(days=1),
        reason="调离",
        actor=world.manager.audit_actor(),
    )
    approve(change, third)
    role.refresh_from_db()
    assert role.ends_on == clock.today() - timedelta(days=1)
    assert status_of(second) == AccountStatus.SUSPENDED

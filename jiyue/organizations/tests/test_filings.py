"""Who leaves a role is filed with the unit above and locked out; a clock waits for the successor (ORG-07)."""

from datetime import timedelta

import pytest

from jiyue.core import audit, clock
from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.core.models import AuditEntry
from jiyue.obligations.models import Obligation
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import Organization, Person, PersonnelChangeFiling, StaffAccount
from jiyue.organizations.selectors.people import list_filings
from jiyue.organizations.services import assign_role, reactivate_account
from jiyue.organizations.services.accounts import AccountRefused, ReasonMissing, TwoPersonsNeeded
from jiyue.organizations.services.authority import GrantRefused, LastManager, OutsideOwnUnits
from jiyue.organizations.services.filings import waive_successor, work_off_ended_roles
from jiyue.organizations.services.roles import RoleRefused, end_role
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[ClockStarted | ClockStopped]:
    """Every clock that was started or stopped."""
    told: list[ClockStarted | ClockStopped] = []
    monkeypatch.setattr(CLOCK_STARTED, "_listeners", [told.append])
    monkeypatch.setattr(CLOCK_STOPPED, "_listeners", [told.append])
    return told


@pytest.fixture
def below(world: World) -> Organization:
    return make_unit("A00000003", "信息科", superior=world.unit_a)


@pytest.fixture
def officer(world: World, below: Organization) -> StaffAccount:
    """The information officer of a unit below A."""
    return make_account("xin-xi", below, StaffRole.INFORMATION_OFFICER, name="信")


def end(account: StaffAccount, by: StaffAccount, **values: object) -> PersonnelChangeFiling:
    role = account.person.roles.order_by("-pk")[0]
    defaults = {"ends_on": clock.today() - timedelta(days=1), "reason": "调离", "actor": by.audit_actor()}
    return end_role(role=role, **{**defaults, **values})  # type: ignore[arg-type]


def status_of(account: StaffAccount) -> str:
    return StaffAccount.objects.get(pk=account.pk).status


@pytest.mark.req("ORG-07")
def test_ending_a_role_is_filed_with_the_unit_above_locks_the_account_and_starts_the_clock(
    world, officer, clocks
):
    filing = end(officer, world.manager)
    assert (filing.unit, filing.filed_with) == (officer.unit, world.unit_a)
    assert (filing.outgoing, filing.successor) == (officer.person, None)
    assert filing.changed_on == clock.today() - timedelta(days=1)
    assert status_of(officer) == AccountStatus.SUSPENDED
    assert list(list_filings([world.unit_a.pk])) == [filing]
    assert not list_filings([world.unit_b.pk])
    (started,) = clocks
    assert (started.kind, started.subject_key) == ("personnel.successor", str(filing.pk))
    assert started.unit_id == officer.unit_id
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs >= {"role.ended", "personnel_change.filed", "account.suspended", "personnel_change.locked"}

    successor = Person.objects.create(name="继任")
    with pytest.raises(OutsideOwnUnits):
        assign_role(
            person=successor,
            unit=officer.unit,
            role=StaffRole.INFORMATION_OFFICER,
            starts_on=clock.today(),
            actor=world.other_author.audit_actor(),
        )
    assert len(clocks) == 1
    assign_role(
        person=successor,
        unit=officer.unit,
        role=StaffRole.INFORMATION_OFFICER,
        starts_on=clock.today(),
        actor=world.manager.audit_actor(),
    )
    filing.refresh_from_db()
    assert (filing.successor, filing.completed_at is None) == (successor, False)
    assert isinstance(clocks[1], ClockStopped)
    assert clocks[1].is_satisfied


@pytest.mark.req("ORG-07")
def test_the_reminder_is_owed_by_the_unit_until_the_successor_is_filed(world, officer):
    filing = end(officer, world.manager)
    owed = Obligation.objects.get(kind="personnel.successor", subject_key=str(filing.pk))
    assert (owed.unit_id, owed.status, owed.path) == (
        officer.unit_id,
        "open",
        f"/people/filings/{filing.pk}/",
    )
    assert owed.due_at > clock.now()
    assign_role(
        person=Person.objects.create(name="继任"),
        unit=officer.unit,
        role=StaffRole.INFORMATION_OFFICER,
        starts_on=clock.today(),
        actor=world.manager.audit_actor(),
    )
    owed.refresh_from_db()
    assert owed.status == "satisfied"


def test_a_successor_named_at_once_takes_over_the_day_after(world, officer, clocks):
    successor = Person.objects.create(name="继任")
    filing = end(officer, world.manager, ends_on=clock.today(), successor=successor)
    assert filing.successor == successor
    assert successor.roles.get().starts_on == clock.today() + timedelta(days=1)
    assert [type(told) for told in clocks] == [ClockStarted, ClockStopped]


def test_a_role_that_ends_today_holds_today_and_the_account_is_locked_in_the_night_after(
    world, officer, time_machine
):
    end(officer, world.manager, ends_on=clock.today())
    assert status_of(officer) == AccountStatus.ACTIVE
    list(work_off_ended_roles())
    assert status_of(officer) == AccountStatus.ACTIVE
    time_machine.move_to(clock.now() + timedelta(days=1))
    list(work_off_ended_roles())
    assert status_of(officer) == AccountStatus.SUSPENDED
    before = AuditEntry.objects.count()
    list(work_off_ended_roles())
    assert AuditEntry.objects.count() == before


def test_a_role_whose_time_ran_out_is_filed_by_the_platform(world, officer, clocks, time_machine):
    officer.person.roles.update(ends_on=clock.today())
    time_machine.move_to(clock.now() + timedelta(days=1))
    list(work_off_ended_roles())
    filing = PersonnelChangeFiling.objects.get()
    assert (filing.filed_by_account_id, filing.filed_with) == (None, world.unit_a)
    assert status_of(officer) == AccountStatus.SUSPENDED
    assert len(clocks) == 1


def test_a_role_that_was_prolonged_by_a_new_row_is_no_change(world, officer, time_machine):
    officer.person.roles.update(ends_on=clock.today())
    assign_role(
        person=officer.person,
        unit=officer.unit,
        role=StaffRole.INFORMATION_OFFICER,
        starts_on=clock.today() + timedelta(days=1),
        actor=audit.PLATFORM,
    )
    time_machine.move_to(clock.now() + timedelta(days=1))
    list(work_off_ended_roles())
    assert not PersonnelChangeFiling.objects.exists()
    assert status_of(officer) == AccountStatus.ACTIVE


def test_no_clock_runs_while_somebody_else_holds_the_role(world, officer, clocks):
    make_account("di-er", officer.unit, StaffRole.INFORMATION_OFFICER, name="第二")
    assert end(officer, world.manager).completed_at is not None
    assert clocks == []


def test_accounts_of_other_units_stay_open_while_a_role_remains(world, officer):
    person = officer.person
    assign_role(
        person=person,
        unit=world.unit_b,
        role=StaffRole.CONTENT_EDITOR,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    elsewhere = StaffAccount.objects.create(person=person, unit=world.unit_b, login_name="xin-b")
    role = person.roles.get(unit=officer.unit)
    end_role(
        role=role,
        ends_on=clock.today() - timedelta(days=1),
        reason="调离",
        actor=world.manager.audit_actor(),
    )
    assert status_of(officer) == AccountStatus.SUSPENDED
    assert status_of(elsewhere) == AccountStatus.ACTIVE


def test_a_locked_account_comes_back_only_for_a_person_with_a_role(world, officer):
    end(officer, world.manager)
    officer.refresh_from_db()
    act = {"account": officer, "reason": "仍任其他岗位", "actor": world.manager.audit_actor()}
    with pytest.raises(AccountRefused):
        reactivate_account(**act)
    assign_role(
        person=officer.person,
        unit=officer.unit,
        role=StaffRole.CONTENT_EDITOR,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    assert reactivate_account(**act).is_active


def test_only_administrators_of_the_unit_end_roles_and_nobody_their_own(world, officer):
    make_account("zhu-guan", world.unit_b, StaffRole.PLATFORM_MANAGER, name="主管")
    stranger = StaffAccount.objects.get(login_name="zhu-guan")
    for actor, refusal in ((stranger, OutsideOwnUnits), (world.author, OutsideOwnUnits)):
        with pytest.raises(refusal):
            end(officer, actor)
    with pytest.raises(GrantRefused):
        end(world.manager, world.manager)
    with pytest.raises(ReasonMissing):
        end(officer, world.manager, reason=" ")
    with pytest.raises(RoleRefused):
        end(officer, world.manager, ends_on=officer.person.roles.get().starts_on - timedelta(days=1))
    assert not PersonnelChangeFiling.objects.exists()
    assert status_of(officer) == AccountStatus.ACTIVE


def test_an_ended_role_is_history(world, officer):
    end(officer, world.manager)
    with pytest.raises(RoleRefused):
        end(officer, world.manager)


def test_ending_a_role_of_an_administrator_takes_two_and_the_last_one_stays(world):
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    with pytest.raises(TwoPersonsNeeded):
        end(second, world.manager)
    StaffAccount.objects.filter(pk=world.manager.pk).update(status="suspended")
    with pytest.raises(LastManager):
        end_role(role=second.person.roles.get(), ends_on=clock.today(), reason="x", actor=audit.PLATFORM)


def test_only_the_unit_above_declares_that_nobody_follows(world, officer, clocks):
    filing = end(officer, world.manager)
    keeper = make_account("bu-men", officer.unit, StaffRole.ACCOUNT_MANAGER, name="部门")
    with pytest.raises(OutsideOwnUnits):
        waive_successor(filing=filing, reason="岗位撤销", actor=keeper.audit_actor())
    waive_successor(filing=filing, reason="岗位撤销", actor=world.manager.audit_actor())
    stopped = clocks[-1]
    assert (stopped.is_satisfied, stopped.reason) == (False, "岗位撤销")

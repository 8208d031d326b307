from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from jiyue.core import two_person
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount, StaffNotice
from jiyue.organizations.sign_ins.addresses import NetworkRefused
from jiyue.organizations.sign_ins.enums import CheckKind, CheckResult, TerminalStatus
from jiyue.organizations.sign_ins.jobs import warn_about_terminals
from jiyue.organizations.sign_ins.models import SignInRule, Terminal
from jiyue.organizations.sign_ins.places import place_refusal
from jiyue.organizations.sign_ins.refusals import NotAdministered, TextNeeded
from jiyue.organizations.sign_ins.selectors import get_terminal_state
from jiyue.organizations.sign_ins.services import (
    CheckFacts,
    TerminalFacts,
    change_terminal,
    propose_rule,
    record_check,
    register_terminal,
    set_terminal_status,
)
from jiyue.organizations.sign_ins.services.rules import LockedOut
from jiyue.organizations.sign_ins.services.terminals import TerminalRefused
from jiyue.organizations.sign_ins.tests.conftest import acting, origin
from jiyue.policy.selectors import value
from tests.factories import World, make_account, make_unit

DAY = date(2026, 11, 23)
OFFICE = "10.20.3.7"
HOME = "198.51.100.4"


def code_of(account: StaffAccount, address: str = OFFICE) -> str | None:
    refusal = place_refusal(account, origin(address=address))
    return refusal.code if refusal else None


def second_manager(world: World) -> StaffAccount:
    return make_account("guan2", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="另一管理员")


def allow(world: World, *networks: str, only_terminals: bool = False, unit=None) -> SignInRule:
    """Two administrators change the rule of a unit."""
    unit = unit or world.unit_a
    change = propose_rule(
        unit=unit,
        networks=networks,
        only_terminals=only_terminals,
        reason="安全要求",
        actor=acting(world.manager),
    )
    decider = StaffAccount.objects.filter(login_name="guan2").first() or second_manager(world)
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=acting(decider))
    return SignInRule.objects.get(unit=unit)


def terminal_of(world: World, address: str = "10.20.3.50", **values: object) -> Terminal:
    facts = {"name": "采编一号机", "asset_number": "ZC-001", "custodian_id": world.author.person_id}
    return register_terminal(
        unit=world.unit_a,
        facts=TerminalFacts(address=address, **{**facts, **values}),
        actor=acting(world.manager),
    )


def check(world: World, terminal: Terminal, on: date, result: CheckResult = CheckResult.PASSED):
    facts = CheckFacts(
        kind=CheckKind.BOTH, checked_on=on, checked_by="王工", tool="杀毒软件 9.1", result=result
    )
    return record_check(terminal=terminal, facts=facts, actor=acting(world.manager))


def test_without_a_rule_everybody_works_from_anywhere(world: World):
    assert code_of(world.author, HOME) is None


@pytest.mark.req("SEC-08")
def test_a_unit_with_a_list_is_used_from_its_networks_only(world: World):
    allow(world, "10.20.0.0/16", "2001:db8::/48")
    assert code_of(world.author, OFFICE) is None
    assert code_of(world.author, "::ffff:10.20.3.7") is None
    assert code_of(world.author, "2001:db8::7") is None
    for address in (HOME, "10.21.0.1", "2001:db9::7", "127.0.0.1", "::1", "", "not an address"):
        assert code_of(world.author, address) == "network_not_allowed"
    assert code_of(world.other_author, HOME) is None  # another unit has its own rule, or none


def test_units_below_inherit_the_list_until_they_have_their_own(world: World):
    below = make_unit("A1", "下属单位", supervising_unit=world.unit_a)
    clerk = make_account("xia", below, StaffRole.ENTRY_CLERK)
    allow(world, "10.20.0.0/16")
    assert code_of(clerk, HOME) == "network_not_allowed"
    allow(world, "198.51.100.0/24", unit=below)
    assert code_of(clerk, HOME) is None
    assert code_of(clerk, OFFICE) == "network_not_allowed"


def test_whoever_works_for_a_unit_follows_its_rule_wherever_the_account_belongs(world: World):
    guest = make_account("ke", world.unit_b, StaffRole.ENTRY_CLERK)
    guest.person.roles.create(unit=world.unit_a, role=StaffRole.CONTENT_EDITOR, starts_on=date(2020, 1, 1))
    allow(world, "10.20.0.0/16")
    assert code_of(guest, HOME) == "network_not_allowed"


@pytest.mark.req("SEC-08")
def test_a_rule_needs_two_persons_and_leaves_its_traces(world: World):
    change = propose_rule(
        unit=world.unit_a,
        networks=["10.20.0.0/16"],
        only_terminals=False,
        reason="安全要求",
        actor=acting(world.manager),
    )
    with pytest.raises(two_person.SamePerson):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=acting(world.manager))
    outside = make_account("wai", world.unit_b, StaffRole.PLATFORM_MANAGER)
    with pytest.raises(NotAdministered):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=acting(outside))
    assert not SignInRule.objects.exists()
    decider = second_manager(world)
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=acting(decider))
    assert SignInRule.objects.get().change_id == change.pk
    assert AuditEntry.objects.filter(verb="sign_in.rule_changed", account_id=decider.pk).exists()


@pytest.mark.parametrize(
    "networks", [["0.0.0.0/0"], ["::/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["10.20.3.7/16"]]
)
def test_a_list_for_everybody_is_not_even_proposed(world: World, networks):
    with pytest.raises(NetworkRefused):
        allow(world, *networks)
    assert not TwoPersonChange.objects.exists()


def test_nobody_locks_themselves_out_by_proposing_or_deciding(world: World):
    with pytest.raises(LockedOut):
        allow(world, "172.16.0.0/16")
    change = propose_rule(
        unit=world.unit_a,
        networks=["10.20.0.0/16"],
        only_terminals=False,
        reason="安全要求",
        actor=acting(world.manager),
    )
    decider = second_manager(world)
    with pytest.raises(LockedOut):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=acting(decider, HOME))
    change.refresh_from_db()
    assert change.status == "waiting"
    with pytest.raises(LockedOut):
        propose_rule(
            unit=world.unit_a, networks=[], only_terminals=True, reason="试", actor=acting(world.manager)
        )


def test_rule_of_a_foreign_unit_is_out_of_reach(world: World):
    with pytest.raises(NotAdministered):
        propose_rule(
            unit=world.unit_b,
            networks=["10.20.0.0/16"],
            only_terminals=False,
            reason="越权",
            actor=acting(world.manager),
        )


def test_the_server_itself_lets_everybody_in_again(world: World, capsys):
    allow(world, "10.20.0.0/16")
    call_command("sign_in_rules", "--clear", world.unit_a.code, "--reason", "网络改造")
    assert code_of(world.author, HOME) is None
    assert AuditEntry.objects.filter(verb="sign_in.rule_cleared").exists()
    assert world.unit_a.code in capsys.readouterr().out


@pytest.mark.req("SEC-08")
def test_a_terminal_overdue_for_its_check_is_blocked_until_it_is_checked(world: World):
    cycle = value("terminal.check_cycle", world.unit_a).term
    assert cycle.unit == "months"
    with time_machine.travel(DAY, tick=False) as clock:
        terminal = terminal_of(world, OFFICE)
        due_on = get_terminal_state(terminal).due_on
        assert due_on == date(2027, 2, 23)  # three months, counted by the calendar
        clock.move_to(due_on)
        assert code_of(world.author) is None
        clock.shift(timedelta(days=1))
        assert code_of(world.author) == "terminal_overdue"
        assert code_of(world.author, "10.20.3.8") is None  # another computer
        check(world, terminal, due_on + timedelta(days=1))
        assert code_of(world.author) is None
        assert get_terminal_state(terminal).due_on == date(2027, 5, 24)
    assert AuditEntry.objects.filter(verb="terminal.checked").count() == 1


@pytest.mark.req("SEC-08")
def test_failed_check_blocks_at_once_and_check_records_stay(world: World):
    with time_machine.travel(DAY, tick=False):
        terminal = terminal_of(world)
        check(world, terminal, DAY, CheckResult.FAILED)
        assert code_of(world.author, terminal.address) == "terminal_failed"
        check(world, terminal, DAY, CheckResult.CLEANED)
        assert code_of(world.author, terminal.address) is None
    for statement in (
        "UPDATE sign_ins_terminalcheck SET result = 'passed'",
        "DELETE FROM sign_ins_terminalcheck",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.req("SEC-08")
def test_blocked_terminal_lets_nobody_of_its_unit_in(world: World):
    terminal = terminal_of(world)
    set_terminal_status(
        terminal=terminal, status=TerminalStatus.BLOCKED, reason="丢失", actor=acting(world.manager)
    )
    assert code_of(world.author, terminal.address) == "terminal_blocked"
    assert code_of(world.other_author, terminal.address) is None  # no unit locks out another one
    set_terminal_status(
        terminal=terminal, status=TerminalStatus.IN_USE, reason="找回", actor=acting(world.manager)
    )
    assert code_of(world.author, terminal.address) is None


@pytest.mark.req("SEC-08")
def test_only_registered_terminals_where_the_unit_says_so(world: World):
    own = terminal_of(world, OFFICE)
    allow(world, only_terminals=True)
    assert code_of(world.author, OFFICE) is None
    assert code_of(world.author, "10.20.3.8") == "terminal_unregistered"
    with pytest.raises(TerminalRefused):  # the manager sits at it
        set_terminal_status(
            terminal=own, status=TerminalStatus.BLOCKED, reason="试", actor=acting(world.manager)
        )
    set_terminal_status(
        terminal=own, status=TerminalStatus.RETIRED, reason="报废", actor=acting(world.manager, "10.20.3.9")
    )
    assert code_of(world.author, OFFICE) == "terminal_unregistered"


def test_register_refuses_doubles_strangers_and_foreign_units(world: World):
    terminal = terminal_of(world)
    with pytest.raises(TerminalRefused) as double:
        terminal_of(world, "10.20.3.51")
    assert double.value.field == "asset_number"
    with pytest.raises(TerminalRefused) as same_address:
        terminal_of(world, "::ffff:10.20.3.50", asset_number="ZC-002")
    assert same_address.value.field == "address"
    with pytest.raises(TerminalRefused):
        terminal_of(world, "10.20.3.52", asset_number="ZC-003", custodian_id=world.other_author.person_id)
    with pytest.raises(TextNeeded):
        terminal_of(world, "10.20.3.53", asset_number=" ")
    outside = make_account("wai", world.unit_b, StaffRole.PLATFORM_MANAGER)
    facts = TerminalFacts("改名", "ZC-001", outside.person_id, "10.20.3.50")
    with pytest.raises(NotAdministered):
        change_terminal(terminal=terminal, facts=facts, actor=acting(outside))
    assert Terminal.objects.count() == 1


def test_check_in_the_future_is_refused(world: World):
    with time_machine.travel(DAY, tick=False), pytest.raises(TerminalRefused):
        check(world, terminal_of(world), DAY + timedelta(days=1))


@pytest.mark.req("SEC-08")
def test_custodian_and_managers_are_warned_ahead_and_when_it_is_overdue(world: World):
    with time_machine.travel(DAY, tick=False) as clock:
        terminal = terminal_of(world)
        due_on = get_terminal_state(terminal).due_on
        list(warn_about_terminals())
        assert not StaffNotice.objects.exists()
        clock.move_to(due_on - timedelta(days=2))
        for _twice in range(2):
            list(warn_about_terminals())
        told = list(StaffNotice.objects.values_list("person_id", flat=True))
        assert sorted(told) == sorted([world.author.person_id, world.manager.person_id])
        clock.move_to(due_on + timedelta(days=1))
        list(warn_about_terminals())
        assert StaffNotice.objects.count() == 4

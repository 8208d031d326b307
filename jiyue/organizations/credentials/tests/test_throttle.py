"""Guessing is slowed, somebody is told, and nobody who is known can be locked out by others."""

from datetime import timedelta

import pytest
import time_machine

from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import attempts, throttle
from jiyue.organizations.credentials.models import AttemptCount
from jiyue.organizations.models import StaffNotice
from jiyue.policy.selectors import value
from tests.factories import World

HOME, ELSEWHERE = "10.1.2.3", "203.0.113.9"
pytestmark = pytest.mark.django_db


def fail(times: int, name: str = "jia", address: str = ELSEWHERE) -> None:
    for _time in range(times):
        attempts.record_failed_sign_in(name, address)


def test_wait_begins_at_the_profiles_number_and_doubles_up_to_its_longest() -> None:
    limit = value("account.lockout_failures").number
    longest = timedelta(minutes=value("account.lockout_minutes").number)
    with time_machine.travel("2026-03-01 09:00:00+08:00", tick=False):
        fail(limit - 1)
        assert throttle.wait_refusal("jia", ELSEWHERE) is None
        waits = []
        for _time in range(8):
            fail(1)
            row = AttemptCount.objects.get(name_digest=throttle.name_digest("jia"), address_digest__gt="")
            assert row.wait_until is not None
            waits.append(row.wait_until - clock.now())
    assert waits[0] == timedelta(seconds=throttle.FIRST_WAIT_SECONDS)
    assert waits[1] == 2 * waits[0]
    assert waits[-1] == longest


def test_wait_ends_by_itself() -> None:
    with time_machine.travel("2026-03-01 09:00:00+08:00", tick=False) as traveller:
        fail(value("account.lockout_failures").number)
        assert throttle.wait_refusal("jia", ELSEWHERE) is not None
        traveller.shift(timedelta(seconds=throttle.FIRST_WAIT_SECONDS + 1))
        assert throttle.wait_refusal("jia", ELSEWHERE) is None


def test_others_can_not_lock_a_known_person_out(world: World) -> None:
    throttle.forget_failures("jia", HOME)
    for number in range(60):
        fail(1, address=f"203.0.113.{number}")
    assert throttle.wait_refusal("jia", HOME) is None
    assert throttle.wait_refusal("jia", "198.51.100.7") is not None


def test_name_that_nobody_has_is_treated_like_one_that_somebody_has(world: World) -> None:
    fail(value("account.lockout_failures").number, name=world.author.login_name)
    fail(value("account.lockout_failures").number, name="nobody")
    known, unknown = (throttle.wait_refusal(name, ELSEWHERE) for name in ("jia", "nobody"))
    assert known is not None
    assert unknown is not None
    assert (known.code, str(known.message), str(known.fix)) == (
        unknown.code,
        str(unknown.message),
        str(unknown.fix),
    )


def test_administrators_and_the_owner_are_told_once(world: World, manager, stranger) -> None:
    alarm = value("account.lockout_alarm").number
    fail(alarm + 5, name=world.author.login_name)
    told = set(StaffNotice.objects.filter(topic="account.sign_in_alarm").values_list("person_id", flat=True))
    assert told == {world.author.person_id, manager.person_id}
    assert AuditEntry.objects.filter(verb="account.sign_in_alarm").count() == 1
    assert AuditEntry.objects.filter(verb=attempts.FAILED_VERB).count() == alarm + 5


def test_success_forgives_the_failures_of_its_address_only() -> None:
    fail(value("account.lockout_failures").number, address=HOME)
    fail(value("account.lockout_failures").number, address=ELSEWHERE)
    throttle.forget_failures("jia", HOME)
    assert throttle.wait_refusal("jia", HOME) is None
    assert throttle.wait_refusal("jia", ELSEWHERE) is not None


def test_own_mistakes_do_not_add_up_to_an_alarm(world: World) -> None:
    for _day in range(value("account.lockout_alarm").number):
        fail(2, name=world.author.login_name, address=HOME)
        throttle.forget_failures(world.author.login_name, HOME)
    assert not StaffNotice.objects.filter(topic="account.sign_in_alarm").exists()


def test_counts_hold_neither_names_nor_addresses() -> None:
    fail(1, name="my-password-in-the-wrong-field")
    row = AttemptCount.objects.exclude(address_digest="").get()
    assert "password" not in f"{row.name_digest}{row.address_digest}"
    assert ELSEWHERE not in row.address_digest


def test_old_counts_are_removed_and_known_addresses_kept() -> None:
    with time_machine.travel("2026-01-01 09:00:00+08:00"):
        fail(3)
    with time_machine.travel("2026-06-01 09:00:00+08:00"):
        throttle.forget_failures("yi", HOME)
        assert sum(throttle.clean_up()) == 2
    assert AttemptCount.objects.count() == 1

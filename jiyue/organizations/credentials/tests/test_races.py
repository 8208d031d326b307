"""The same factor asked for twice at the same moment, on a database with several writers."""

import pytest

from jiyue.core import audit
from jiyue.library.tests.test_races import at_once
from jiyue.organizations.credentials import passwords, recovery, second_factor, throttle
from jiyue.organizations.credentials.models import AttemptCount
from jiyue.organizations.credentials.tests.test_second_factor import add_passkey, remove
from tests.factories import PASSWORD, World

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_two_removals_at_once_leave_one_factor() -> None:
    account = World().author
    factors = [
        (second_factor.AUTHENTICATOR, second_factor.enrol(account, actor=audit.PLATFORM).pk),
        (second_factor.PASSKEY, add_passkey(account).pk),
    ]
    at_once(*[lambda factor=factor: remove(account, *factor) for factor in factors])
    assert len(second_factor.list_factors(account)) == 1


def test_code_and_recovery_code_work_once_however_often_they_come() -> None:
    account = World().author
    second_factor.enrol(account, actor=audit.PLATFORM)
    paper, *_others = recovery.make_codes(account=account, actor=account.audit_actor())
    digits = second_factor.current_code(account)
    results = at_once(*[lambda: second_factor.verify(account, digits)] * 3)
    assert [result is None for result in results].count(False) == 1
    actor = account.audit_actor()
    results = at_once(*[lambda: recovery.use_code(account=account, text=paper, actor=actor)] * 3)
    assert [result is None for result in results].count(False) == 1


def test_failures_at_the_same_moment_are_all_counted() -> None:
    at_once(*[lambda: throttle.count_failure("jia", "203.0.113.9")] * 6)
    assert set(AttemptCount.objects.values_list("failures", flat=True)) == {6}


def test_two_changes_of_one_password_at_once_keep_one() -> None:
    account = World().author
    actor = account.audit_actor()
    results = at_once(
        *[
            lambda new=new: passwords.change_password(account=account, old=PASSWORD, new=new, actor=actor)
            for new in ("sieben-Zwerge-hinter-Bergen", "drei-Haselnuesse-am-Wege")
        ]
    )
    assert [type(result) for result in results].count(passwords.WrongPassword) == 1

"""Password rules: no defaults, no reuse, changes at irregular intervals, handed-over passwords."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import flow, passwords
from jiyue.organizations.credentials.helping import HelpRefused
from jiyue.organizations.credentials.models import FormerPassword, InitialPassword
from jiyue.organizations.credentials.passwords import PasswordRefused, WrongPassword
from jiyue.organizations.models import StaffAccount
from jiyue.policy.selectors import value
from tests.factories import PASSWORD, World

NEW = "sieben-Zwerge-hinter-Bergen"
DEFAULTS = [
    "Admin@123456789",
    "administrator1!",
    "Password1234!",
    "qwertyuiop123",
    "123456789012345",
    "987654321098765",
    "aaaaaaaaaaaaaaa",
    "Jiyue-20260101!",
    "abcdefghijklmnop",
]


def change(account: StaffAccount, new: str, old: str = PASSWORD, **values: object) -> StaffAccount:
    return passwords.change_password(
        account=account,
        old=old,
        new=new,
        actor=account.audit_actor(),
        **values,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("password", DEFAULTS)
def test_default_password_is_refused(world: World, password: str) -> None:
    with pytest.raises(PasswordRefused):
        change(world.author, password)
    world.author.refresh_from_db()
    assert world.author.check_password(PASSWORD)


def test_password_about_its_owner_is_refused(world: World) -> None:
    person = world.author.person
    person.phone, person.employee_number = "13800138000", "GH2026001"
    person.save()
    world.author.login_name = "zhangsan"
    for password in ("tel-13800138000-x", "mine-gh2026001-yes", "zhangsan-is-here", "unit-A00000001-mine"):
        with pytest.raises(ValidationError):
            validate_password(password, world.author)


def test_used_passwords_are_refused_as_often_as_the_profile_says(world: World) -> None:
    kept = value("account.password_history", world.unit_a).number
    used = [PASSWORD, *(f"{NEW}-{number}" for number in range(kept))]
    for old, new in pairwise(used):
        change(world.author, new, old=old)
        with pytest.raises(PasswordRefused, match="|".join(("used", "用过"))):
            change(world.author, old, old=new)
    with pytest.raises(PasswordRefused):
        change(world.author, PASSWORD, old=used[-1])
    change(world.author, f"{NEW}-last", old=used[-1])
    change(world.author, PASSWORD, old=f"{NEW}-last")
    assert FormerPassword.objects.filter(account=world.author).count() == kept


def test_next_change_is_drawn_between_the_ends_of_the_profile(world: World) -> None:
    shortest, longest = value("account.password_change", world.unit_a).numbers
    drawn = set()
    account, old = world.author, PASSWORD
    with time_machine.travel("2026-03-01 09:00:00+08:00", tick=False):
        for number in range(12):
            account = change(account, f"{NEW}-{number}", old=old)
            old = f"{NEW}-{number}"
            assert account.password_change_due_at is not None
            wait = account.password_change_due_at - clock.now()
            assert timedelta(days=shortest) <= wait <= timedelta(days=longest)
            drawn.add(wait)
    assert len(drawn) > 6


def test_due_change_is_named_and_an_undrawn_one_is_drawn(world: World) -> None:
    account = world.author
    assert not account.password_change_due_at
    assert passwords.change_reason(account) == ""
    due = StaffAccount.objects.get(pk=account.pk).password_change_due_at
    assert due is not None
    with time_machine.travel(due + timedelta(seconds=1)):
        assert passwords.change_reason(account) == "due"


def test_change_asks_for_the_present_password_and_is_recorded(world: World) -> None:
    with pytest.raises(WrongPassword):
        change(world.author, NEW, old="wrong-password")
    change(world.author, NEW)
    entry = AuditEntry.objects.get(verb="account.password_changed")
    assert (entry.account_id, entry.subject_id) == (world.author.pk, str(world.author.pk))
    assert NEW not in entry.text.body


def test_nobody_changes_the_password_of_somebody_else(world: World) -> None:
    with pytest.raises(PasswordRefused):
        passwords.change_password(account=world.author, old=PASSWORD, new=NEW, actor=world.lead.audit_actor())


def test_change_ends_every_session_and_names_the_kept_one(world: World, monkeypatch) -> None:
    told: list[flow.SessionsEnded] = []
    monkeypatch.setattr(flow.SESSIONS_ENDED, "_listeners", [told.append])
    before = world.author.get_session_auth_hash()
    account = change(world.author, NEW, kept_session_key="abc")
    assert account.get_session_auth_hash() != before
    assert [(fact.reason, fact.kept_session_key) for fact in told] == [("password_changed", "abc")]


def test_initial_password_is_good_for_a_change_and_for_a_while_only(world: World, manager) -> None:
    with time_machine.travel("2026-03-01 09:00:00+08:00", tick=False):
        handover = passwords.issue_initial_password(account=world.author, actor=manager.audit_actor())
    hours = value("account.initial_password", world.unit_a).number
    account = StaffAccount.objects.get(pk=world.author.pk)
    assert account.check_password(handover.text)
    assert not account.check_password(PASSWORD)
    with time_machine.travel(handover.valid_until - timedelta(minutes=1)):
        assert passwords.change_reason(account) == "initial"
        assert passwords.initial_password_refusal(account) is None
    with time_machine.travel(handover.valid_until + timedelta(minutes=1)):
        assert passwords.initial_password_refusal(account) is not None
    assert handover.valid_until - InitialPassword.objects.get().issued_at == timedelta(hours=hours)
    entry = AuditEntry.objects.get(verb="account.password_reset")
    assert entry.account_id == manager.pk
    assert handover.text not in entry.text.body


def test_initial_password_can_not_be_kept(world: World, manager) -> None:
    handover = passwords.issue_initial_password(account=world.author, actor=manager.audit_actor())
    with pytest.raises(PasswordRefused):
        change(world.author, handover.text, old=handover.text)
    account = change(world.author, NEW, old=handover.text)
    assert passwords.change_reason(account) == ""
    assert not InitialPassword.objects.exists()


def test_initial_password_is_issued_inside_the_own_units_only_and_never_to_oneself(
    world: World, manager, stranger
) -> None:
    for account, actor in ((world.author, stranger), (manager, manager), (world.author, world.lead)):
        with pytest.raises((HelpRefused, passwords.DomainError)):
            passwords.issue_initial_password(account=account, actor=actor.audit_actor())
    world.author.refresh_from_db()
    assert world.author.check_password(PASSWORD)


def test_platform_issues_an_initial_password_for_a_new_account(world: World) -> None:
    world.author.set_unusable_password()
    world.author.save()
    handover = passwords.issue_initial_password(account=world.author, actor=audit.PLATFORM)
    assert not FormerPassword.objects.exists()
    assert StaffAccount.objects.get(pk=world.author.pk).check_password(handover.text)


def test_short_password_is_refused_in_chinese():
    with pytest.raises(ValidationError) as refused:
        validate_password("Kurz-2026!")
    assert refused.value.messages == ["密码太短，至少需要 12 个字符。"]

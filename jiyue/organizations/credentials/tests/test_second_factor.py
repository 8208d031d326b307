"""Second factors: confirmed before they count, never the last one removed, reset by two persons."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django_otp import user_has_device
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.core import audit, clock, two_person
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.organizations.credentials import passkeys, recovery, resets, second_factor
from jiyue.organizations.credentials.models import Passkey, RecoveryCode
from jiyue.organizations.credentials.passwords import WrongPassword
from jiyue.organizations.credentials.second_factor import FactorRefused
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount, StaffNotice
from jiyue.organizations.services import assign_role
from jiyue.policy.selectors import value
from tests.factories import PASSWORD, World


def add_passkey(account: StaffAccount, name: str = "手机") -> Passkey:
    return Passkey.objects.create(
        user=account, name=name, credential_id=name, public_key=b"", created_at=clock.now()
    )


def remove(account: StaffAccount, kind: str, pk: int, password: str = PASSWORD) -> None:
    second_factor.remove_factor(
        account=account, kind=kind, pk=pk, password=password, actor=account.audit_actor()
    )


def test_authenticator_counts_only_after_a_right_code(world: World) -> None:
    account, secret = world.author, second_factor.new_secret()
    right = f"{totp(bytes.fromhex(secret)):06d}"
    for wrong in ("000000" if right != "000000" else "000001", "", "²²²²²²", "abcdef"):
        with pytest.raises(FactorRefused):
            second_factor.confirm_authenticator(
                account=account, secret=secret, code=wrong, actor=account.audit_actor()
            )
    assert not second_factor.has_second_factor(account)
    second_factor.confirm_authenticator(
        account=account, secret=secret, code=right, actor=account.audit_actor()
    )
    assert second_factor.has_second_factor(account)
    assert AuditEntry.objects.filter(verb="account.second_factor_set").exists()
    assert StaffNotice.objects.filter(person=account.person, topic="account.factor_set").exists()


def test_code_that_confirmed_an_authenticator_opens_nothing(world: World) -> None:
    account, secret = world.author, second_factor.new_secret()
    code = f"{totp(bytes.fromhex(secret)):06d}"
    second_factor.confirm_authenticator(
        account=account, secret=secret, code=code, actor=account.audit_actor()
    )
    assert second_factor.verify(account, code) is None


def test_passkey_is_a_device_of_the_second_factor(world: World) -> None:
    add_passkey(world.author)
    assert second_factor.has_second_factor(world.author)
    assert user_has_device(world.author)


def test_last_factor_stays_whatever_is_asked(world: World) -> None:
    device = second_factor.enrol(world.author, actor=audit.PLATFORM)
    recovery.make_codes(account=world.author, actor=world.author.audit_actor())
    with pytest.raises(FactorRefused):
        remove(world.author, second_factor.AUTHENTICATOR, device.pk)
    passkey = add_passkey(world.author)
    remove(world.author, second_factor.AUTHENTICATOR, device.pk)
    with pytest.raises(FactorRefused):
        remove(world.author, second_factor.PASSKEY, passkey.pk)
    assert AuditEntry.objects.filter(verb="account.second_factor_removed").count() == 1


def test_removal_asks_for_the_password_and_knows_only_the_own_factors(world: World) -> None:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    mine, theirs = add_passkey(world.author), add_passkey(world.lead, "别人的")
    with pytest.raises(WrongPassword):
        remove(world.author, second_factor.PASSKEY, mine.pk, "wrong-password")
    with pytest.raises(FactorRefused):
        remove(world.author, second_factor.PASSKEY, theirs.pk)
    with pytest.raises(FactorRefused):
        second_factor.rename_passkey(
            account=world.author, pk=theirs.pk, name="x", actor=world.author.audit_actor()
        )
    assert Passkey.objects.count() == 2


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"id": 1}',
        '{"id": "\\u0000"}',
        '{"id": "手机"}',
        '{"id": "\\ud800", "rawId": "x"}',
        json.dumps({"id": "手机", "rawId": "手机", "type": "public-key", "response": {"signature": 1}}),
        "[" * 100_000,
        '{"id": "' + "x" * 30_000 + '"}',
    ],
)
def test_forged_answer_of_a_passkey_is_refused(world: World, answer: str) -> None:
    add_passkey(world.author)
    with pytest.raises(FactorRefused):
        passkeys.verify(account=world.author, answer=answer, challenge="AAAA")
    with pytest.raises(FactorRefused):
        passkeys.register(
            account=world.author, name="x", answer=answer, challenge="", actor=world.author.audit_actor()
        )


def test_question_demands_that_the_device_knows_its_owner(world: World) -> None:
    add_passkey(world.author, "QUJD")
    asked = json.loads(passkeys.ask_to_prove(world.author).options)
    assert asked["userVerification"] == "required"
    assert [entry["id"] for entry in asked["allowCredentials"]] == ["QUJD"]
    made = json.loads(passkeys.ask_to_register(world.author).options)
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["rp"]["id"] == django_settings.JIYUE_WEBAUTHN_RP_ID
    assert world.author.login_name.encode().hex() not in made["user"]["id"]


@pytest.mark.parametrize(
    ("host", "is_possible"), [("127.0.0.1", False), ("[::1]", False), ("", False), ("localhost", True)]
)
def test_passkeys_need_a_host_name(settings, host: str, is_possible: bool) -> None:
    settings.JIYUE_WEBAUTHN_RP_ID = host
    assert passkeys.is_available() is is_possible


def test_recovery_code_works_once_whatever_its_spelling(world: World) -> None:
    account = world.author
    second_factor.enrol(account, actor=audit.PLATFORM)
    first, second, *_others = recovery.make_codes(account=account, actor=account.audit_actor())
    actor = account.audit_actor()
    assert recovery.use_code(account=account, text=f" {first.upper()} ", actor=actor)
    assert recovery.use_code(account=account, text=first, actor=actor) is None
    assert recovery.wait_for_code(account) > 0
    assert recovery.use_code(account=account, text=second, actor=actor) is None  # it has to wait
    assert recovery.count_codes(account) == recovery.CODE_COUNT - 1
    assert AuditEntry.objects.filter(verb="account.recovery_code_used").count() == 1
    assert StaffNotice.objects.filter(topic="account.factor_recovery_code_used").count() == 1


def test_wrong_codes_lock_a_device_for_the_longest_wait_at_most(world: World) -> None:
    account = world.author
    second_factor.enrol(account, actor=audit.PLATFORM)
    recovery.make_codes(account=account, actor=account.audit_actor())
    longest_seconds = value("account.lockout_minutes").number * 60
    with time_machine.travel("2026-03-02 09:00:00+08:00", tick=False) as traveller:
        for _time in range(25):
            assert second_factor.verify(account, "000000") is None
            assert recovery.use_code(account=account, text="x", actor=account.audit_actor()) is None
            traveller.shift(timedelta(hours=1))
        second_factor.verify(account, "000000")
        recovery.use_code(account=account, text="x", actor=account.audit_actor())
        assert 0 < second_factor.wait_for_code(account) <= longest_seconds
        assert 0 < recovery.wait_for_code(account) <= longest_seconds


def test_new_codes_replace_the_old_ones_and_are_stored_as_digests(world: World) -> None:
    account = world.author
    second_factor.enrol(account, actor=audit.PLATFORM)
    old = recovery.make_codes(account=account, actor=account.audit_actor())
    new = recovery.make_codes(account=account, actor=account.audit_actor())
    assert len(set(old + new)) == 2 * recovery.CODE_COUNT
    stored = " ".join(RecoveryCode.objects.values_list("digest", flat=True))
    assert not any(code.replace("-", "") in stored for code in new)
    assert recovery.use_code(account=account, text=old[0], actor=account.audit_actor()) is None


def test_recovery_codes_need_a_factor(world: World) -> None:
    with pytest.raises(DomainError):
        recovery.make_codes(account=world.author, actor=world.author.audit_actor())


def propose(account: StaffAccount, actor: StaffAccount) -> TwoPersonChange:
    return resets.propose_reset(account=account, reason="手机丢失", actor=actor.audit_actor())


@pytest.mark.req("SEC-09")
def test_second_factor_is_reset_by_two_administrators_and_enrolled_anew(
    world: World, manager, second_manager
) -> None:
    account = world.author
    second_factor.enrol(account, actor=audit.PLATFORM)
    add_passkey(account)
    recovery.make_codes(account=account, actor=account.audit_actor())
    before = account.get_session_auth_hash()
    change = propose(account, manager)
    assert second_factor.has_second_factor(account)
    with pytest.raises(two_person.SamePerson):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=manager.audit_actor())
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=second_manager.audit_actor())
    account.refresh_from_db()
    assert not second_factor.has_second_factor(account)
    assert recovery.count_codes(account) == 0
    assert account.get_session_auth_hash() != before
    assert StaffNotice.objects.filter(person=account.person, topic="account.factor_reset").exists()
    assert AuditEntry.objects.filter(verb="account.second_factor_reset").exists()


def test_reset_is_out_of_reach_for_the_person_and_for_strangers(
    world: World, manager, second_manager, stranger
) -> None:
    for account in (world.author, manager):
        second_factor.enrol(account, actor=audit.PLATFORM)
    for account, actor in ((manager, manager), (world.author, stranger), (world.author, world.lead)):
        with pytest.raises(DomainError):
            propose(account, actor)
    change = propose(world.author, manager)
    for actor in (stranger, world.author, world.lead):
        assert two_person.decision_refusal(change, actor.audit_actor()) is not None
        with pytest.raises(DomainError):
            two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor.audit_actor())
    assert TOTPDevice.objects.filter(user=world.author).exists()
    assert two_person.decision_refusal(change, second_manager.audit_actor()) is None


def test_person_with_rights_elsewhere_is_out_of_reach(world: World, manager) -> None:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    assign_role(
        person=world.author.person,
        unit=world.unit_b,
        role=StaffRole.ENTRY_CLERK,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    with pytest.raises(DomainError):
        propose(world.author, manager)


def test_nothing_to_reset_is_said(world: World, manager) -> None:
    with pytest.raises(DomainError):
        propose(world.author, manager)

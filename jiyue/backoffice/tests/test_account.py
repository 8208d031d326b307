"""The own account and the help for others, as the screens answer."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from jiyue.backoffice import signing_in
from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.organizations.credentials import flow, passwords, recovery, second_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.policy.selectors import value
from tests.factories import PASSWORD, World, make_account

NEW = "sieben-Zwerge-hinter-Bergen"
SIGN_IN, CODE, CHANGE = "/sign-in/", "/sign-in/code/", "/sign-in/password/"


@pytest.fixture
def world(world: World) -> World:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    return world


@pytest.fixture
def manager(world: World) -> StaffAccount:
    return make_account("guan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="管")


def both_steps(account: StaffAccount, password: str = PASSWORD) -> tuple[Client, str]:
    """A browser after both steps, and where it was sent."""
    client = Client()
    client.post(SIGN_IN, {"login_name": account.login_name, "password": password})
    answer = client.post(CODE, {"code": second_factor.current_code(account)})
    return client, answer.headers.get("Location", "")


def passwords_of(old: str, new: str) -> dict[str, str]:
    return {"old": old, "new": new, "repeated": new}


@pytest.mark.req("SEC-10")
def test_password_rules_hold_at_every_door(world: World) -> None:
    account = world.author
    shortest, longest = value("account.password_change", world.unit_a).numbers
    with time_machine.travel("2026-03-02 09:00:00+08:00", tick=False) as traveller:
        client, address = both_steps(account)
        assert address == "/"
        account.refresh_from_db()
        due = account.password_change_due_at
        assert due is not None
        assert timedelta(days=shortest) <= due - account.password_set_at <= timedelta(days=longest)

        traveller.move_to(due + timedelta(minutes=1))
        client, address = both_steps(account)
        assert address.startswith(CHANGE)
        for closed in ("/", "/resources/", "/account/"):
            assert client.get(closed).url.startswith(SIGN_IN)
        for refused in (PASSWORD, "Administrator-2026", "123456789012345", "short"):
            answer = client.post(CHANGE, passwords_of(PASSWORD, refused))
            assert answer.context["form"].errors["new"], refused
        assert client.get("/").url.startswith(SIGN_IN)
        assert client.post(CHANGE, passwords_of(PASSWORD, NEW)).url == "/"
        assert client.get("/").status_code == 200
        account.refresh_from_db()
        again = account.password_change_due_at
        assert again is not None
        assert timedelta(days=shortest) <= again - account.password_set_at <= timedelta(days=longest)
        answer = client.post("/account/password/", passwords_of(NEW, PASSWORD))
        assert answer.context["form"].errors["new"]

        for _time in range(value("account.lockout_failures").number):
            Client().post(SIGN_IN, {"login_name": "jia", "password": "wrong-password"})
        locked = Client().post(SIGN_IN, {"login_name": "jia", "password": NEW})
        assert locked.status_code == 200
        traveller.shift(timedelta(minutes=value("account.lockout_minutes").number + 1))
        assert both_steps(account, NEW)[1] == "/"
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"account.password_changed", "account.sign_in_failed", "account.signed_in"} <= verbs


def test_session_key_changes_at_both_steps(world: World) -> None:
    client = Client()
    client.get("/sign-in/")
    client.post(SIGN_IN, {"login_name": "jia", "password": PASSWORD})
    first = client.session.session_key
    answer = client.post(CODE, {"code": second_factor.current_code(world.author)})
    assert client.session.session_key != first
    cookie = answer.cookies["jiyue_staff"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert signing_in.PENDING_KEY not in client.session


def test_password_change_keeps_this_session_and_ends_the_others(world: World) -> None:
    here, elsewhere = both_factors(world.author), both_factors(world.author)
    assert here.post("/account/password/", passwords_of(PASSWORD, NEW)).url == "/account/"
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").url.startswith(SIGN_IN)


def test_signing_out_everywhere_else_keeps_this_session(world: World) -> None:
    here, elsewhere = both_factors(world.author), both_factors(world.author)
    assert here.post("/account/sign-out-elsewhere/").url == "/account/"
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert AuditEntry.objects.filter(verb="account.signed_out_elsewhere").exists()


def test_half_proven_sign_in_ends_with_the_password(world: World) -> None:
    client = Client()
    client.post(SIGN_IN, {"login_name": "jia", "password": PASSWORD})
    passwords.issue_initial_password(account=world.author, actor=audit.PLATFORM)
    answer = client.post(CODE, {"code": second_factor.current_code(world.author)})
    assert answer.url.startswith(SIGN_IN)
    assert client.get("/").status_code == 302


def test_objection_of_a_check_is_shown_before_and_after_the_second_factor(world: World, monkeypatch) -> None:
    objections: list[DomainError] = []
    checks = {"test": lambda request, account: objections[0] if objections else None}
    monkeypatch.setattr(flow.SIGN_IN_CHECKS, "_entries", checks)
    client = Client()
    client.post(SIGN_IN, {"login_name": "jia", "password": PASSWORD})
    objections.append(DomainError("此处不可登录"))
    answer = client.post(CODE, {"code": second_factor.current_code(world.author)})
    assert "此处不可登录" in answer.content.decode()
    assert client.get("/").status_code == 302
    answer = Client().post(SIGN_IN, {"login_name": "jia", "password": PASSWORD})
    assert "此处不可登录" in answer.content.decode()


def test_expired_initial_password_opens_nothing(world: World) -> None:
    with time_machine.travel("2026-03-02 09:00:00+08:00"):
        handover = passwords.issue_initial_password(account=world.author, actor=audit.PLATFORM)
    with time_machine.travel(handover.valid_until + timedelta(minutes=1)):
        answer = Client().post(SIGN_IN, {"login_name": "jia", "password": handover.text})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()


def test_secret_and_codes_are_shown_without_inline_style_or_script(world: World) -> None:
    client = both_factors(world.author)
    page = client.get("/account/authenticator/").content.decode()
    assert "<svg" in page
    main = page.partition("<main")[2]
    assert "style=" not in main
    assert "onclick" not in main
    assert client.post("/account/recovery-codes/", {"password": "wrong"}).context["form"].errors
    answer = client.post("/account/recovery-codes/", {"password": PASSWORD})
    assert len(answer.context["codes"]) == recovery.CODE_COUNT
    assert answer.headers["Cache-Control"] == "no-store"
    assert "codes" not in client.get("/account/recovery-codes/").context


def test_wrong_code_keeps_the_offered_secret(world: World) -> None:
    client = both_factors(world.author)
    before = client.get("/account/authenticator/").context["secret_text"]
    answer = client.post("/account/authenticator/", {"code": "000000", "password": PASSWORD})
    assert answer.context["secret_text"] == before


def test_factor_of_somebody_else_does_not_exist(world: World) -> None:
    device = second_factor.enrol(world.lead, actor=audit.PLATFORM)
    client = both_factors(world.author)
    for kind in (second_factor.AUTHENTICATOR, second_factor.PASSKEY, "anything"):
        address = reverse("backoffice:my_factor_remove", args=[kind, device.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, {"password": PASSWORD}).status_code == 404


def test_manager_hands_over_a_password_once(world: World, manager: StaffAccount) -> None:
    client = both_factors(manager)
    address = reverse("backoffice:account_initial_password", args=[world.author.pk])
    answer = client.post(address)
    handover = answer.context["handover"]
    assert handover.text in answer.content.decode()
    assert client.get(address).status_code == 302
    assert StaffAccount.objects.get(pk=world.author.pk).must_change_password


def test_manager_proposes_a_reset_with_a_reason(world: World, manager: StaffAccount) -> None:
    client = both_factors(manager)
    address = reverse("backoffice:account_reset_propose", args=[world.author.pk])
    assert client.post(address, {"reason": " "}).context["form"].errors["reason"]
    assert client.post(address, {"reason": "手机丢失，已核验"}).status_code == 302
    assert client.post(address, {"reason": "再来一次"}).context["form"].non_field_errors()
    assert TwoPersonChange.objects.count() == 1


@pytest.mark.parametrize("text", ["²", "\x00", "%", "9" * 500])
def test_search_for_anything_is_no_fault(world: World, manager: StaffAccount, text: str) -> None:
    assert both_factors(manager).get("/account/help/", {"q": text}).status_code == 200


def test_list_of_help_costs_the_same_for_many_accounts(
    world: World, manager: StaffAccount, django_assert_max_num_queries
) -> None:
    for number in range(30):
        make_account(f"ren{number}", world.unit_a, StaffRole.ENTRY_CLERK)
    client = both_factors(manager)
    with django_assert_max_num_queries(25):
        client.get("/account/help/")


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("my_recovery_codes", "password"),
        ("my_password", "old"),
    ],
)
def test_the_password_cant_be_guessed_from_inside_a_session(world, name, field):
    client, address = both_factors(world.author), reverse(f"backoffice:{name}")
    guess = {field: "falsch", "new": NEW, "repeated": NEW}
    for _try in range(value("account.lockout_failures").number):
        client.post(address, guess)
    assert AuditEntry.objects.filter(verb="account.sign_in_failed").exists()
    right = client.post(address, {**guess, field: PASSWORD})
    assert "次数过多" in str(right.context["form"].errors)
    assert recovery.count_codes(world.author) == 0
    world.author.refresh_from_db()
    assert world.author.check_password(PASSWORD)

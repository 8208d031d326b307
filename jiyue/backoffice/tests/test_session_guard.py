"""What happens to a session between two requests."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import audit
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.services.accounts import suspend_account
from jiyue.organizations.sign_ins.enums import EndReason, FlagKind
from jiyue.organizations.sign_ins.models import SignInFlag, SignInRule, StaffSession, Terminal
from jiyue.organizations.sign_ins.origins import DEVICE_COOKIE
from tests.factories import PASSWORD, World, make_account

HERE = "10.20.3.7"


def sign_in(account, address: str = HERE) -> Client:
    """Both steps in a fresh browser."""
    client = Client(REMOTE_ADDR=address)
    client.post("/sign-in/", {"login_name": account.login_name, "password": PASSWORD})
    client.post("/sign-in/code/", {"code": second_factor.current_code(account)})
    return client


@pytest.fixture
def world(world: World) -> World:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    return world


def ends(client: Client) -> str:
    """The next request meets the sign-in page; return what it says."""
    answer = client.get("/resources/")
    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in/?next=")
    return client.get(answer.url).content.decode()


def test_sign_in_leaves_a_session_with_its_origin_and_a_lasting_cookie(world):
    client = sign_in(world.author)
    session = StaffSession.objects.get()
    assert (session.account, session.address, session.network) == (world.author, HERE, "10.20.3.0/24")
    cookie = client.cookies[DEVICE_COOKIE]
    assert cookie["httponly"]
    assert cookie["max-age"] > 300 * 24 * 3600
    assert session.device not in cookie.value
    client.get("/")
    assert StaffSession.objects.count() == 1


@pytest.mark.req("ORG-13")
def test_second_browser_on_another_network_is_flagged(world):
    sign_in(world.author)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        sign_in(world.author, "172.16.9.9")
    assert set(SignInFlag.objects.values_list("kind", flat=True)) == set(FlagKind.values)


def test_session_cookie_copied_into_another_browser_ends_the_session(world):
    client = sign_in(world.author)
    thief = Client(REMOTE_ADDR=HERE)
    thief.cookies["jiyue_staff"] = client.cookies["jiyue_staff"].value
    ends(thief)
    ends(client)
    assert StaffSession.objects.get().end_reason == EndReason.DEVICE_CHANGED
    assert SignInFlag.objects.get().evidence["tried_address"] == HERE


def test_forged_device_cookie_counts_as_none(world):
    client = sign_in(world.author)
    client.cookies[DEVICE_COOKIE] = "mine:forged"
    ends(client)


@pytest.mark.req("ORG-13")
def test_session_of_a_suspended_account_dies_at_the_next_request(world):
    client = sign_in(world.author)
    suspend_account(account=world.author, reason="出借账号", actor=world.manager.audit_actor(HERE))
    ends(client)
    assert StaffSession.objects.get().end_reason == EndReason.ACCOUNT_OFF


def test_session_ended_by_an_administrator_dies_at_the_next_request(world):
    client = sign_in(world.author)
    session = StaffSession.objects.get()
    manager = both_factors(world.manager)
    manager.post(f"/security/accounts/{world.author.pk}/end/", {"id": session.pk})
    ends(client)
    session.refresh_from_db()
    assert session.ended_by == world.manager


def test_of_two_administrators_who_end_each_others_sessions_the_first_one_wins(world):
    other = make_account("wu2", world.unit_a, StaffRole.PLATFORM_MANAGER)
    first, second = both_factors(world.manager), both_factors(other)
    first.get("/")
    second.get("/")
    first.post(f"/security/accounts/{other.pk}/end/")
    second.post(f"/security/accounts/{world.manager.pk}/end/")
    assert first.get("/").status_code == 200
    ends(second)


@pytest.mark.parametrize(("minutes", "goes_on"), [(29, True), (31, False), (-10, False)])
def test_idle_session_and_clock_set_back(world, minutes, goes_on):
    client = sign_in(world.author)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert (client.get("/").status_code == 200) is goes_on


def test_page_that_refreshes_itself_keeps_nobody_signed_in(world):
    client, now = sign_in(world.author), timezone.now()
    for minutes, headers, status in ((20, {"X-Jiyue-Refresh": "1"}, 200), (29, {}, 200), (58, {}, 200)):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert client.get("/publishing-queue/", headers=headers).status_code == status
    with time_machine.travel(now + timedelta(minutes=80)):
        assert client.get("/publishing-queue/", headers={"X-Jiyue-Refresh": "1"}).status_code == 200
    with time_machine.travel(now + timedelta(minutes=89)):
        ends(client)


@pytest.mark.req("SEC-08")
def test_rule_holds_at_the_sign_in_and_at_every_request(world):
    client = sign_in(world.author)
    SignInRule.objects.create(unit=world.unit_a, networks=["192.168.0.0/16"], changed_at=timezone.now())
    assert HERE in ends(client)
    refused = Client(REMOTE_ADDR=HERE).post(
        "/sign-in/", {"login_name": world.author.login_name, "password": PASSWORD}
    )
    assert refused.context["form"].non_field_errors()
    wrong = Client(REMOTE_ADDR=HERE).post("/sign-in/", {"login_name": "jia", "password": "falsch-falsch"})
    assert "192.168" not in wrong.content.decode()  # only who knows the password learns of the rule
    assert HERE not in wrong.content.decode()
    assert AuditEntry.objects.filter(verb="sign_in.place_refused").count() == 2


@pytest.mark.req("SEC-08")
def test_a_forged_header_opens_no_network(world):
    SignInRule.objects.create(unit=world.unit_a, networks=["10.20.0.0/16"], changed_at=timezone.now())
    form = {"login_name": world.author.login_name, "password": PASSWORD}
    forged = {"HTTP_X_REAL_IP": HERE, "HTTP_X_FORWARDED_FOR": HERE, "HTTP_FORWARDED": f"for={HERE}"}
    stranger = Client(REMOTE_ADDR="198.51.100.4", **forged)
    assert stranger.post("/sign-in/", form).status_code == 200
    through_the_proxy = Client(REMOTE_ADDR="127.0.0.1", HTTP_X_REAL_IP=HERE)
    assert through_the_proxy.post("/sign-in/", form).status_code == 302
    lying = Client(REMOTE_ADDR="127.0.0.1", HTTP_X_REAL_IP="198.51.100.4", HTTP_X_FORWARDED_FOR=HERE)
    assert lying.post("/sign-in/", form).status_code == 200


@pytest.mark.req("SEC-08")
def test_sign_in_at_an_overdue_terminal_is_refused(world):
    Terminal.objects.create(
        unit=world.unit_a,
        name="一号机",
        asset_number="ZC-1",
        custodian=world.author.person,
        address=HERE,
        registered_on=timezone.localdate() - timedelta(days=400),
    )
    answer = Client(REMOTE_ADDR=HERE).post(
        "/sign-in/", {"login_name": world.author.login_name, "password": PASSWORD}
    )
    assert "一号机" in str(answer.context["form"].non_field_errors())


def test_own_page_ends_the_other_sign_ins_and_no_foreign_ones(world):
    client = both_factors(world.author)
    client.get("/")
    elsewhere = both_factors(world.author)
    elsewhere.get("/")
    stranger = both_factors(world.lead)
    stranger.get("/")
    foreign = StaffSession.objects.get(account=world.lead)
    client.post("/security/mine/end/", {"id": foreign.pk})
    assert stranger.get("/").status_code == 200
    client.post("/security/mine/end/")
    assert client.get("/").status_code == 200
    ends(elsewhere)


def test_signing_out_closes_the_session(world):
    client = sign_in(world.author)
    client.post("/sign-out/")
    assert StaffSession.objects.get().end_reason == EndReason.SIGNED_OUT


def test_flag_is_reviewed_and_the_account_suspended_on_its_page(world):
    sign_in(world.author)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        sign_in(world.author, "172.16.9.9")
        flag = SignInFlag.objects.first()
        manager = both_factors(world.manager)
        page = f"/security/flags/{flag.pk}/"
        empty = manager.post(page, {"result": "lent", "note": ""})
        assert empty.context["form"].errors["note"]
        assert manager.post(page, {"result": "lent", "note": "已约谈"}).status_code == 302
        manager.post(f"{page}act/", {"act": "suspend", "reason": "出借账号"})
        world.author.refresh_from_db()
        assert world.author.status == "suspended"
        assert "已约谈" in manager.get(page).content.decode()

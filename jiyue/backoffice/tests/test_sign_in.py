import pytest
from django.test import Client
from django.urls import reverse

from jiyue.backoffice import signing_in
from jiyue.backoffice.tests.clients import one_factor
from jiyue.core import audit
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import second_factor
from tests.factories import PASSWORD, World

SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"
ATTEMPTS = 10  # wrong passwords, more than the profile allows


@pytest.fixture
def world(world: World) -> World:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    return world


def _first_step(client: Client, name: str = "jia", password: str = PASSWORD, query: str = ""):
    return client.post(SIGN_IN + query, {"login_name": name, "password": password})


def test_password_alone_opens_nothing(world):
    client = Client()
    answer = _first_step(client)
    assert answer.status_code == 302
    assert answer.url.startswith(CODE)
    assert client.get("/").status_code == 302


@pytest.mark.req("SEC-09")
def test_password_and_code_open_the_workbench(world):
    client = Client()
    _first_step(client)
    answer = client.post(CODE, {"code": second_factor.current_code(world.author)})
    assert answer.url == "/"
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.filter(verb="account.signed_in", account_id=world.author.pk).exists()


def test_session_with_one_factor_is_sent_to_the_sign_in_page(world):
    answer = one_factor(world.author).get("/resources/")
    assert answer.status_code == 302
    assert answer.url == "/sign-in/?next=%2Fresources%2F"


def test_unknown_name_and_wrong_password_read_the_same(world):
    unknown = _first_step(Client(), name="nobody")
    wrong = _first_step(Client(), password="wrong-password")
    assert unknown.status_code == wrong.status_code == 200
    assert unknown.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()


def test_closed_account_reads_like_a_wrong_password(world):
    world.author.status = "closed"
    world.author.save()
    answer = _first_step(Client())
    assert answer.context["form"].non_field_errors()


def test_wrong_code_is_refused_and_recorded(world):
    client = Client()
    _first_step(client)
    answer = client.post(CODE, {"code": "000000"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]
    assert AuditEntry.objects.filter(verb="account.code_refused").exists()
    assert client.get("/").status_code == 302


def test_code_works_only_once(world):
    code = second_factor.current_code(world.author)
    for expected in (302, 200):
        client = Client()
        _first_step(client)
        assert client.post(CODE, {"code": code}).status_code == expected


def test_second_step_without_the_first_goes_back(world):
    assert Client().get(CODE).status_code == 302


def test_first_step_is_forgotten_after_five_minutes(world, monkeypatch):
    client = Client()
    _first_step(client)
    now = signing_in.time.time()
    monkeypatch.setattr(signing_in.time, "time", lambda: now + signing_in.PENDING_SECONDS + 1)
    assert client.post(CODE, {"code": second_factor.current_code(world.author)}).status_code == 302
    assert client.get("/").status_code == 302


def test_first_step_is_forgotten_when_the_clock_is_set_back(world, monkeypatch):
    client = Client()
    _first_step(client)
    now = signing_in.time.time()
    monkeypatch.setattr(signing_in.time, "time", lambda: now - 3_600)
    assert client.get(CODE).status_code == 302


def test_account_without_second_factor_reaches_nothing_but_its_enrolment(world):
    client = Client()
    _first_step(client, name=world.lead.login_name)
    for address in (CODE, "/sign-in/password/"):
        assert client.post(address, {"code": "123456"}).url == "/sign-in/enrol/?next=%2F"
    for address in ("/", "/resources/", "/account/"):
        assert client.get(address).url.startswith("/sign-in/?next=")


def test_many_wrong_passwords_make_the_name_wait(world):
    for _attempt in range(ATTEMPTS):
        _first_step(Client(), password="wrong-password")
    answer = _first_step(Client())
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()


def test_next_address_stays_inside_the_back_office(world):
    client = Client()
    _first_step(client, query="?next=https://evil.example/")
    answer = client.post(
        CODE + "?next=https://evil.example/", {"code": second_factor.current_code(world.author)}
    )
    assert answer.url == "/"


def test_signing_out_ends_the_session(world, enter):
    client = enter(world.author)
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.filter(verb="account.signed_out").exists()


def test_new_authenticator_replaces_the_old_one(world):
    old = second_factor.current_code(world.author)
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    assert second_factor.verify(world.author, old) is None or old == second_factor.current_code(world.author)


def test_form_sent_after_the_sign_in_expired_comes_back_to_the_same_form(world):
    resource = world.draft()
    address = reverse("backoffice:resource_edit", args=[resource.pk])
    answer = Client().post(address, {"title": "x"})
    assert answer.status_code == 302
    assert f"next=%2Fresources%2F{resource.pk}%2Fedit%2F" in answer.url
    assert "expired=1" in answer.url
    page = Client().get(answer.url)
    assert page.context["is_expired"]


def test_decision_sent_after_the_sign_in_expired_comes_back_to_the_case(world, enter):
    case = world.submitted()
    address = reverse("backoffice:case_decide", args=[case.pk])
    answer = Client().post(address, {})
    assert f"next=%2Freview%2F{case.pk}%2Fdecide%2F" in answer.url
    assert enter(world.lead).get(address).url == reverse("backoffice:case_detail", args=[case.pk])

"""The unified sign-in against a real, certified provider on loopback."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jiyue.backoffice import unified_identity
from jiyue.core import audit
from jiyue.core.models import AuditEntry
from jiyue.core.openid import ProviderSettings
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.models import Person, StaffAccount, StaffNotice, UnitRole
from jiyue.organizations.services.authority import OutsideOwnUnits
from jiyue.organizations.sign_ins.models import ExternalIdentity, SignInRule, StaffSession
from jiyue.organizations.sign_ins.services import link_identity
from jiyue.organizations.sign_ins.services.identities import LinkRefused
from tests.factories import World
from tests.plumbing.ports import free_port
from tests.plumbing.processes import end, limited
from tests.plumbing.services import ROOT, require_service

RETURN = "/sign-in/unified/return/"
SECRET = "only-for-tests-only-for-tests-only"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A running provider."""
    require_service("oidc")
    node = require_service("node")
    port = free_port()
    back = f"http://127.0.0.1:8100{RETURN}"
    process = subprocess.Popen(
        [node, "provider.mjs", str(port), back],
        cwd=ROOT / "tools" / "oidc",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "test"},
        text=True,
    )
    try:
        assert process.stdout is not None
        with limited(process, "the provider's start"):
            assert process.stdout.readline().strip() == "READY"
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


@pytest.fixture(autouse=True)
def _providers(issuer, settings) -> None:
    settings.WAGTAILADMIN_BASE_URL = "http://127.0.0.1:8100"
    settings.JIYUE_OIDC_PROVIDERS = [
        ProviderSettings("city", "市统一身份认证", issuer, "jiyue", SECRET),
    ]


@pytest.fixture
def trusted(issuer, settings) -> None:
    """The provider is trusted with the second factor."""
    settings.JIYUE_OIDC_PROVIDERS = [
        ProviderSettings("city", "市统一身份认证", issuer, "jiyue-strong", SECRET, trusted_amr=("otp",)),
    ]


def at_the_provider(address: str, person: str) -> str:
    """Sign in there as a browser does; return the path the provider sends the person back to."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _hop in range(6):
            if "location" in answer.headers:
                target = urljoin(address, answer.headers["location"])
                if RETURN in target and "127.0.0.1:8100" in target:
                    parts = urlsplit(target)
                    return f"{parts.path}?{parts.query}"
                answer = browser.get(target, allow_redirects=False, timeout=10)
            else:
                answer = browser.post(answer.url, data={"login": person}, allow_redirects=False, timeout=10)
    raise AssertionError(answer.text)


def go(client: Client, person: str, start: str = "/sign-in/unified/city/") -> str:
    """To the provider and back; return the address that brings the answer."""
    return at_the_provider(client.get(start).url, person)


def link(
    account: StaffAccount, issuer: str, subject: str, by: StaffAccount | None = None
) -> ExternalIdentity:
    actor = (by or account).audit_actor("10.20.3.7")
    return link_identity(account=account, issuer=issuer, subject=subject, name="市统一身份认证", actor=actor)


def texts(client: Client) -> str:
    """What the page says after a refusal."""
    return client.get("/sign-in/").content.decode()


@pytest.mark.req("SEC-09")
def test_identity_opens_the_account_together_with_the_second_factor(world: World, issuer):
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    link(world.author, issuer, "u100")
    client = Client()
    answer = client.get(go(client, "u100", "/sign-in/unified/city/?next=/resources/"))
    assert answer.url == "/sign-in/code/?next=%2Fresources%2F"
    assert client.get("/").status_code == 302  # one factor opens nothing
    answer = client.post(answer.url, {"code": second_factor.current_code(world.author)})
    assert answer.url == "/resources/"
    assert client.get("/").status_code == 200
    assert StaffSession.objects.get().account == world.author
    assert ExternalIdentity.objects.get().last_used_at is not None


def test_trusted_provider_that_asserts_the_second_factor_opens_at_once(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    client = Client()
    assert client.get(go(client, "u100")).url == "/"
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.filter(verb="account.signed_in", account_id=world.author.pk).exists()


def test_link_made_by_an_administrator_never_spares_the_second_factor(world: World, issuer, trusted):
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    link(world.author, issuer, "u100", by=world.manager)
    client = Client()
    assert client.get(go(client, "u100")).url.startswith("/sign-in/code/")
    assert client.get("/").status_code == 302
    assert StaffNotice.objects.filter(person=world.author.person_id).exists()


def test_unknown_identity_creates_nothing_and_is_told_what_to_do(world: World, issuer):
    before = (StaffAccount.objects.count(), Person.objects.count(), UnitRole.objects.count())
    client = Client()
    assert client.get(go(client, "stranger")).url == "/sign-in/"
    assert "stranger" not in texts(client)
    assert (StaffAccount.objects.count(), Person.objects.count(), UnitRole.objects.count()) == before
    assert not StaffSession.objects.exists()
    assert AuditEntry.objects.filter(verb="identity.refused").count() == 1


@pytest.mark.parametrize("status", ["suspended", "disabled", "closed"])
def test_identity_of_an_account_that_is_switched_off_opens_nothing(world: World, issuer, trusted, status):
    link(world.author, issuer, "u100")
    world.author.status = status
    world.author.save()
    client = Client()
    assert client.get(go(client, "u100")).url == "/sign-in/"
    assert client.get("/").status_code == 302


def test_answer_that_is_sent_again_is_refused(world: World, issuer):
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    link(world.author, issuer, "u100")
    client = Client()
    back = go(client, "u100")
    assert client.get(back).url.startswith("/sign-in/code/")
    assert client.get(back).url == "/sign-in/"


def test_answer_in_another_browser_or_with_a_forged_state_is_refused(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    client = Client()
    back = go(client, "u100")
    assert Client().get(back).url == "/sign-in/"
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert client.get(back.replace(state, "forged")).url == "/sign-in/"
    assert client.get(back).url == "/sign-in/"  # the attempt is used up
    assert client.get("/").status_code == 302


def test_answer_after_ten_minutes_or_before_it_was_asked_is_refused(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    for shift in (timedelta(seconds=unified_identity.ATTEMPT_SECONDS + 5), timedelta(minutes=-5)):
        client = Client()
        back = go(client, "u100")
        with time_machine.travel(timezone.now() + shift):
            assert client.get(back).url == "/sign-in/"


def test_token_that_expired_meanwhile_is_refused(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    client = Client()
    back = go(client, "u100")
    with time_machine.travel(timezone.now() + timedelta(seconds=400)):
        client.get(back)
    assert client.get("/").status_code == 302


def test_person_who_was_refused_there_comes_back_to_the_sign_in_page(world: World, issuer):
    client = Client()
    assert client.get(go(client, "")).url == "/sign-in/"


def test_provider_that_is_down_leaves_the_password_way_open(world: World, settings):
    settings.JIYUE_OIDC_PROVIDERS = [ProviderSettings("city", "市认证", "http://127.0.0.1:9", "jiyue")]
    client = Client()
    assert client.get("/sign-in/unified/city/").url == "/sign-in/"
    page = texts(client)
    assert "市认证" in page
    assert 'name="password"' in page


def test_unknown_provider_is_not_found(world: World):
    assert Client().get("/sign-in/unified/other/").status_code == 404


def test_person_links_their_own_identity_only_with_a_deliberate_click(world: World, issuer, enter):
    client = enter(world.author)
    back = go(client, "u200", "/security/mine/link/city/")
    assert client.get(back).url == "/security/mine/confirm/"
    assert not ExternalIdentity.objects.exists()
    assert "u200" in client.get("/security/mine/confirm/").content.decode()
    assert client.post("/security/mine/confirm/").url == "/security/mine/"
    identity = ExternalIdentity.objects.get()
    assert (identity.user, identity.subject, identity.is_linked_by_person) == (world.author, "u200", True)
    client.post("/security/mine/confirm/")  # double click
    assert ExternalIdentity.objects.count() == 1
    assert AuditEntry.objects.filter(verb="identity.linked").count() == 1


def test_proven_identity_is_not_linked_to_whoever_signs_in_next(world: World, issuer, enter):
    client = enter(world.author)
    back = go(client, "u200", "/security/mine/link/city/")
    other = enter(world.lead)
    session = other.session
    session[unified_identity.ATTEMPT_KEY] = client.session[unified_identity.ATTEMPT_KEY]
    session.save()
    assert other.get(back).url == "/security/mine/"
    other.post("/security/mine/confirm/")
    assert not ExternalIdentity.objects.exists()


def test_one_identity_opens_one_account_only(world: World, issuer):
    link(world.author, issuer, "u100")
    with pytest.raises(LinkRefused):
        link(world.lead, issuer, "u100")
    with pytest.raises(LinkRefused):
        link(world.author, issuer, "u101")
    with pytest.raises(OutsideOwnUnits):
        link(world.other_author, issuer, "u102", by=world.manager)


def test_undone_link_ends_the_sessions_and_opens_nothing_any_more(world: World, issuer, trusted, enter):
    identity = link(world.author, issuer, "u100")
    client = Client()
    client.get(go(client, "u100"))
    assert client.get("/").status_code == 200
    manager = enter(world.manager)
    manager.post(reverse("backoffice:identity_unlink", args=[identity.pk]))
    assert client.get("/").status_code == 302
    again = Client()
    assert again.get(go(again, "u100")).url == "/sign-in/"


def test_signing_out_offers_to_sign_out_of_the_provider_too(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    client = Client()
    client.get(go(client, "u100"))
    answer = client.post("/sign-out/")
    page = client.get(answer.url).content.decode()
    assert f"{issuer}/session/end?id_token_hint=" in page
    assert "/session/end" not in client.get(answer.url).content.decode()


def test_identity_is_no_way_around_the_safe_networks(world: World, issuer, trusted):
    link(world.author, issuer, "u100")
    SignInRule.objects.create(unit=world.unit_a, networks=["10.20.0.0/16"], changed_at=timezone.now())
    client = Client()
    assert client.get(go(client, "u100")).url == "/sign-in/"
    assert client.get("/").status_code == 302

"""Signing in, second factors and the own account in a real browser, passkeys included."""

from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from django_otp.oath import totp
from playwright.sync_api import CDPSession, Page, expect

from jiyue.backoffice.tests.test_browser import _violations
from jiyue.core import audit
from jiyue.organizations.credentials import passwords, recovery, second_factor
from jiyue.organizations.credentials.models import Passkey
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from tests.factories import PASSWORD, World, make_account
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "sieben-Zwerge-hinter-Bergen"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def city(transactional_db: None) -> World:
    """A world whose rows the server's thread can see."""
    return World()


@pytest.fixture
def office(page: Page, live_server, city: World, settings) -> Iterator[Page]:
    """A browser in front of the back office, whose passkeys belong to `localhost`."""
    settings.WAGTAILADMIN_BASE_URL = live_server.url
    settings.JIYUE_WEBAUTHN_RP_ID = "localhost"
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security" in message.text else None
    )
    page.goto(f"{live_server.url}/")
    yield page
    assert errors == []


def plug_in(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys and recognizes its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, str(answer["authenticatorId"])


def first_step(page: Page, account: StaffAccount, password: str = PASSWORD) -> None:
    page.fill("[name=login_name]", account.login_name)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")


def code_of_page(page: Page) -> str:
    """The six digits that an app would show after the secret was typed."""
    secret = page.locator(".enrol-secret code").inner_text().replace(" ", "")
    return f"{totp(b32decode(secret)):06d}"


def sign_out(page: Page, live_server) -> None:
    page.context.clear_cookies(name="jiyue_staff")
    page.goto(f"{live_server.url}/")


def test_first_sign_in_forces_second_factor_and_new_password(office, live_server, city):
    account = make_account("xin-lai", city.unit_a, StaffRole.ENTRY_CLERK, name="新来")
    handover = passwords.issue_initial_password(account=account, actor=audit.PLATFORM)
    first_step(office, account, handover.text)
    office.wait_for_selector(".enrol-secret svg")
    office.goto(f"{live_server.url}/resources/")
    office.wait_for_selector("[name=login_name]")
    office.goto(f"{live_server.url}/sign-in/enrol/")
    office.fill("[name=code]", "000000")
    office.click("button[type=submit]")
    expect(office.locator(".error")).to_be_visible()
    office.fill("[name=code]", code_of_page(office))
    office.click("button[type=submit]")
    expect(office.locator(".recovery-codes li")).to_have_count(recovery.CODE_COUNT)
    office.click("main a.button")
    office.fill("[name=old]", handover.text)
    office.fill("[name=new]", handover.text)
    office.fill("[name=repeated]", handover.text)
    office.click("button[type=submit]")
    expect(office.locator(".error")).to_be_visible()
    for name, text in (("old", handover.text), ("new", NEW_PASSWORD), ("repeated", NEW_PASSWORD)):
        office.fill(f"[name={name}]", text)
    office.click("button[type=submit]")
    office.wait_for_selector("main.content-wrapper")
    account.refresh_from_db()
    assert account.check_password(NEW_PASSWORD)
    assert not account.must_change_password


def test_passkey_is_the_second_factor_after_the_password(office, live_server, city):
    plug_in(office)
    first_step(office, city.author)
    office.click("a[href*='enrol/passkey']")
    office.fill("[name=name]", "办公电脑")
    office.click("button[type=submit]")
    office.wait_for_selector(".recovery-codes")
    office.click("main a.button")
    office.wait_for_selector("main.content-wrapper")
    passkey = Passkey.objects.get(user=city.author)
    assert passkey.name == "办公电脑"

    sign_out(office, live_server)
    first_step(office, city.author)
    office.click("form[data-passkey] button")
    office.wait_for_selector("main.content-wrapper")
    passkey.refresh_from_db()
    assert passkey.last_used_at is not None


def test_person_that_the_device_does_not_recognize_gets_no_session(office, live_server, city):
    session, number = plug_in(office)
    first_step(office, city.author)
    office.click("a[href*='enrol/passkey']")
    office.fill("[name=name]", "办公电脑")
    office.click("button[type=submit]")
    office.wait_for_selector(".recovery-codes")
    sign_out(office, live_server)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
    first_step(office, city.author)
    office.click("form[data-passkey] button")
    expect(office.locator("[data-passkey-message]")).to_have_class("notice notice-error")
    office.goto(f"{live_server.url}/")
    office.wait_for_selector("[name=login_name]")


def test_account_page_adds_renames_and_removes_passkeys_but_never_the_last_factor(office, live_server, city):
    plug_in(office)
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    first_step(office, city.author)
    office.fill("[name=code]", second_factor.current_code(city.author))
    office.click("button[type=submit]")
    office.wait_for_selector("main.content-wrapper")
    office.goto(f"{live_server.url}/account/")
    assert office.locator("a[href*='/remove/']").count() == 0
    office.click("a[href='/account/passkeys/new/']")
    office.fill("[name=name]", "手机")
    office.fill("[name=password]", PASSWORD)
    office.click("form[data-passkey] button")
    office.wait_for_selector(".notice-success")
    office.click("a[href^='/account/passkeys/']:not([href$='new/'])")
    office.fill("[name=name]", "旧手机")
    office.click("main button[type=submit]")
    office.wait_for_selector(".notice-success")
    expect(office.locator(".row-title", has_text="旧手机")).to_be_visible()
    office.click("a[href*='/factors/passkey/']")
    office.fill("[name=password]", "wrong-password")
    office.click("main button[type=submit]")
    office.wait_for_selector(".notice-error")
    office.fill("[name=password]", PASSWORD)
    office.click("main button[type=submit]")
    office.wait_for_selector(".notice-success")
    assert not Passkey.objects.exists()


def test_recovery_code_signs_in_once(office, live_server, city):
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    code, *_others = recovery.make_codes(account=city.author, actor=audit.PLATFORM)
    first_step(office, city.author)
    office.click("a[href*='recovery=1']")
    office.fill("[name=recovery_code]", code.upper())
    office.click("button[type=submit]")
    office.wait_for_selector("main.content-wrapper")
    sign_out(office, live_server)
    first_step(office, city.author)
    office.click("a[href*='recovery=1']")
    office.fill("[name=recovery_code]", code)
    office.click("button[type=submit]")
    expect(office.locator(".error")).to_be_visible()


def test_keyboard_alone_signs_in(office, city):
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    keys = office.keyboard
    expect(office.locator("[name=login_name]")).to_be_focused()
    keys.type(city.author.login_name)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(office.locator("[name=code]")).to_be_focused()
    keys.type(second_factor.current_code(city.author))
    keys.press("Enter")
    office.wait_for_selector("main.content-wrapper")


def test_guesser_waits_and_is_told_how_long(office, city):
    for _attempt in range(6):
        first_step(office, city.author, "wrong-password")
        office.wait_for_selector("[role=alert]")
    expect(office.locator("[role=alert]")).to_contain_text("1")


@pytest.mark.evidence
@pytest.mark.slow
def test_sign_in_and_account_screens_have_no_accessibility_violation(office, live_server, city):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found: list[str] = []

    def look(name: str) -> None:
        for width in (1440, 390):
            office.set_viewport_size({"width": width, "height": 900})
            assert office.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            found.extend(f"{width} {name} {line}" for line in _violations(office, script))
            save_screenshot(office, f"sign-in-{name}-{width}")

    manager = make_account("guan-li", city.unit_a, StaffRole.ACCOUNT_MANAGER, name="管理")
    handover = passwords.issue_initial_password(account=manager, actor=audit.PLATFORM)
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    look("password")
    first_step(office, manager, handover.text)
    office.wait_for_selector(".enrol-secret svg")
    look("enrol")
    office.click("a[href*='enrol/passkey']")
    look("enrol-passkey")
    plug_in(office)  # the session of axe ends an earlier device
    office.fill("[name=name]", "办公电脑")
    office.click("button[type=submit]")
    office.wait_for_selector(".recovery-codes")
    look("codes")
    office.click("main a.button")
    look("new-password")
    for name, text in (("old", handover.text), ("new", NEW_PASSWORD), ("repeated", NEW_PASSWORD)):
        office.fill(f"[name={name}]", text)
    office.click("button[type=submit]")
    office.wait_for_selector("main.content-wrapper")
    addresses = {
        "account": "/account/",
        "my-password": "/account/password/",
        "authenticator": "/account/authenticator/",
        "passkey": "/account/passkeys/new/",
        "passkey-name": f"/account/passkeys/{Passkey.objects.get().pk}/",
        "remove": f"/account/factors/passkey/{Passkey.objects.get().pk}/remove/",
        "recovery": "/account/recovery-codes/",
        "help-list": "/account/help/",
        "help": f"/account/help/{city.author.pk}/",
    }
    for name, address in addresses.items():
        office.goto(live_server.url + address)
        look(name)
    office.click("form[action$='initial-password/'] button")
    office.wait_for_selector(".handover")
    look("handover")
    office.goto(live_server.url + addresses["help"])
    office.fill("[name=reason]", "手机丢失，已当面核验工作证")
    office.click("form[action$='reset/'] button")
    office.wait_for_selector(".notice-success")
    sign_out(office, live_server)
    first_step(office, manager, NEW_PASSWORD)
    office.wait_for_selector("form[data-passkey]")
    look("second-step")
    assert found == []

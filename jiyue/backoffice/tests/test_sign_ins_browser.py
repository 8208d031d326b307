"""The screens of account security in a real browser, at both widths."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from jiyue.backoffice.tests.test_browser import _violations, sign_in
from jiyue.core import audit
from jiyue.core.openid import ProviderSettings
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.sign_ins.addresses import place_of
from jiyue.organizations.sign_ins.enums import CheckKind, CheckResult, FlagResult, TerminalStatus
from jiyue.organizations.sign_ins.models import ExternalIdentity, SignInFlag, SignInRule, Terminal
from jiyue.organizations.sign_ins.origins import Origin
from jiyue.organizations.sign_ins.services import (
    CheckFacts,
    begin_session,
    record_check,
    review_flag,
    set_terminal_status,
)
from tests.factories import World, make_account, make_unit
from tests.plumbing.browser import save_screenshot
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _visits(world: World) -> None:
    places = [("10.20.3.7", "d1", "Firefox / UOS"), ("10.20.3.7", "d2", "Chrome / Windows")]
    places += [("172.16.9.9", "d3", "Edge / Windows")]
    for number, (address, device, browser) in enumerate(places):
        begin_session(
            account=world.author,
            origin=Origin(address, place_of(address), device, browser),
            key_hash=f"k{number}",
        )
    begin_session(
        account=world.lead,
        origin=Origin("10.20.3.8", place_of("10.20.3.8"), "d9", "Firefox / Kylin"),
        key_hash="k9",
    )


def _terminals(world: World) -> Terminal:
    today = timezone.localdate()
    manager = world.manager.audit_actor("10.20.3.99")
    for number, registered_on in enumerate((today, today - timedelta(days=90), today - timedelta(days=400))):
        terminal = Terminal.objects.create(
            unit=world.unit_a,
            name=f"采编{number + 1}号机",
            asset_number=f"ZC-2026-{number + 1:03d}",
            custodian=world.author.person,
            address=f"10.20.3.5{number}",
            registered_on=registered_on,
        )
    facts = CheckFacts(
        CheckKind.BOTH, today, "王工", "终端安全管理系统 9.1", CheckResult.CLEANED, "清除广告软件 1 个"
    )
    record_check(terminal=terminal, facts=facts, actor=manager)
    lost = Terminal.objects.order_by("id")[0]
    set_terminal_status(terminal=lost, status=TerminalStatus.BLOCKED, reason="送修", actor=manager)
    return terminal


@pytest.fixture
def manager_page(page: Page, live_server, transactional_db, settings) -> Page:
    """The platform manager's browser, signed in, with something on every screen."""
    world = World()
    settings.JIYUE_OIDC_PROVIDERS = [
        ProviderSettings("city", "市统一身份认证平台", "https://idp.example", "jiyue")
    ]
    second_factor.enrol(world.manager, actor=audit.PLATFORM)
    make_account("guan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="账号管理员")
    make_unit("A1", "市政府办公室信息中心", supervising_unit=world.unit_a)
    _visits(world)
    _terminals(world)
    SignInRule.objects.create(
        unit=world.unit_a, networks=["127.0.0.0/8", "10.20.0.0/16"], changed_at=timezone.now()
    )
    ExternalIdentity.objects.create(
        user=world.manager,
        name="市统一身份认证平台",
        issuer="https://other.example",
        subject="u1",
        linked_by=world.manager,
        linked_at=timezone.now(),
    )
    flag = SignInFlag.objects.order_by("id")[0]
    review_flag(
        flag_id=flag.pk,
        result=FlagResult.LEGITIMATE,
        note="本人更换办公电脑，已电话核实。",
        actor=world.manager.audit_actor("127.0.0.1"),
    )
    page.set_default_timeout(20_000)
    page.goto(f"{live_server.url}/")
    sign_in(page, world.manager)
    return page


@pytest.mark.evidence
def test_screens_of_account_security_are_accessible_at_both_widths(manager_page, live_server):
    flags = list(SignInFlag.objects.order_by("id").values_list("pk", flat=True))
    terminal = Terminal.objects.order_by("-id")[0]
    account = SignInFlag.objects.order_by("id")[0].account
    unit = account.unit_id
    addresses = {
        "mine": reverse("backoffice:session_own"),
        "sessions": reverse("backoffice:session_list"),
        "flags": reverse("backoffice:flag_list") + "?show=all",
        "flag-open": reverse("backoffice:flag_detail", args=[flags[-1]]),
        "flag-reviewed": reverse("backoffice:flag_detail", args=[flags[0]]),
        "networks": reverse("backoffice:network_list"),
        "network": reverse("backoffice:network_edit", args=[unit]),
        "terminals": reverse("backoffice:terminal_list"),
        "terminal-new": reverse("backoffice:terminal_create"),
        "terminal": reverse("backoffice:terminal_detail", args=[terminal.pk]),
        "identities": reverse("backoffice:account_identities", args=[account.pk]),
    }
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found = []
    for width in (1440, 390):
        manager_page.set_viewport_size({"width": width, "height": 900})
        for name, address in addresses.items():
            manager_page.goto(live_server.url + address)
            save_screenshot(manager_page, f"sign-ins-{name}-{width}")
            if manager_page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{width} {name} is wider than the window")
            found += [f"{width} {name} {line}" for line in _violations(manager_page, script)]
    assert found == []

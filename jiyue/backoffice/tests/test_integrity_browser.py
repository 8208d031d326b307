"""The board of the tamper watch: what it shows and takes; in a real browser accessible, never too wide."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.publishing.integrity.models import SignedManifest, TamperEvent
from jiyue.publishing.integrity.sealing import seal_all
from jiyue.publishing.integrity.sweeping import sweep_site
from jiyue.publishing.integrity.watching import Watch
from jiyue.publishing.tests.output import publish_many, root_of
from tests.factories import World
from tests.plumbing.browser import DESKTOP, PHONE, save_screenshot
from tests.plumbing.services import require_service

RUN_AXE = "axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"


def tampered_world() -> World:
    """A site on which a page was changed and a folder planted."""
    world = World()
    publish_many(world, 1, channels=(world.news,))
    seal_all(world.portal.pk)
    root = root_of(world.portal)
    (root / "index.html").write_bytes(b"tampered")
    (root / "wp").mkdir()
    (root / "wp/shell.php").write_text("x")
    [*_steps, _report] = sweep_site(world.portal)
    outbox.drain()
    Watch()._give_sign()
    return world


@pytest.mark.django_db
def test_board_shows_what_was_found_and_takes_requests():
    world = tampered_world()
    client = both_factors(world.inspector)
    shown = client.get(reverse("backoffice:integrity")).content.decode()
    for event in TamperEvent.objects.all():
        assert event.path in shown
        assert event.evidence in shown
    assert client.get(reverse("backoffice:integrity"), {"show": "open"}).status_code == 200
    answer = client.post(reverse("backoffice:integrity_sweep", args=[world.portal.pk]), follow=True)
    assert world.portal.name in answer.content.decode()
    assert SignedManifest.objects.get(site=world.portal).sweep_requested_at is not None
    assert AuditEntry.objects.filter(verb="integrity.sweep_requested").exists()
    assert client.post(reverse("backoffice:integrity_sweep", args=[10**6])).status_code == 404


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.evidence
@pytest.mark.django_db(transaction=True)
def test_board_is_accessible_and_fits_a_phone(chromium: Browser, live_server):
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    client = both_factors(tampered_world().inspector)
    cookies = [
        {"name": name, "value": morsel.value, "url": live_server.url}
        for name, morsel in client.cookies.items()
    ]
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(live_server.url + reverse("backoffice:integrity"))
    page.evaluate(script)
    assert page.evaluate(RUN_AXE) == []
    save_screenshot(page, "integrity-desktop")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    save_screenshot(page, "integrity-phone")
    context.close()

"""The screens around a case in a real browser: both widths, nothing sideways, no accessibility violation."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext

from jiyue.backoffice.tests.test_browser import _violations, sign_in
from jiyue.core import audit, clock
from jiyue.library.services import create_resource, submit_for_review
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.services.duty import plan_shift
from jiyue.review.services.holding import Assessment, mark_sensitive, record_risk_assessment, refer_case
from tests.factories import World, make_content
from tests.matrix.handling import make_things
from tests.plumbing.services import require_service

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _held_case(city: World) -> int:
    content = make_content(
        city.news, title="全市防汛工作会议召开", event_on=clock.today(), timeliness="major_event"
    )
    resource = create_resource(unit=city.unit_a, content=content, actor=city.author)
    case = submit_for_review(resource=resource, actor=city.author)
    mark_sensitive(case_id=case.pk, reason="涉及群众安置", actor=city.lead)
    assessment = Assessment(
        risks="可能引发误读", coordinated_with="市应急管理局", measures="同步发布解读", may_be_released=True
    )
    record_risk_assessment(case_id=case.pk, assessment=assessment, actor=city.lead)
    refer_case(
        case_id=case.pk,
        referred_to="市国家保密局",
        question="附件二能否公开？",
        is_secrecy_authority=True,
        actor=city.lead,
    )
    return case.pk


@pytest.mark.evidence
def test_screens_around_a_case_fit_both_widths_without_violation(
    desktop: BrowserContext, live_server, transactional_db: None
) -> None:
    city = World()
    things = make_things(city)
    held = _held_case(city)
    resource = things["case"].items.get().subject_key  # type: ignore[attr-defined]
    plan_shift(
        unit=city.unit_a,
        role=StaffRole.ENTRY_CLERK,
        account=city.author,
        starts_at=clock.now(),
        ends_at=clock.now() + timedelta(hours=8),
        phone="0000-1234567",
        actor=city.leader,
    )
    unit = f"?unit={city.unit_a.pk}"
    by_account: dict[StaffAccount, list[str]] = {
        city.lead: [
            reverse("backoffice:case_detail", args=[held]),
            reverse("backoffice:case_answer", args=[held]),
            reverse("backoffice:case_assess", args=[held]),
            reverse("backoffice:paper_list"),
            reverse("backoffice:paper_new"),
            reverse("backoffice:paper_detail", args=[things["paper"].pk]),  # type: ignore[attr-defined]
            reverse("backoffice:delegation_list"),
            reverse("backoffice:timeliness"),
            reverse("backoffice:resource_detail", args=[resource]),
        ],
        city.manager: [
            reverse("backoffice:duty_week") + unit,
            reverse("backoffice:duty_new") + unit,
            reverse("backoffice:duty_swap", args=[things["shift"].pk]),  # type: ignore[attr-defined]
            reverse("backoffice:route_list") + unit,
            reverse("backoffice:route_propose") + unit,
            reverse("backoffice:route_end") + unit + "&key=matrix.one",
        ],
    }
    script = Path(require_service("axe")).read_text(encoding="utf-8")
    found = []
    for account, addresses in by_account.items():
        desktop.clear_cookies()
        second_factor.enrol(account, actor=audit.PLATFORM)
        page = desktop.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{live_server.url}/")
        sign_in(page, account)
        for address in addresses:
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(live_server.url + address)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found.append(f"{width} {address} is wider than the screen")
                found += [f"{width} {address} {line}" for line in _violations(page, script)]
        page.close()
    assert found == []

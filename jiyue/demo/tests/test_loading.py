"""The whole city is loaded through the product's own services; work waits at every level of the routes."""

import pytest

from jiyue.core import clock
from jiyue.core.models import Alarm, AlarmState
from jiyue.demo import loading, operating
from jiyue.demo.content import load_city
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.use.models import CorrectionRecord, Manuscript, Pick
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.review.enums import CaseForm, CaseStatus, StepStatus
from jiyue.review.models import DutyShift, PaperFiling, ReviewCase, ReviewDelegation, ReviewStep
from jiyue.review.selectors import list_steps_waiting_for
from tests.factories import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def waiting_titles(login: str) -> set[str]:
    account = StaffAccount.objects.get(login_name=login)
    return {step.case.title for step in list_steps_waiting_for(account)}


def test_city_loads_from_nothing_and_work_waits_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "require_demo", lambda: None)
    loading.CityLoader(password=PASSWORD, first_port=9301).load(lambda _done, _total: None)
    city = load_city(clock.today())
    assert Resource.objects.count() == len(city.items) + 1  # a system handed one in
    published = [item for item in city.items if item.state == "published"]
    assert LiveEdition.objects.count() == len(published)
    assert Resource.objects.filter(status=ResourceStatus.DRAFT).count() == 7
    cases = ReviewCase.objects.filter(status=CaseStatus.OPEN)
    assert {case.route_key for case in cases} >= {
        "default",
        "culture.news",
        "NT.higher_portal",
        "NT.leaders_documents_meetings",
        "NT.mayors_mailbox",
        "NT.disclosure_request",
        "HT.department",
        "HT.other_unit",
        "HT.notice",
        "HT.document",
    }
    assert {case.form for case in cases} == set(CaseForm.values)
    assert cases.filter(is_urgent=True).exists()
    assert cases.filter(is_major=True).exists()
    assert cases.filter(referrals__answered_at=None, referrals__isnull=False).count() == 1
    roles = set(ReviewStep.objects.filter(status=StepStatus.OPEN).values_list("role", flat=True))
    assert roles == {"review_lead", "leader_in_charge", "principal_leader"}
    planned = PlannedRelease.objects.get(state=PlanState.PLANNED)
    assert planned.case.status == CaseStatus.APPROVED
    assert planned.release_at > clock.now()
    assert PaperFiling.objects.count() == 5
    assert ReviewDelegation.objects.count() == 1
    assert DutyShift.objects.count() == 21
    assert set(Pick.objects.values_list("status", flat=True)) == {"proposed", "confirmed"}
    assert sorted(IntakeItem.objects.values_list("state", flat=True)) == ["accepted", "quarantined"]
    assert CorrectionRecord.objects.filter(fix=None).count() == 1
    assert Manuscript.objects.count() == 1
    for login in ("fangji", "zhouruo", "anruo", "minglang", "shazhou", "hechang", "yanshou"):
        assert waiting_titles(login), login
    operating.show_alarm()
    assert Alarm.objects.get().state == AlarmState.HANDLED

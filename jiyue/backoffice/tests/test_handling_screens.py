"""Forms around a case: what was refused keeps what was typed; forged choices don't exist."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from jiyue.core import clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.enums import Office, PaperKind
from jiyue.review.models import ApproverOffice, DutyShift, PaperFiling, Referral, ReviewDelegation
from jiyue.review.services.holding import refer_case
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db
Enter = Callable[[StaffAccount], Client]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_refused_paper_keeps_what_was_typed_and_a_forged_unit_is_no_choice(
    world: World, enter: Enter
) -> None:
    ApproverOffice.objects.create(
        governed_unit=world.unit_a, office=Office.PORTAL, unit=world.unit_a, starts_on=date(2020, 1, 1)
    )
    client = enter(world.author)
    values = {
        "unit": world.unit_a.pk,
        "kind": PaperKind.NOTICE_CONSENT,
        "filing_number": "备1",
        "title": "很长的标题不能丢",
        "signed_by": "某某",
        "signed_on": clock.today(),
        "has_stamp": "on",
        "consent_words": "同意",
    }

    def post(**others: object) -> tuple[int, str]:
        scan = SimpleUploadedFile("a.pdf", PDF)
        answer = client.post(reverse("backoffice:paper_new"), {**values, **others, "scan": scan})
        return answer.status_code, answer.content.decode()

    status, page = post()
    assert status == 422
    assert "很长的标题不能丢" in page
    assert "同意在政府门户网站公开" in page
    assert post(unit=world.unit_b.pk)[0] == 422
    assert not PaperFiling.objects.exists()
    assert post(consent_words="同意在政府门户网站公开")[0] == 302
    assert post(consent_words="同意在政府门户网站公开")[0] == 422  # the number is taken


def test_second_click_and_second_reviewer_hold_a_case_once(world: World, enter: Enter) -> None:
    case = world.submitted()
    client = enter(world.lead)
    address = reverse("backoffice:case_refer", args=[case.pk])
    data = {"referred_to": "市国家保密局", "question": "附件能否公开"}
    assert client.post(address, data).status_code == 302
    again = client.post(address, data)
    assert again.status_code == 409
    assert "附件能否公开" in again.content.decode()
    assert Referral.objects.count() == 1
    page = client.get(reverse("backoffice:case_detail", args=[case.pk])).content.decode()
    assert "市国家保密局" in page
    assert reverse("backoffice:case_answer", args=[case.pk]) in page


def test_author_sees_the_question_but_not_the_buttons(world: World, enter: Enter) -> None:
    case = world.submitted()
    refer_case(
        case_id=case.pk,
        referred_to="市国家保密局",
        question="附件能否公开",
        is_secrecy_authority=True,
        actor=world.lead,
    )
    page = enter(world.author).get(reverse("backoffice:case_detail", args=[case.pk])).content.decode()
    assert "附件能否公开" in page
    assert reverse("backoffice:case_answer", args=[case.pk]) not in page


def test_forged_role_and_delegate_are_no_choices(world: World, enter: Enter) -> None:
    helper = make_account("bang", world.unit_a)
    client = enter(world.lead)
    values = {
        "role": f"{world.unit_a.pk}:{StaffRole.REVIEW_LEAD}",
        "delegate": helper.pk,
        "starts_on": clock.today(),
        "ends_on": clock.today(),
        "reason": "外出学习",
    }
    for forged in (
        {"role": f"{world.unit_b.pk}:{StaffRole.REVIEW_LEAD}"},
        {"role": f"{world.unit_a.pk}:{StaffRole.LEADER_IN_CHARGE}"},
        {"delegate": world.other_lead.pk},
        {"delegate": "99999999999999999999"},
        {"ends_on": clock.today() - timedelta(days=1)},
    ):
        answer = client.post(reverse("backoffice:delegation_list"), {**values, **forged})
        assert answer.status_code == 422, forged
        assert "外出学习" in answer.content.decode()
    assert not ReviewDelegation.objects.exists()
    assert client.post(reverse("backoffice:delegation_list"), values).status_code == 302


@pytest.mark.parametrize("week", ["", "x", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_roster_opens_for_every_week_that_is_asked_for(world: World, enter: Enter, week: str) -> None:
    answer = enter(world.leader).get(reverse("backoffice:duty_week"), {"week": week})
    assert answer.status_code == 200


def test_turn_with_a_forged_person_is_refused(world: World, enter: Enter) -> None:
    address = f"{reverse('backoffice:duty_new')}?unit={world.unit_a.pk}"
    data = {
        "role": StaffRole.REVIEW_LEAD,
        "account": world.other_lead.pk,
        "starts_at": "2099-01-01T08:00",
        "ends_at": "2099-01-01T16:00",
        "phone": "13800000000",
    }
    answer = enter(world.leader).post(address, data)
    assert answer.status_code == 422
    assert "13800000000" in answer.content.decode()
    assert not DutyShift.objects.exists()


def test_timeliness_survives_bad_filters(world: World, enter: Enter) -> None:
    client = enter(world.author)
    for query in (
        "?first=x&last=y",
        "?first=2026-12-31&last=2026-01-01",
        "?first=0001-01-01&last=9999-12-31",
        "?show=nothing",
        "?page=999",
    ):
        assert client.get(reverse("backoffice:timeliness") + query).status_code == 200
    assert client.get(reverse("backoffice:timeliness") + "?unit=x").status_code == 404

"""The submission page: rules shown before, choices that reach the case, nothing typed lost."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from jiyue.core import audit, clock
from jiyue.core.models import PrivateFile
from jiyue.library.content import Relation
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource, save_revision, submit_for_review
from jiyue.library.use.models import CorrectionRecord
from jiyue.organizations.models import Organization
from jiyue.organizations.services.profiles import set_up_profile
from jiyue.review.enums import CaseForm, CaseStatus, Office, PaperKind
from jiyue.review.models import ApproverOffice, MajorRule, PaperFiling, ReviewCase
from tests.factories import World, make_content


def address_of(resource: Resource, name: str = "resource_submit") -> str:
    return reverse(f"backoffice:{name}", args=[resource.pk])


def make_paper(world: World, kind: PaperKind, number: str, unit: Organization | None = None) -> PaperFiling:
    scan = PrivateFile.objects.first() or PrivateFile.objects.create(
        purpose="review.paper",
        unit_id=world.unit_b.pk,
        original_name="扫描件.pdf",
        content_type="application/pdf",
        size_bytes=1,
        sm3="0" * 64,
        stored_at=clock.now(),
    )
    return PaperFiling.objects.create(
        unit=unit or world.unit_a,
        filed_by_unit=world.unit_b,
        kind=kind,
        filing_number=number,
        title="签批件",
        signed_by="辛",
        signed_on=date(2026, 1, 5),
        has_stamp=True,
        consent_words="同意在政府门户网站公开",
        scan=scan,
        filed_by=world.other_lead,
        filed_at=clock.now(),
    )


@pytest.mark.req("REV-12")
def test_contributors_read_route_limits_category_and_format_before_submitting(world, enter):
    resource = world.draft(timeliness="work_news")
    world.lead, world.leader  # noqa: B018  # the people of the route
    page = enter(world.author).get(address_of(resource))
    rules = page.context["rules"]
    assert [(level.unit, level.people) for level in rules.levels] == [
        ("市政府办公室", ["乙"]),
        ("市政府办公室", ["庚"]),
    ]
    text = page.content.decode()
    assert rules.route.clause in text
    assert len(rules.limits) == 2
    assert all(value for _label, value, _clause in rules.limits)
    assert any("HT" in clause for _label, _value, clause in rules.limits)
    assert len(rules.formats) >= 3
    for name in ("乙", "庚"):
        assert name in text


def test_a_level_that_nobody_can_decide_is_said_before_submitting(world, enter):
    page = enter(world.author).get(address_of(world.draft()))
    assert [level.people for level in page.context["rules"].levels] == [[], []]


@pytest.mark.req("REV-04")
def test_rule_that_makes_an_item_major_is_named_and_by_hand_adds_the_principal_leader(world, enter):
    resource = world.draft()
    client = enter(world.author)
    assert len(client.get(address_of(resource)).context["rules"].levels) == 2
    shown = client.post(address_of(resource), {"is_major": "on", "look": "1", "comment": "请看"})
    assert len(shown.context["rules"].levels) == 3
    assert "请看" in shown.content.decode()
    assert not ReviewCase.objects.exists()
    MajorRule.objects.create(
        unit=world.unit_a, sign="keyword", text="集约化平台", created_by=world.manager, created_at=clock.now()
    )
    page = client.get(address_of(resource))
    assert page.context["rules"].major_reasons == ["集约化平台"]
    client.post(address_of(resource), {"comment": ""})
    case = ReviewCase.objects.get()
    assert case.is_major
    assert case.steps.count() == 3


def test_urgent_without_a_reason_is_refused_and_keeps_all_choices(world, enter):
    resource = world.draft()
    client = enter(world.author)
    data = {"is_urgent": "on", "is_sensitive": "on", "urgent_reason": "", "comment": "防汛通知"}
    refused = client.post(address_of(resource), data)
    assert refused.context["form"].errors["urgent_reason"]
    assert "防汛通知" in refused.content.decode()
    assert refused.context["form"]["is_sensitive"].value()
    assert not ReviewCase.objects.exists()
    client.post(address_of(resource), data | {"urgent_reason": "台风今夜登陆"})
    case = ReviewCase.objects.get()
    assert case.is_urgent
    assert case.is_sensitive
    assert case.urgent_reason == "台风今夜登陆"


def test_papers_of_another_unit_are_neither_offered_nor_taken(world, enter):
    own = make_paper(world, PaperKind.STAMPED_SUBMISSION, "存-1")
    foreign = make_paper(world, PaperKind.STAMPED_SUBMISSION, "存-2", world.unit_b)
    resource = world.draft()
    client = enter(world.author)
    page = client.get(address_of(resource))
    assert [pk for pk, _label in page.context["form"].fields["papers"].choices] == [str(own.pk)]
    refused = client.post(address_of(resource), {"papers": [foreign.pk], "comment": "说明"})
    assert refused.context["form"].errors["papers"]
    assert not ReviewCase.objects.exists()
    client.post(address_of(resource), {"papers": [own.pk], "comment": ""})
    assert ReviewCase.objects.get().papers.get().filing == own


@pytest.mark.req("REV-10")
def test_document_goes_out_only_together_with_its_interpretation(world, enter):
    set_up_profile(unit=world.unit_a, profile="HT", actor=audit.PLATFORM)
    ApproverOffice.objects.create(
        governed_unit=world.unit_a, office=Office.PORTAL, unit=world.unit_b, starts_on=date(2020, 1, 1)
    )
    papers = [
        make_paper(world, kind, f"存-{number}")
        for number, kind in enumerate((PaperKind.DOCUMENT_CONSENT, PaperKind.INTERPRETATION_CONSENT))
    ]
    document = world.draft(
        kind="policy_document",
        title="荷塘区促进就业办法",
        body_html="<p>第一条 为了促进就业，制定本办法。</p>",
        sort="government_document",
        document_number="荷政发〔2026〕1号",
        issuing_body="市政府办公室",
        written_on=date(2026, 1, 5),
        validity_status="valid",
        openness="active",
        openness_basis="主动公开",
    )
    client = enter(world.author)
    alone = client.post(address_of(document), {"papers": [paper.pk for paper in papers], "comment": "一起"})
    assert not ReviewCase.objects.exists()
    assert "一起" in alone.content.decode()
    content = make_content(
        world.news,
        kind="interpretation",
        title="荷塘区促进就业办法解读",
        body_html="<p>本办法共三条，明确了部门职责。</p>",
        relations=(Relation("interprets", document.pk),),
        openness="active",
        openness_basis="主动公开",
    )
    reading = create_resource(unit=world.unit_a, content=content, actor=world.author)
    page = client.get(address_of(document))
    assert str(reading.pk) in dict(page.context["form"].fields["companion"].choices)
    data = {"papers": [paper.pk for paper in papers], "companion": reading.pk, "comment": ""}
    answer = client.post(address_of(document), data)
    assert answer.status_code == 302, answer.context["form"].errors
    case = ReviewCase.objects.get()
    assert case.form == CaseForm.JOINT
    assert [item.subject_key for item in case.items.order_by("position")] == [
        str(document.pk),
        str(reading.pk),
    ]
    shown = client.get(reverse("backoffice:case_detail", args=[case.pk]))
    assert len(shown.context["dossiers"]) == 2


@pytest.mark.req("REV-30")
def test_correction_of_a_public_item_records_error_finder_and_time_first(world, enter):
    resource = world.publish()
    content = get_content(resource).with_values(title="改正后的标题")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    client = enter(world.author)
    page = client.get(address_of(resource))
    assert page.context["correction"] is not None
    assert page.context["blockers"] == []
    detail = client.get(address_of(resource, "resource_detail"))
    assert detail.context["blockers"] == []
    refused = client.post(address_of(resource), {"comment": "更正", "kind": "typo", "error": "错字"})
    assert refused.context["correction"].errors["finder"]
    assert "错字" in refused.content.decode()
    found = timezone.localtime()  # the very minute of the publication
    data = {"comment": "更正", "kind": "typo", "error": "标题错字", "finder": "self", "reference": "纠错-7"}
    early = client.post(address_of(resource), data | {"found_at": "2019-01-01T08:00"})
    assert early.context["correction"].errors["found_at"]
    assert not CorrectionRecord.objects.exists()
    client.post(address_of(resource), data | {"found_at": f"{found:%Y-%m-%dT%H:%M}"})
    record = CorrectionRecord.objects.get()
    assert (record.error, record.finder, record.reference) == ("标题错字", "self", "纠错-7")
    assert ReviewCase.objects.filter(status=CaseStatus.OPEN).count() == 1


def test_refused_submission_leaves_no_correction_record_behind(world, enter):
    resource = world.publish()
    content = get_content(resource).with_values(title="改正后的标题", author="")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    now = timezone.localtime()
    data = {"kind": "typo", "error": "错", "finder": "self", "found_at": f"{now:%Y-%m-%dT%H:%M:%S}"}
    answer = enter(world.author).post(address_of(resource), data | {"comment": "保留我"})
    assert "保留我" in answer.content.decode()
    assert not CorrectionRecord.objects.exists()


@pytest.mark.req("REV-12")
def test_stages_and_who_is_responsible_are_visible_per_item(world, enter):
    world.leader  # noqa: B018  # holds the office of the last level
    resource = world.draft()
    client = enter(world.author)
    first = client.get(address_of(resource, "resource_detail")).context["stages"]
    assert [stage.progress for stage in first] == ["done", "done", "now", "ahead", "ahead"]
    case = submit_for_review(resource=resource, actor=world.author)
    page = enter(world.lead).get(reverse("backoffice:case_detail", args=[case.pk]))
    stages = page.context["stages"]
    assert [stage.progress for stage in stages] == ["done", "done", "done", "now", "ahead", "ahead"]
    assert "甲" in stages[0].who
    assert "乙" in stages[3].who
    assert "庚" in stages[4].who
    world.decide_all(case)
    done = client.get(address_of(resource, "resource_detail")).context["stages"]
    assert [stage.progress for stage in done][:5] == ["done"] * 5
    assert all(stage.at for stage in done[:5])


def test_author_takes_the_case_back_with_a_reason(world, enter):
    case = world.submitted()
    client = enter(world.author)
    address = reverse("backoffice:case_recall", args=[case.pk])
    refused = client.post(address, {"reason": ""})
    assert refused.status_code == 409
    assert refused.context["recall_form"].errors["reason"]
    assert client.post(address, {"reason": "附件放错"}).status_code == 302
    case.refresh_from_db()
    assert case.status == CaseStatus.RECALLED
    assert "附件放错" in client.get(reverse("backoffice:case_detail", args=[case.pk])).content.decode()


def test_reviewer_can_not_take_a_case_back(world, enter):
    case = world.submitted()
    answer = enter(world.lead).post(reverse("backoffice:case_recall", args=[case.pk]), {"reason": "试"})
    assert answer.status_code == 409
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN

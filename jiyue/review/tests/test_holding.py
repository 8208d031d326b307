"""Held cases, sensitive cases, and the secrecy review without which nothing goes out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from jiyue.core import clock, outbox
from jiyue.core.files import open_file
from jiyue.core.models import AuditEntry
from jiyue.library.models import Edition, Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_batch, submit_for_review
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.organizations.models import StaffAccount, StaffNotice
from jiyue.review import services
from jiyue.review.enums import ReviewVerb, SecrecyResult, StepStatus
from jiyue.review.models import Referral, ReviewAction, ReviewCase, ReviewRoute, RiskAssessment
from jiyue.review.selectors import list_secrecy_reviews
from jiyue.review.services import CaseHeld, ChecksMissing, NotTheReviewer, SelfApprovalForbidden
from jiyue.review.services.holding import (
    Answer,
    Assessment,
    HoldingRefused,
    UploadedFile,
    mark_sensitive,
    record_answer,
    record_risk_assessment,
    refer_case,
)
from jiyue.review.submission import Checks, Handling, SecrecyOpinion
from tests.factories import World, approve_step, read_sample, sign_checks

pytestmark = pytest.mark.django_db
PDF = UploadedFile(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n", "复函.pdf")


def refer(case: ReviewCase, actor: StaffAccount, **values: Any) -> Referral:
    defaults = {"referred_to": "市国家保密局", "question": "附件二能否公开？", "is_secrecy_authority": True}
    return refer_case(case_id=case.pk, actor=actor, **{**defaults, **values})


def answer(case: ReviewCase, actor: StaffAccount, may_be_public: bool, **values: Any) -> Referral:
    defaults = {"text": "经研究，答复如下", "number": "密复〔2026〕3号"}
    found = Answer(may_be_public=may_be_public, **{**defaults, **values})
    return record_answer(case_id=case.pk, answer=found, actor=actor)


def assess(
    case: ReviewCase, actor: StaffAccount, may_be_released: bool = True, **values: Any
) -> RiskAssessment:
    defaults = {
        "risks": "可能引发误读",
        "coordinated_with": "市公安局、市委网信办",
        "measures": "同步发布解读",
        "may_be_released": may_be_released,
    }
    return record_risk_assessment(
        case_id=case.pk, assessment=Assessment(**{**defaults, **values}), actor=actor
    )


def clocks(kind: str, status: ObligationStatus = ObligationStatus.OPEN) -> list[Obligation]:
    return list(Obligation.objects.filter(kind=kind, status=status))


@pytest.mark.req("REV-15")
def test_referred_case_is_held_until_the_answer_is_recorded(world: World) -> None:
    case = world.submitted()
    refer(case, world.lead)
    with pytest.raises(CaseHeld):
        approve_step(case, world.lead)
    assert not Edition.objects.exists()
    entry = AuditEntry.objects.get(verb="case.hold")
    assert entry.subject_id == str(case.pk)
    told = StaffNotice.objects.get(person=world.author.person, key__startswith="referral:")
    assert "市国家保密局" in told.title
    (due,) = clocks("review.referral")
    assert due.unit == world.unit_a
    assert due.due_at > clock.now()
    assert clocks("review.step") == []
    referral = answer(case, world.lead, True, file=PDF)
    assert clocks("review.referral") == []
    assert len(clocks("review.step")) == 1
    assert AuditEntry.objects.filter(verb="case.resume").count() == 1
    assert referral.answered_by == world.lead
    approve_step(case, world.lead)
    approve_step(case, world.leader)
    assert Edition.objects.count() == 1
    verbs = list(case.actions.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["submit", "hold", "resume", "approve", "approve"]


@pytest.mark.req("REV-15")
def test_after_a_refusing_answer_the_case_can_only_be_returned(world: World) -> None:
    case = world.submitted()
    refer(case, world.lead)
    answer(case, world.lead, False)
    with pytest.raises(CaseHeld):
        approve_step(case, world.lead)
    step = case.steps.get(status=StepStatus.OPEN)
    services.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="保密局认定不得公开"
    )
    assert ReviewCase.objects.get().status == "returned"
    assert not Edition.objects.exists()


@pytest.mark.req("REV-15")
def test_held_case_that_is_returned_leaves_no_open_clock(world: World) -> None:
    case = world.submitted()
    refer(case, world.lead)
    step = case.steps.get(status=StepStatus.OPEN)
    services.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="先撤回修改"
    )
    assert not Obligation.objects.filter(kind__startswith="review.", status=ObligationStatus.OPEN).exists()
    with pytest.raises(services.AlreadyDecided):
        answer(case, world.lead, True)


def test_only_who_may_decide_refers_and_answers(world: World) -> None:
    case = world.submitted()
    for actor, refusal in (
        (world.author, SelfApprovalForbidden),
        (world.leader, NotTheReviewer),
        (world.other_lead, NotTheReviewer),
        (world.manager, NotTheReviewer),
    ):
        with pytest.raises(refusal):
            refer(case, actor)
    refer(case, world.lead)
    with pytest.raises(HoldingRefused):
        refer(case, world.lead)
    with pytest.raises(NotTheReviewer):
        answer(case, world.other_lead, True)
    answer(case, world.lead, True)
    with pytest.raises(HoldingRefused):
        answer(case, world.lead, True)


@pytest.mark.parametrize("field", ["referred_to", "question"])
def test_referral_needs_whom_and_what(world: World, field: str) -> None:
    case = world.submitted()
    with pytest.raises(HoldingRefused) as refusal:
        refer(case, world.lead, **{field: "  "})
    assert refusal.value.field == field
    assert not Referral.objects.exists()
    with pytest.raises(services.ReviewRefused):
        refer(case, world.lead, **{field: "长" * 6_000})


def test_answer_never_changes_and_its_letter_opens_for_the_unit_only(world: World) -> None:
    case = world.submitted()
    refer(case, world.lead)
    referral = answer(case, world.lead, False, file=PDF)
    with pytest.raises(DatabaseError), transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(may_be_public=True)
    assert referral.answer_file is not None
    assert open_file(file=referral.answer_file, actor=world.author.audit_actor())
    assert open_file(file=referral.answer_file, actor=world.other_lead.audit_actor()) is None


@pytest.mark.req("REV-16")
def test_sensitive_item_is_released_only_with_a_risk_assessment(world: World) -> None:
    resource = world.draft()
    case = submit_sensitive(resource, world)
    approve_step(case, world.lead)
    with pytest.raises(CaseHeld):
        approve_step(case, world.leader)
    found = assess(case, world.leader, file=UploadedFile(PDF.data, "评估.pdf"))
    assert found.coordinated_with == "市公安局、市委网信办"
    assert AuditEntry.objects.filter(verb="case.assess", subject_id=str(case.pk)).exists()
    approve_step(case, world.leader)
    assert Edition.objects.get().resource == resource


def submit_sensitive(resource: Resource, world: World) -> ReviewCase:
    return submit_for_review(resource=resource, actor=world.author, handling=Handling(is_sensitive=True))


@pytest.mark.req("REV-16")
def test_assessment_against_the_release_stops_it_and_a_changed_text_needs_a_new_one(world: World) -> None:
    resource = world.draft()
    case = submit_sensitive(resource, world)
    assess(case, world.lead)
    content = get_content(resource).with_values(title="改过的标题")
    resource.refresh_from_db()
    save_revision(
        resource=resource,
        content=content,
        base_number=resource.last_revision,
        actor=world.author,
        during_review=True,
    )
    approve_step(case, world.lead)
    with pytest.raises(CaseHeld):
        approve_step(case, world.leader)
    assess(case, world.leader, may_be_released=False, measures="")
    with pytest.raises(CaseHeld):
        approve_step(case, world.leader)
    assess(case, world.leader)
    approve_step(case, world.leader)
    assert Edition.objects.count() == 1


@pytest.mark.req("REV-16")
def test_reviewer_marks_a_case_as_sensitive_and_nobody_unmarks_it(world: World) -> None:
    case = world.submitted()
    with pytest.raises(HoldingRefused):
        assess(case, world.lead)
    with pytest.raises(HoldingRefused) as refusal:
        mark_sensitive(case_id=case.pk, reason=" ", actor=world.lead)
    assert refusal.value.field == "reason"
    with pytest.raises(SelfApprovalForbidden):
        mark_sensitive(case_id=case.pk, reason="x", actor=world.author)
    mark_sensitive(case_id=case.pk, reason="涉及群体性事件", actor=world.lead)
    assert AuditEntry.objects.filter(verb="case.mark").count() == 1
    assert ReviewAction.objects.get(verb=ReviewVerb.MARK).opinion == "涉及群体性事件"
    with pytest.raises(HoldingRefused):
        mark_sensitive(case_id=case.pk, reason="再来一次", actor=world.lead)
    approve_step(case, world.lead)
    with pytest.raises(CaseHeld):
        approve_step(case, world.leader)


@pytest.mark.parametrize("field", ["risks", "coordinated_with", "measures"])
def test_assessment_names_risks_units_and_measures(world: World, field: str) -> None:
    case = world.submitted()
    mark_sensitive(case_id=case.pk, reason="敏感", actor=world.lead)
    with pytest.raises(HoldingRefused) as refusal:
        assess(case, world.lead, **{field: ""})
    assert refusal.value.field == field
    assert not RiskAssessment.objects.exists()


@pytest.mark.req("REV-14")
def test_every_route_has_a_secrecy_review_before_the_release(world: World) -> None:
    """Single, batch and a local route that forgot it: none is released without result and basis."""
    ReviewRoute.objects.create(
        unit=world.unit_a,
        key="local",
        version=1,
        spec_json={
            "key": "local",
            "name": "两级",
            "clause": "内部规定",
            "levels": [{"role": "review_lead"}, {"role": "leader_in_charge"}],
        },
        effective_on=clock.today() - timedelta(days=1),
        created_at=clock.now(),
    )
    single = world.submitted()
    batch = submit_batch(
        resources=[world.draft(title="批量一"), world.draft(title="批量二")], title="批", actor=world.author
    )
    for case in (single, batch):
        assert case.route_key == "local"
        step = case.steps.get(status=StepStatus.OPEN)
        assert step.needs_secrecy_review
        signed = sign_checks(step)
        read_sample(step, world.lead)
        for secrecy in (
            None,
            SecrecyOpinion(SecrecyResult.PUBLIC, " "),
            SecrecyOpinion(SecrecyResult.SECRET, "涉密"),
        ):
            with pytest.raises(ChecksMissing):
                approve_step(
                    case,
                    world.lead,
                    checks=Checks(gates=signed.gates, secrecy=secrecy),
                )
    assert not Edition.objects.exists()
    world.decide_all(single)
    outbox.drain()
    key = single.items.get().subject_key
    (review,) = list_secrecy_reviews("resource", key)
    assert (review.person_name, review.result, review.basis) == ("乙", SecrecyResult.PUBLIC, "不涉密")
    assert review.reviewed_at <= clock.now()
    for edition in Edition.objects.all():
        assert list_secrecy_reviews("resource", edition.resource_id)

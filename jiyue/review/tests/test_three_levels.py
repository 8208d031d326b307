"""Three-level review as a story: clerk, review lead, leader in charge, three people."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import DutiesConflict, assign_role, open_account
from jiyue.review import selectors, services
from jiyue.review.enums import CaseStatus, StepStatus
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from tests.factories import PASSWORD, World, approve_step

pytestmark = pytest.mark.django_db


def open_step(case: ReviewCase) -> ReviewStep:
    return case.steps.get(status=StepStatus.OPEN)


def approve(case: ReviewCase, actor: StaffAccount) -> None:
    approve_step(case, actor)


def resource_of(case: ReviewCase) -> Resource:
    return Resource.objects.get(pk=case.items.get().subject_key)


@pytest.mark.req("REV-01", "LIB-02")
def test_item_is_official_only_after_three_different_people(world: World) -> None:
    case = world.submitted()
    assert not Edition.objects.exists()
    approve(case, world.lead)
    assert not Edition.objects.exists()
    approve(case, world.leader)
    edition = Edition.objects.get()
    assert LiveEdition.objects.get().edition == edition
    assert edition.case == case
    people = [
        case.submitter.person_id,
        *case.actions.filter(verb="approve").values_list("person_id", flat=True),
    ]
    assert len(set(people)) == 3


@pytest.mark.req("REV-01")
def test_levels_are_decided_in_order_by_the_named_roles(world: World) -> None:
    case = world.submitted()
    assert [step.role for step in case.steps.all()] == ["review_lead", "leader_in_charge"]
    with pytest.raises(services.NotTheReviewer):
        approve(case, world.leader)
    with pytest.raises(services.AlreadyDecided):
        services.approve(
            step_id=case.steps.get(level=3).pk, seen_digest=case.manifest_digest, actor=world.leader
        )
    assert not Edition.objects.exists()


@pytest.mark.req("REV-01", "REV-02")
@pytest.mark.parametrize(
    "who", ["author", "second_author", "other_lead", "manager", "inspector", "principal"]
)
def test_nobody_else_can_decide_the_first_level(world: World, who: str) -> None:
    case = world.submitted()
    with pytest.raises(services.ReviewRefused):
        approve(case, getattr(world, who))
    assert open_step(case).level == 2


@pytest.mark.req("REV-02")
@pytest.mark.parametrize("level", [2, 3])
def test_author_cannot_decide_at_any_level_even_with_the_reviewers_role(world: World, level: int) -> None:
    """A role row written past the service doesn't help either: authorship decides."""
    case = world.submitted()
    if level == 3:
        approve(case, world.lead)
    step = open_step(case)
    world.author.person.roles.create(unit=world.unit_a, role=step.role, starts_on=date(2020, 1, 1))
    with pytest.raises(services.SelfApprovalForbidden):
        approve(case, world.author)
    with pytest.raises(services.SelfApprovalForbidden):
        services.return_case(
            step_id=step.pk, seen_digest=case.manifest_digest, actor=world.author, reason="改"
        )


@pytest.mark.req("REV-02")
def test_second_account_of_the_author_is_the_same_person(world: World) -> None:
    case = world.submitted()
    person = world.author.person
    person.roles.create(unit=world.unit_a, role=StaffRole.REVIEW_LEAD, starts_on=date(2020, 1, 1))
    double = open_account(
        person=person, unit=world.unit_a, login_name="jia-2", password=PASSWORD, actor=audit.PLATFORM
    )
    with pytest.raises(services.SelfApprovalForbidden):
        approve(case, double)


@pytest.mark.req("REV-02")
def test_whoever_changed_the_text_since_the_last_edition_is_an_author(world: World) -> None:
    resource = world.draft()
    content = get_content(resource).with_values(body_html="<p>另一位录入员改写了全文。</p>")
    save_revision(resource=resource, content=content, base_number=1, actor=world.second_author)
    case = submit_for_review(resource=resource, actor=world.author)
    assert set(case.authors.values_list("person_id", flat=True)) == {
        world.author.person_id,
        world.second_author.person_id,
    }
    world.second_author.person.roles.create(
        unit=world.unit_a, role=StaffRole.REVIEW_LEAD, starts_on=date(2020, 1, 1)
    )
    with pytest.raises(services.SelfApprovalForbidden):
        approve(case, world.second_author)


@pytest.mark.req("REV-01", "REV-02")
def test_one_person_cannot_decide_two_levels(world: World) -> None:
    case = world.submitted()
    approve(case, world.lead)
    world.lead.person.roles.create(
        unit=world.unit_a, role=StaffRole.LEADER_IN_CHARGE, starts_on=date(2020, 1, 1)
    )
    with pytest.raises(services.SelfApprovalForbidden):
        approve(case, world.lead)


@pytest.mark.req("REV-02")
def test_database_refuses_an_authors_decision_written_past_the_service(world: World) -> None:
    case = world.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAction.objects.create(
            case=case,
            step=open_step(case),
            verb="approve",
            account=world.author,
            person=world.author.person,
            created_at=clock.now(),
        )


@pytest.mark.req("REV-02")
@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD),
        (StaffRole.LEADER_IN_CHARGE, StaffRole.ENTRY_CLERK),
        (StaffRole.PLATFORM_MANAGER, StaffRole.ENTRY_CLERK),
        (StaffRole.PRINCIPAL_LEADER, StaffRole.PLATFORM_MANAGER),
    ],
)
def test_administration_editing_and_reviewing_exclude_each_other(
    world: World, held: StaffRole, wanted: StaffRole
) -> None:
    person = world.author.person
    person.roles.all().delete()
    today = clock.today()
    give = {"person": person, "actor": audit.PLATFORM}
    assign_role(unit=world.unit_a, role=held, starts_on=today, ends_on=today, **give)
    with pytest.raises(DutiesConflict):
        assign_role(unit=world.unit_b, role=wanted, starts_on=today, **give)
    assign_role(unit=world.unit_b, role=wanted, starts_on=today + timedelta(days=1), **give)


@pytest.mark.req("REV-01")
def test_role_that_ended_yesterday_decides_nothing_today(world: World) -> None:
    case = world.submitted()
    yesterday = clock.today() - timedelta(days=1)
    world.lead.person.roles.update(ends_on=yesterday)
    with pytest.raises(services.NotTheReviewer):
        approve(case, world.lead)
    world.lead.person.roles.update(ends_on=clock.today())
    approve(case, world.lead)


@pytest.mark.req("REV-32")
def test_return_needs_a_reason_and_resubmission_keeps_the_history(world: World) -> None:
    first = world.submitted()
    step = open_step(first)
    with pytest.raises(services.ReasonMissing):
        services.return_case(
            step_id=step.pk, seen_digest=first.manifest_digest, actor=world.lead, reason="  "
        )
    services.return_case(
        step_id=step.pk, seen_digest=first.manifest_digest, actor=world.lead, reason="标题与正文不符"
    )
    resource = resource_of(first)
    assert resource.status == ResourceStatus.RETURNED
    content = get_content(resource).with_values(title="市政府召开集约化平台建设工作会议")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    resource.refresh_from_db()
    second = submit_for_review(resource=resource, actor=world.author)
    world.decide_all(second)
    history = selectors.get_history("resource", resource.pk)
    assert [case.status for case in history] == [CaseStatus.RETURNED, CaseStatus.APPROVED]
    opinions = [action.opinion for action in history[0].actions.all() if action.verb == "return"]
    assert opinions == ["标题与正文不符"]


@pytest.mark.req("REV-32")
def test_duration_is_measured_per_level(world: World) -> None:
    case = world.submitted()
    world.decide_all(case)
    _first, second = case.steps.all()
    ReviewStep.objects.filter(pk=second.pk).update(decided_at=second.opened_at + timedelta(hours=5))
    assert [entry.level for entry in selectors.get_level_durations(case)] == [2, 3]
    assert selectors.get_level_durations(ReviewCase.objects.get(pk=case.pk))[1].duration == timedelta(hours=5)


def test_second_decision_on_the_same_step_is_refused(world: World) -> None:
    """A double click, and an approval after somebody else returned the case."""
    case = world.submitted()
    step = open_step(case)
    approve(case, world.lead)
    with pytest.raises(services.AlreadyDecided):
        services.approve(step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead)
    last = open_step(case)
    services.return_case(
        step_id=last.pk, seen_digest=case.manifest_digest, actor=world.leader, reason="数据待核"
    )
    with pytest.raises(services.AlreadyDecided):
        services.approve(step_id=last.pk, seen_digest=case.manifest_digest, actor=world.leader)
    assert not Edition.objects.exists()


def test_decision_on_a_page_that_shows_another_state_is_refused(world: World) -> None:
    case = world.submitted()
    with pytest.raises(services.StateChanged):
        services.approve(step_id=open_step(case).pk, seen_digest="0" * 64, actor=world.lead)


def test_item_in_review_cannot_be_submitted_again(world: World) -> None:
    case = world.submitted()
    Resource.objects.update(status=ResourceStatus.DRAFT)
    with pytest.raises(services.AlreadyInReview):
        submit_for_review(resource=resource_of(case), actor=world.author)


@pytest.mark.req("REV-03")
def test_every_act_is_in_the_trail_with_person_time_and_opinion(world: World) -> None:
    case = world.submitted()
    approve_step(case, world.lead, opinion="同意")
    approve(case, world.leader)
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", "person_id"))
    for expected in (
        ("resource.created", world.author.person_id),
        ("case.submit", world.author.person_id),
        ("case.approve", world.lead.person_id),
        ("case.approve", world.leader.person_id),
        ("edition.released", None),
    ):
        assert expected in verbs
    first_approval = AuditEntry.objects.filter(verb="case.approve").first()
    assert first_approval is not None
    assert "同意" in first_approval.text.body
    with pytest.raises(IntegrityError), transaction.atomic():
        case.actions.all().delete()


def test_reviewer_sees_only_what_waits_for_them(world: World) -> None:
    case = world.submitted()
    assert [step.case for step in selectors.list_steps_waiting_for(world.lead)] == [case]
    for account in (world.leader, world.author, world.other_lead, world.manager):
        assert not selectors.list_steps_waiting_for(account)
    approve(case, world.lead)
    assert [step.case for step in selectors.list_steps_waiting_for(world.leader)] == [case]
    assert not selectors.list_visible_cases(world.other_author)

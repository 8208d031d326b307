"""Ways around a decision that were open when the review was attacked from all sides."""

from datetime import timedelta
from typing import Any

import pytest

from jiyue.core import clock
from jiyue.library.models import Resource
from jiyue.library.services import save_revision, submit_for_review
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review import services
from jiyue.review.authority import list_deciders
from jiyue.review.enums import StepStatus
from jiyue.review.models import ReviewCase
from jiyue.review.routing import Route
from jiyue.review.selectors import list_steps_waiting_for
from jiyue.review.services.duty import DutyRefused, plan_shift
from jiyue.review.services.holding import Answer, mark_sensitive, record_answer, refer_case
from jiyue.review.services.routing import RouteRefused, parse_route, route_refusal
from jiyue.review.submission import Handling
from jiyue.review.tests.stand_ins import delegate, give_role, put_on_duty
from tests.factories import World, approve_step, make_account

pytestmark = pytest.mark.django_db
CLERK, LEAD, LEADER = StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE


def refer(case: ReviewCase, actor: StaffAccount) -> None:
    refer_case(
        case_id=case.pk,
        actor=actor,
        referred_to="市国家保密局",
        question="附件能否公开？",
        is_secrecy_authority=True,
    )


def again(world: World, **values: Any) -> ReviewCase:
    """Submit the only item again, changed or not."""
    resource = Resource.objects.get()
    if values:
        content = resource.revisions.latest("number").content.with_values(**values)
        save_revision(
            resource=resource, content=content, base_number=resource.last_revision, actor=world.author
        )
    return submit_for_review(resource=resource, actor=world.author)


@pytest.mark.req("REV-16")
def test_mark_of_a_reviewer_outlives_taking_back_and_submitting_again(world: World) -> None:
    """An author got rid of the mark, and so of the risk assessment, by taking the case back."""
    case = world.submitted()
    mark_sensitive(case_id=case.pk, reason="涉及征地补偿", actor=world.lead)
    services.recall_case(case_id=case.pk, actor=world.author, reason="改")
    case = again(world)
    assert case.is_sensitive
    approve_step(case, world.lead)
    with pytest.raises(services.CaseHeld):
        approve_step(case, world.leader)


def test_authors_own_word_may_be_taken_back(world: World) -> None:
    case = submit_for_review(resource=world.draft(), actor=world.author, handling=Handling(is_sensitive=True))
    services.recall_case(case_id=case.pk, actor=world.author, reason="改")
    assert not again(world).is_sensitive


@pytest.mark.req("REV-15")
def test_author_takes_no_case_back_that_waits_for_an_answer(world: World) -> None:
    """A held case came free by taking it back and submitting the same text again."""
    case = world.submitted()
    refer(case, world.lead)
    with pytest.raises(services.NotRecallable):
        services.recall_case(case_id=case.pk, actor=world.author, reason="改")
    case.refresh_from_db()
    assert case.status == "open"


@pytest.mark.req("REV-15")
def test_what_must_not_be_public_is_not_submitted_again_unchanged(world: World) -> None:
    """The decision of the secrecy authority ended with the case it was asked about."""
    case = world.submitted()
    refer(case, world.lead)
    record_answer(
        case_id=case.pk,
        actor=world.lead,
        answer=Answer(may_be_public=False, text="不得公开", number="密复1号"),
    )
    services.return_case(
        step_id=case.steps.get(status=StepStatus.OPEN).pk,
        seen_digest=case.manifest_digest,
        actor=world.lead,
        reason="不得公开",
    )
    with pytest.raises(services.ReviewRefused) as refusal:
        again(world)
    assert refusal.value.code == "must_not_be_public"
    assert "市国家保密局" in str(refusal.value.message)
    assert again(world, body_html="<p>11月20日，市政府召开会议。</p>").status == "open"


@pytest.mark.req("REV-31")
def test_turn_of_duty_ends_with_the_work_it_rests_on(world: World) -> None:
    """Whoever left the reviewers, or went over to the editors, kept their turn."""
    helper = make_account("bang", world.unit_a, LEAD)
    put_on_duty(helper, LEADER, world.unit_a)
    case = submit_for_review(
        resource=world.draft(), actor=world.author, handling=Handling(is_urgent=True, urgent_reason="防汛")
    )
    approve_step(case, world.lead)
    step = case.steps.get(status=StepStatus.OPEN)
    assert helper in list_deciders(step)
    helper.person.roles.update(ends_on=clock.today() - timedelta(days=1))
    give_role(helper, CLERK, world.unit_b)
    assert helper not in list_deciders(step)
    assert not list_steps_waiting_for(helper).exists()
    with pytest.raises(services.NotTheReviewer):
        approve_step(case, helper)


@pytest.mark.req("REV-02")
def test_delegate_who_became_an_editor_decides_nothing(world: World) -> None:
    """A delegation given before the role of an entry clerk in another unit went on."""
    helper = make_account("bang", world.unit_a)
    delegate(world.lead, helper, LEAD, world.unit_a)
    case = world.submitted()
    step = case.steps.get(status=StepStatus.OPEN)
    assert helper in list_deciders(step)
    give_role(helper, CLERK, world.unit_b)
    assert helper not in list_deciders(step)
    assert not list_steps_waiting_for(helper).exists()
    with pytest.raises(services.NotTheReviewer):
        approve_step(case, helper)


@pytest.mark.req("REV-31")
def test_nobody_gives_themselves_a_level_they_do_not_hold(world: World) -> None:
    """A leader in charge put themselves on duty as the principal leader above."""
    now = clock.now()
    turn = {"unit": world.unit_a, "starts_at": now, "ends_at": now + timedelta(hours=8)}
    with pytest.raises(DutyRefused) as refusal:
        plan_shift(role=StaffRole.PRINCIPAL_LEADER, account=world.leader, actor=world.leader, **turn)
    assert refusal.value.field == "account"
    plan_shift(role=LEADER, account=world.leader, actor=world.leader, **turn)


def test_leader_who_signs_the_paper_and_decides_counts_once(world: World) -> None:
    """With a paper, two persons passed for three: the principal leader was counted as signer and level."""
    spec = {
        "name": "两人路线",
        "clause": "本单位规定",
        "papers": ["stamped_submission"],
        "levels": [{"role": "principal_leader", "unit": "own", "gates": True, "secrecy": True}],
    }
    route = parse_route("short", spec)
    assert route.persons == 2
    assert isinstance(route_refusal(world.unit_a, route), RouteRefused)
    other = Route.from_json({**spec, "key": "k", "levels": [{"role": "review_lead"}]})
    assert other.persons == 3

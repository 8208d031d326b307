"""What must never lead to an edition: forged steps, stand-ins of authors, changes in between, two at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import clock
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.library.tests.test_races import at_once, refusals
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import StaffAccount, StaffNotice
from jiyue.review import selectors, services, stuck
from jiyue.review.authority import list_deciders
from jiyue.review.enums import Authority, CaseStatus, StepStatus
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from jiyue.review.submission import Handling, Scope
from jiyue.review.tests.stand_ins import delegate, double, give_role, put_on_duty
from tests.factories import World, approve_step, make_account, sign_checks

pytestmark = pytest.mark.django_db

LEAD, LEADER = StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE
URGENT = Handling(is_urgent=True, urgent_reason="突发事件")


def open_step(case: ReviewCase) -> ReviewStep:
    return ReviewStep.objects.select_related("case", "unit").get(case=case, status=StepStatus.OPEN)


def resource_of(case: ReviewCase) -> Resource:
    return Resource.objects.get(pk=case.items.get().subject_key)


def urgent_case(world: World) -> ReviewCase:
    return submit_for_review(resource=world.draft(), actor=world.author, handling=URGENT)


def rewrite(case: ReviewCase, actor: StaffAccount, body: str = "<p>审核中改写的正文。</p>") -> ReviewCase:
    resource = resource_of(case)
    content = get_content(resource).with_values(body_html=body)
    base = resource.last_revision
    save_revision(resource=resource, content=content, base_number=base, actor=actor, during_review=True)
    return ReviewCase.objects.get(pk=case.pk)


@pytest.mark.req("REV-01")
def test_level_that_is_not_open_yet_cannot_be_decided_by_a_forged_request(world: World) -> None:
    case = world.submitted()
    last = case.steps.get(level=3)
    with pytest.raises(services.AlreadyDecided):
        services.approve(
            step_id=last.pk, seen_digest=case.manifest_digest, actor=world.leader, checks=sign_checks(last)
        )
    with pytest.raises(services.AlreadyDecided):
        services.return_case(
            step_id=last.pk, seen_digest=case.manifest_digest, actor=world.leader, reason="改"
        )
    assert case.actions.count() == 1


@pytest.mark.req("REV-02")
def test_author_does_not_decide_through_a_delegation(world: World) -> None:
    case = world.submitted()
    delegate(world.lead, world.author, LEAD, world.unit_a)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, world.author)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, double(world.author))
    assert not selectors.list_steps_waiting_for(world.author)


@pytest.mark.req("REV-02", "REV-31")
def test_author_does_not_decide_on_duty(world: World) -> None:
    case = urgent_case(world)
    put_on_duty(world.author, LEAD, world.unit_a)
    put_on_duty(double(world.author), LEAD, world.unit_a)
    for account in world.author.person.accounts.all():
        with pytest.raises(services.SelfApprovalForbidden):
            approve_step(case, account)
        assert not selectors.list_steps_waiting_for(account)


@pytest.mark.req("REV-02")
def test_nobody_decides_in_an_authors_place(world: World) -> None:
    """A reviewer who wrote on the item delegates: the delegate would only lend a hand to the author."""
    case = world.submitted()
    give_role(world.author, LEAD, world.unit_a)
    helper = make_account("zhu", world.unit_a)
    delegate(world.author, helper, LEAD, world.unit_a)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, helper)
    assert not selectors.list_steps_waiting_for(helper)
    assert helper not in list_deciders(open_step(case))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAction.objects.create(
            case=case,
            step=open_step(case),
            verb="approve",
            account=helper,
            person=helper.person,
            authority=Authority.DELEGATION,
            on_behalf_of=world.author.person,
            created_at=clock.now(),
        )


@pytest.mark.req("REV-01")
def test_delegate_who_is_approver_of_another_level_decides_one_of_them_only(world: World) -> None:
    case = world.submitted()
    delegate(world.lead, world.leader, LEAD, world.unit_a)
    approve_step(case, world.leader)
    action = case.actions.get(verb="approve")
    assert (action.authority, action.on_behalf_of) == (Authority.DELEGATION, world.lead.person)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, world.leader)
    assert not Edition.objects.exists()


@pytest.mark.req("REV-01")
def test_one_persons_word_counts_for_one_level_whoever_speaks_it(world: World) -> None:
    """乙's delegate approves the first level; 乙, leader in charge as well, doesn't decide the second one."""
    case = world.submitted()
    helper, second = make_account("zhu", world.unit_a), make_account("zhu-er", world.unit_a)
    give_role(world.lead, LEADER, world.unit_a)
    delegate(world.lead, helper, LEAD, world.unit_a)
    delegate(world.lead, second, LEADER, world.unit_a)
    approve_step(case, helper)
    for account in (world.lead, second, helper):
        with pytest.raises(services.ReviewRefused):
            approve_step(case, account)
    approve_step(case, world.leader)
    assert Edition.objects.count() == 1


def test_delegate_cannot_delegate_on(world: World) -> None:
    case = world.submitted()
    first, second = make_account("yi-zhu", world.unit_a), make_account("er-zhu", world.unit_a)
    delegate(world.lead, first, LEAD, world.unit_a)
    delegate(first, second, LEAD, world.unit_a)
    with pytest.raises(services.NotTheReviewer):
        approve_step(case, second)
    approve_step(case, first)


@pytest.mark.parametrize("change", ["role ended", "delegation ended", "account closed", "other unit"])
def test_delegation_carries_only_while_everything_behind_it_holds(world: World, change: str) -> None:
    case = world.submitted()
    helper = make_account("zhu", world.unit_a)
    unit = world.unit_b if change == "other unit" else world.unit_a
    row = delegate(world.lead, helper, LEAD, unit)
    if change == "role ended":
        world.lead.person.roles.update(ends_on=clock.today() - timedelta(days=1))
    elif change == "delegation ended":
        row.ended_at = clock.now()
        row.save()
    elif change == "account closed":
        StaffAccount.objects.filter(pk=helper.pk).update(status=AccountStatus.CLOSED)
    with pytest.raises(services.NotTheReviewer):
        approve_step(case, StaffAccount.objects.get(pk=helper.pk))


@pytest.mark.req("REV-31")
def test_duty_counts_for_urgent_items_of_the_subtree_only(world: World) -> None:
    urgent, plain = urgent_case(world), world.submitted(title="普通信息")
    put_on_duty(world.other_lead, LEAD, world.unit_a)
    assert [step.case_id for step in selectors.list_steps_waiting_for(world.other_lead)] == [urgent.pk]
    with pytest.raises(services.NotTheReviewer):
        approve_step(plain, world.other_lead)
    approve_step(urgent, world.other_lead)
    assert urgent.actions.get(verb="approve").authority == Authority.DUTY
    assert selectors.list_visible_cases(world.other_lead).filter(pk=urgent.pk).exists()
    assert not selectors.list_visible_cases(world.other_lead).filter(pk=plain.pk).exists()


def test_case_whose_last_reviewer_left_waits_visibly_and_somebody_is_told(world: World) -> None:
    case = world.submitted()
    assert world.manager
    assert list_deciders(open_step(case)) == []
    assert [step.case_id for step in stuck.list_stuck_steps([world.unit_a.pk])] == [case.pk]
    for _asked in [*stuck.watch_stuck_steps(), *stuck.watch_stuck_steps()]:
        pass
    notices = StaffNotice.objects.filter(topic=stuck.NOTICE_TOPIC, person=world.manager.person)
    assert notices.count() == 1
    assert notices.get().path == f"/review/{case.pk}/"
    lead = world.lead
    assert list_deciders(open_step(case)) == [lead]
    assert stuck.list_stuck_steps([world.unit_a.pk]) == []
    world.lead.person.roles.update(ends_on=clock.today() - timedelta(days=1))
    assert [step.case_id for step in stuck.list_stuck_steps([world.unit_a.pk])] == [case.pk]
    assert stuck.list_stuck_steps([world.unit_b.pk]) == []
    approver = make_account("xin-ren", world.unit_a, LEAD, starts_on=clock.today())
    approve_step(case, approver)


@pytest.mark.req("REV-01", "REV-02")
def test_change_during_review_voids_approvals_and_makes_the_editor_an_author(world: World) -> None:
    case = world.submitted()
    old_digest, first = case.manifest_digest, open_step(case)
    approve_step(case, world.lead)
    second = open_step(case)
    case = rewrite(case, world.second_author)
    assert case.round == 2
    assert case.manifest_digest != old_digest
    assert [step.status for step in case.steps.filter(round=1)] == [StepStatus.VOIDED] * 2
    assert open_step(case).level == 2
    for step in (first, second):
        with pytest.raises(services.AlreadyDecided):
            services.approve(step_id=step.pk, seen_digest=old_digest, actor=world.leader)
    with pytest.raises(services.StateChanged):
        approve_step(case, world.lead, seen_digest=old_digest)
    give_role(world.second_author, LEAD, world.unit_a)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, world.second_author)
    world.decide_all(case)
    edition = Edition.objects.get()
    assert "审核中改写" in edition.body_text
    assert [entry.round for entry in selectors.get_level_durations(case)] == [1, 1, 2, 2]


@pytest.mark.parametrize("who", ["lead", "leader", "other_author", "manager", "inspector"])
def test_only_those_who_enter_items_change_them_during_review(world: World, who: str) -> None:
    case = world.submitted()
    item = case.items.get()
    pin = services.opening.Pin(item.subject_key, item.pin, "别的标题", "0" * 64, frozenset())
    with pytest.raises(services.NotTheReviewer):
        services.revise_case(
            item_id=item.pk, pin=pin, actor=getattr(world, who), before=Scope(), after=Scope()
        )
    assert ReviewCase.objects.get(pk=case.pk).round == 1


def test_closed_case_can_be_neither_changed_nor_taken_back(world: World) -> None:
    case = world.submitted()
    world.decide_all(case)
    item = case.items.get()
    pin = services.opening.Pin(item.subject_key, item.pin, item.title, "0" * 64, frozenset())
    with pytest.raises(services.NotRecallable):
        services.revise_case(item_id=item.pk, pin=pin, actor=world.author, before=Scope(), after=Scope())
    with pytest.raises(services.NotRecallable):
        services.recall_case(case_id=case.pk, actor=world.author, reason="改")


@pytest.mark.req("REV-03")
def test_recall_gives_the_item_back_and_leaves_its_trace(world: World) -> None:
    case = world.submitted()
    approve_step(case, world.lead)
    with pytest.raises(services.ReasonMissing):
        services.recall_case(case_id=case.pk, actor=world.author, reason="  ")
    for who in ("lead", "leader", "other_author", "second_author"):
        with pytest.raises(services.NotRecallable):
            services.recall_case(case_id=case.pk, actor=getattr(world, who), reason="改")
    services.recall_case(case_id=case.pk, actor=world.author, reason="数据有误")
    case.refresh_from_db()
    assert case.status == CaseStatus.RECALLED
    assert not case.steps.filter(status=StepStatus.OPEN).exists()
    assert resource_of(case).status == ResourceStatus.RETURNED
    with pytest.raises(services.AlreadyDecided):
        approve_step(case, world.leader)
    again = submit_for_review(resource=resource_of(case), actor=world.author)
    assert [entry.pk for entry in selectors.get_history("resource", resource_of(case).pk)] == [
        case.pk,
        again.pk,
    ]


def test_author_who_left_the_unit_takes_nothing_back(world: World) -> None:
    case = world.submitted()
    world.author.person.roles.update(ends_on=clock.today() - timedelta(days=1))
    with pytest.raises(services.NotRecallable):
        services.recall_case(case_id=case.pk, actor=world.author, reason="改")


def test_people_of_an_office_see_a_case_when_it_reaches_them(world: World) -> None:
    """Neither before, nor without the role, nor those of other units."""
    case = world.submitted()
    case.steps.filter(level=3).update(unit=world.unit_b)
    assert not selectors.list_visible_cases(world.other_leader)
    approve_step(case, world.lead)
    assert list(selectors.list_visible_cases(world.other_leader)) == [case]
    assert not selectors.list_visible_cases(world.other_author)
    assert not selectors.list_visible_cases(world.other_lead)


RACES: list[tuple[str, str]] = [
    ("approve", "recall"),
    ("approve", "rewrite"),
    ("approve last", "rewrite"),
    ("rewrite", "rewrite by another"),
    ("rewrite", "recall"),
    ("approve", "end role"),
]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("one", "other"), RACES)
def test_two_acts_at_the_same_moment_leave_a_case_that_tells_one_story(one: str, other: str) -> None:
    """Nobody waits for ever, nobody sees a broken page, and the text that is out was approved by two."""
    world = World()
    for _turn in range(4):
        case = world.submitted()
        acts = _acts(world, case)
        if "last" in one:
            approve_step(case, world.lead)
        results = at_once(acts[one], acts[other])
        assert len(refusals(results)) <= 1
        case.refresh_from_db()
        opened = case.steps.filter(status=StepStatus.OPEN).count()
        assert opened == (case.status == CaseStatus.OPEN)
        edition = Edition.objects.filter(case=case).first()
        assert (edition is not None) == (case.status == CaseStatus.APPROVED)
        if edition is not None:
            assert edition.revision_id == int(case.items.get().pin)
            approvals = case.actions.filter(verb="approve", round=case.round)
            assert len({action.person_id for action in approvals}) == 2
        world.lead.person.roles.update(ends_on=None)


def _acts(world: World, case: ReviewCase) -> dict[str, Callable[[], object]]:
    yesterday = clock.today() - timedelta(days=1)
    accounts = [world.lead, world.leader, world.author, world.second_author]
    return {
        "approve": lambda: approve_step(case, accounts[0]),
        "approve last": lambda: approve_step(case, accounts[1]),
        "recall": lambda: services.recall_case(case_id=case.pk, actor=accounts[2], reason="改"),
        "rewrite": lambda: rewrite(case, accounts[2]),
        "rewrite by another": lambda: rewrite(case, accounts[3], "<p>另一人的改写。</p>"),
        "end role": lambda: accounts[0].person.roles.update(ends_on=yesterday),
    }

"""Any sequence of acts by any people: nothing gets out without the whole chain, no act leaves the trail.

Hypothesis deals out roles, delegations, turns of duty and second accounts past
the services that would refuse some of them, and tries acts in any order. The
longer profile runs with `HYPOTHESIS_PROFILE=evidence` (`make evidence`).
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.library.enums import EDITABLE_STATUSES, ResourceStatus, WithdrawalReason
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.library.selectors import get_content
from jiyue.library.services import (
    create_resource,
    save_revision,
    submit_batch,
    submit_for_review,
    withdraw_resource,
)
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review import services
from jiyue.review.authority import list_deciders
from jiyue.review.enums import CaseForm, CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import CaseAuthor, CaseItem, ReviewAction, ReviewCase, ReviewStep
from jiyue.review.selectors import list_steps_waiting_for
from jiyue.review.services.holding import Answer, record_answer, refer_case
from jiyue.review.submission import Handling
from jiyue.review.tasks import release
from jiyue.review.tests.stand_ins import delegate, double, give_role, put_on_duty
from tests.factories import World, make_account, make_content, read_sample, sign_checks

EVIDENCE = os.environ.get("HYPOTHESIS_PROFILE") == "evidence"
IS_POSTGRESQL = "postgres" in os.environ.get("JIYUE_TEST_DATABASE_URL", "")
EXAMPLES = 4 if IS_POSTGRESQL else 10  # the engine is the same; every step costs more there
PROFILE = settings(
    max_examples=200 if EVIDENCE else EXAMPLES,
    stateful_step_count=60 if EVIDENCE else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
ROLES = (
    StaffRole.ENTRY_CLERK,
    StaffRole.REVIEW_LEAD,
    StaffRole.LEADER_IN_CHARGE,
    StaffRole.PRINCIPAL_LEADER,
)
PEOPLE = 7
people = st.integers(0, PEOPLE - 1)
roles = st.sampled_from(ROLES)
flags = st.booleans()
picks = st.integers(0, 5)
writers = st.sampled_from([0, 1, 1, 0, 2, 5, 3])  # clerks first, then whoever isn't one

WRITING = ("edit", "submit", "submit_all", "recall")
VERBS = (
    *("approve_as_somebody_who_may",) * 8,
    *("approve", "edit", "submit") * 3,
    *("hand_on", "go_on_duty", "get_a_role", "submit_all", "answer", "release_batches") * 2,
    *("lose_a_role", "send_back", "recall", "refer", "withdraw"),
)


@dataclass(frozen=True)
class Turn:
    """Who acts on what; what pick, role and flag mean is the act's own matter."""

    actor: StaffAccount
    pick: int
    role: StaffRole
    flag: bool


class Review(RuleBasedStateMachine):
    """Seven people, two of them with a second account, four items, two of them in review."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.world = World()
        clerk = (StaffRole.ENTRY_CLERK,)
        starting = [clerk, clerk, *[(role,) for role in ROLES[1:]], (), ()]
        self.accounts = [
            make_account(f"p{number}", self.world.unit_a, *held) for number, held in enumerate(starting)
        ]
        self.accounts += [double(self.accounts[0]), double(self.accounts[2])]
        self.edits = 0
        for number in range(4):
            content = make_content(self.world.news, title=f"第{number}篇消息")
            create_resource(unit=self.world.unit_a, content=content, actor=self.accounts[0])
        plain, urgent, *_drafts = Resource.objects.order_by("pk")
        submit_for_review(resource=plain, actor=self.accounts[0])
        handling = Handling(is_urgent=True, urgent_reason="突发")
        submit_for_review(resource=urgent, actor=self.accounts[1], handling=handling)
        delegate(self.accounts[2], self.accounts[5], ROLES[1], self.world.unit_a)
        put_on_duty(self.accounts[6], ROLES[2], self.world.unit_a)

    def teardown(self) -> None:
        """Undo the example."""
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def account(self, number: int, *, second: bool = False) -> StaffAccount:
        """A person's account, or the second one of those who have two; read anew as in each request."""
        doubles = {0: PEOPLE, 2: PEOPLE + 1}
        chosen = self.accounts[doubles.get(number, number) if second else number]
        return StaffAccount.objects.select_related("person", "unit").get(pk=chosen.pk)

    def attempt(self, act: Callable[[], object]) -> None:
        """Carry an act out; a refusal leaves nothing behind."""
        before = self._traces()
        try:
            with transaction.atomic():
                act()
        except DomainError:
            assert self._traces() == before

    def _traces(self) -> tuple[int, ...]:
        counted = (ReviewAction, ReviewCase, ReviewStep, Edition, ResourceRevision, AuditEntry)
        return tuple(model.objects.count() for model in counted)

    def resource(self, pick: int) -> Resource:
        rows = list(Resource.objects.order_by("pk"))
        return rows[pick % len(rows)]

    def step(self, pick: int) -> ReviewStep:
        """An open step as a rule, one that was forged or overtaken now and then."""
        rows = ReviewStep.objects.select_related("case__unit", "unit").order_by("-pk")
        opened = list(rows.filter(status=StepStatus.OPEN)) if pick else []
        chosen = opened or list(rows[:8])
        return chosen[pick % len(chosen)]

    @rule(
        verb=st.sampled_from(VERBS),
        who=people,
        clerk=writers,
        second=flags,
        pick=picks,
        role=roles,
        flag=flags,
    )
    def somebody_acts(
        self, verb: str, who: int, clerk: int, second: bool, pick: int, role: StaffRole, flag: bool
    ) -> None:
        """One rule for all acts: so every sequence mixes them."""
        writer = self.account(clerk, second=second)
        actor = self.account(who, second=second)
        getattr(self, verb)(Turn(writer if verb in WRITING else actor, pick, role, flag))

    def get_a_role(self, turn: Turn) -> None:
        if not turn.actor.person.roles.filter(role=turn.role).exists():
            give_role(turn.actor, turn.role, self.world.unit_a)

    def lose_a_role(self, turn: Turn) -> None:
        turn.actor.person.roles.filter(role=turn.role).delete()

    def hand_on(self, turn: Turn) -> None:
        delegate(self.account(turn.pick), turn.actor, turn.role, self.world.unit_a)

    def go_on_duty(self, turn: Turn) -> None:
        put_on_duty(turn.actor, turn.role, self.world.unit_a)

    def edit(self, turn: Turn) -> None:
        resource = self.resource(turn.pick)
        self.edits += 1
        content = get_content(resource).with_values(body_html=f"<p>第{self.edits}次改写的正文。</p>")
        self.attempt(
            lambda: save_revision(
                resource=resource,
                content=content,
                base_number=resource.last_revision,
                actor=turn.actor,
                during_review=resource.status == ResourceStatus.IN_REVIEW or turn.flag,
            )
        )

    def submit(self, turn: Turn) -> None:
        urgent = Handling(is_urgent=True, urgent_reason="突发", is_major=turn.pick % 2 == 0)
        handling = urgent if turn.flag else Handling(is_major=turn.pick % 2 == 0)
        resource = self.resource(turn.pick)
        self.attempt(lambda: submit_for_review(resource=resource, actor=turn.actor, handling=handling))

    def submit_all(self, turn: Turn) -> None:
        rows = list(Resource.objects.filter(status__in=EDITABLE_STATUSES).order_by("pk"))
        resources = rows if turn.flag else list(Resource.objects.order_by("pk"))
        self.attempt(lambda: submit_batch(resources=resources, title="一批", actor=turn.actor))

    def approve_as_somebody_who_may(self, turn: Turn) -> None:
        """So that many sequences come to an end; nobody who is listed is refused for who they are."""
        step = self.step(turn.pick)
        deciders = list_deciders(step) if step.status == StepStatus.OPEN else []
        if not deciders:
            return
        actor = deciders[turn.pick % len(deciders)]
        assert services.decision_blocker(step, actor) is None
        assert list_steps_waiting_for(actor).filter(pk=step.pk).exists()
        self.approve(replace(turn, actor=actor, flag=True))

    def approve(self, turn: Turn) -> None:
        step = self.step(turn.pick)
        read_sample(step, turn.actor)
        digest = step.case.manifest_digest if turn.flag or turn.pick % 2 else "0" * 64
        checks = sign_checks(step) if turn.flag or turn.pick % 3 else None
        self.attempt(
            lambda: services.approve(step_id=step.pk, seen_digest=digest, actor=turn.actor, checks=checks)
        )

    def send_back(self, turn: Turn) -> None:
        step = self.step(turn.pick)
        seen = step.case.manifest_digest
        self.attempt(
            lambda: services.return_case(step_id=step.pk, seen_digest=seen, actor=turn.actor, reason="改")
        )

    def recall(self, turn: Turn) -> None:
        case_id = self.step(turn.pick).case_id
        self.attempt(lambda: services.recall_case(case_id=case_id, actor=turn.actor, reason="改"))

    def refer(self, turn: Turn) -> None:
        case_id = self.step(turn.pick).case_id
        self.attempt(
            lambda: refer_case(
                case_id=case_id,
                referred_to="保密局",
                question="能否公开",
                is_secrecy_authority=True,
                actor=turn.actor,
            )
        )

    def answer(self, turn: Turn) -> None:
        """By whoever may; most answers let the case go on."""
        case_id = self.step(turn.pick).case_id
        answer = Answer(may_be_public=turn.flag or turn.pick > 0, text="答复", number="密函1号")
        self.attempt(lambda: record_answer(case_id=case_id, answer=answer, actor=turn.actor))

    def withdraw(self, turn: Turn) -> None:
        resource = self.resource(turn.pick)
        self.attempt(
            lambda: withdraw_resource(
                resource=resource,
                reason_type=WithdrawalReason.WRONG_CONTENT,
                reason="有误",
                actor=turn.actor,
            )
        )

    def release_batches(self, _turn: Turn) -> None:
        """As the worker does behind the last approval."""
        waiting = CaseItem.objects.filter(
            is_open=True, case__form=CaseForm.BATCH, case__status=CaseStatus.APPROVED
        )
        release([str(pk) for pk in waiting.values_list("pk", flat=True)])

    @invariant()
    def every_edition_has_its_whole_chain(self) -> None:
        for edition in Edition.objects.select_related("case", "revision"):
            case = edition.case
            assert case is not None
            assert case.status == CaseStatus.APPROVED
            item = case.items.get(subject_key=str(edition.resource_id))
            assert item.pin == str(edition.revision_id)
            steps = list(case.steps.filter(round=case.round))
            assert len(steps) == len(case.route_json["levels"])
            approvals = list(case.actions.filter(verb=ReviewVerb.APPROVE, round=case.round))
            assert [action.step_id for action in approvals] == [step.pk for step in steps]
            assert all(step.status == StepStatus.APPROVED for step in steps)
            deciders = [action.person_id for action in approvals]
            voices = [action.on_behalf_of_id or action.person_id for action in approvals]
            assert len(set(deciders)) == len(steps) == len(set(voices))
            authors = set(CaseAuthor.objects.filter(case=case).values_list("person_id", flat=True))
            writers = set(
                ResourceRevision.objects.filter(
                    resource=edition.resource_id, number__lte=edition.revision.number
                ).values_list("person_id", flat=True)
            )
            assert case.submitter.person_id in authors
            assert writers <= authors
            assert authors.isdisjoint(deciders)
            assert authors.isdisjoint(voices)
            referral = case.referrals.order_by("-pk").first()
            assert referral is None or referral.may_be_public

    @invariant()
    def every_act_is_in_the_trail(self) -> None:
        acts = Counter(ReviewAction.objects.values_list("verb", "person_id", "case_id"))
        entries = AuditEntry.objects.filter(verb__in=[f"case.{verb}" for verb in ReviewVerb.values])
        trail = Counter(
            (verb.removeprefix("case."), person, int(subject))
            for verb, person, subject in entries.values_list("verb", "person_id", "subject_id")
        )
        assert acts == trail

    @invariant()
    def no_subject_is_in_two_open_cases(self) -> None:
        opened = CaseItem.objects.filter(is_open=True, case__status=CaseStatus.OPEN)
        keys = list(opened.values_list("subject_type", "subject_key"))
        assert len(keys) == len(set(keys))

    @invariant()
    def open_cases_have_one_open_step_and_closed_ones_none(self) -> None:
        for case in ReviewCase.objects.all():
            opened = case.steps.filter(status=StepStatus.OPEN)
            assert [step.round for step in opened] == ([case.round] if case.status == CaseStatus.OPEN else [])


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.req("REV-01", "REV-02", "REV-03")
def test_no_sequence_of_acts_gets_past_the_chain_or_out_of_the_trail() -> None:
    """A failure is printed as the shortest list of acts that leads to it."""
    run_state_machine_as_test(Review, settings=PROFILE)

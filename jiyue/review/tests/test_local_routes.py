"""Routes, offices and major rules of a subtree: who sets them, and what is refused."""

from datetime import timedelta

import pytest
import time_machine

from jiyue.core import audit, clock, two_person
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.library.models import Edition
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services.profiles import RulesRefused
from jiyue.policy.entry import ValueRefused
from jiyue.review.enums import MajorSign, Office
from jiyue.review.models import ApproverOffice, MajorRule, ReviewRoute
from jiyue.review.routing import RouteUnusable
from jiyue.review.services.offices import add_major_rule, assign_office, end_major_rule, end_office
from jiyue.review.services.routing import ROUTE_TOPIC, RouteRefused, propose_route, set_up_route
from tests.factories import World, approve_step, make_account, make_unit

pytestmark = pytest.mark.django_db

SPEC = {
    "name": "要闻流程",
    "clause": "市政府办内部规定",
    "levels": [
        {"role": "review_lead", "gates": True, "secrecy": True},
        {"role": "leader_in_charge"},
        {"role": "principal_leader", "name": "主要负责人签发"},
    ],
}


@pytest.fixture
def second(world: World) -> StaffAccount:
    """Another platform manager of unit A."""
    return make_account("wu-2", world.unit_a, StaffRole.PLATFORM_MANAGER, name="未")


def propose(world: World, **values: object) -> TwoPersonChange:
    facts: dict[str, object] = {
        "unit": world.unit_a,
        "key": "news",
        "spec": SPEC,
        "effective_on": clock.today(),
        "reason": "要闻须主要负责人签发",
        "actor": world.manager.audit_actor(),
    }
    return propose_route(**{**facts, **values})  # type: ignore[arg-type]


def decide(change: TwoPersonChange, account: StaffAccount) -> None:
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=account.audit_actor())


@pytest.mark.req("REV-11")
def test_route_takes_two_persons_and_changes_the_levels_without_code(
    world: World, second: StaffAccount
) -> None:
    """The platform manager proposes, another one decides; the next case has one level more."""
    before = world.submitted()
    change = propose(world)
    assert not ReviewRoute.objects.exists()
    with pytest.raises(two_person.SamePerson):
        decide(change, world.manager)
    with pytest.raises(RulesRefused):
        decide(change, world.lead)
    decide(change, second)
    after = world.submitted(title="另一篇")
    assert [step.role for step in after.steps.all()] == [
        "review_lead",
        "leader_in_charge",
        "principal_leader",
    ]
    assert after.route_key == "news"
    world.decide_all(after)
    assert not Edition.objects.exists()
    approve_step(after, world.principal)
    assert Edition.objects.count() == 1
    assert AuditEntry.objects.filter(verb="review_route.set").count() == 1
    # the case that was open keeps its route
    assert [step.role for step in before.steps.all()] == ["review_lead", "leader_in_charge"]
    world.decide_all(before)
    assert Edition.objects.count() == 2


@pytest.mark.req("REV-11")
def test_route_takes_effect_on_its_day_and_can_be_ended(world: World, second: StaffAccount) -> None:
    change = propose(world, effective_on=clock.today() + timedelta(days=2))
    decide(change, second)
    assert world.submitted().route_key == "default"
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        assert world.submitted(title="两天后").route_key == "news"
        decide(propose(world, spec=None), second)
        assert world.submitted(title="又一篇").route_key == "default"
        with pytest.raises(RouteRefused):
            propose(world, spec=None)
    assert AuditEntry.objects.filter(verb="review_route.ended").count() == 1


def test_change_of_a_route_is_shown_before_and_after(world: World, second: StaffAccount) -> None:
    decide(propose(world), second)
    shorter = propose(world, spec={**SPEC, "levels": SPEC["levels"][:2], "sorts": ["notice"]})
    rows = {label: (old, new) for label, old, new in two_person.TOPICS.get(ROUTE_TOPIC).describe(shorter)}
    changed = [values for values in rows.values() if values[0] != values[1]]
    assert any("主要负责人签发" in old and "主要负责人签发" not in new for old, new in changed)
    ending = TwoPersonChange(payload={**shorter.payload, "spec": None}, topic=ROUTE_TOPIC)
    assert two_person.TOPICS.get(ROUTE_TOPIC).describe(ending)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"levels": []}, "levels"),
        ({"levels": "review_lead"}, "levels"),
        ({"levels": [{"role": "mayor"}]}, "levels"),
        ({"levels": [{"role": "entry_clerk", "gates": True, "secrecy": True}] * 2}, "levels"),
        ({"levels": [{"role": "platform_manager", "gates": True, "secrecy": True}] * 2}, "levels"),
        ({"levels": [{"role": "review_lead", "unit": "ministry"}]}, "levels"),
        ({"levels": [{"role": "review_lead"}, {"role": "leader_in_charge"}]}, "levels"),
        ({"levels": [{"role": "review_lead", "gates": True}, {"role": "leader_in_charge"}]}, "levels"),
        ({"levels": [{"role": "review_lead", "gates": True, "secrecy": True}] * 10}, "levels"),
        ({"levels": [{"role": "review_lead", "colour": "red"}]}, "levels"),
        ({"name": ""}, "name"),
        ({"name": "长" * 101}, "name"),
        ({"sorts": ["gossip"]}, "sorts"),
        ({"unit_kinds": ["company"]}, "unit_kinds"),
        ({"papers": ["napkin"]}, "papers"),
        ({"submitter_role": "review_lead"}, "submitter_role"),
        ({"submitter_role": ["entry_clerk"]}, "levels"),
        ({"shortcut": True}, "levels"),
        ({"name": 7}, "levels"),
        ({"clause": None}, "levels"),
    ],
)
def test_route_that_could_not_work_is_refused_with_words(
    world: World, values: dict[str, object], field: str
) -> None:
    with pytest.raises(RouteRefused) as refusal:
        propose(world, spec={**SPEC, **values})
    assert refusal.value.field == field
    assert refusal.value.message
    assert refusal.value.fix
    assert not TwoPersonChange.objects.exists()


@pytest.mark.req("REV-01")
def test_route_needs_as_many_different_persons_as_the_rules_of_the_unit(world: World) -> None:
    """GL asks for two; the platform's rules for other units for three (HT 二(三)2)."""
    one = [{"role": "review_lead", "gates": True, "secrecy": True}]
    with pytest.raises(RouteRefused):
        propose(world, spec={**SPEC, "levels": one})
    propose(world, spec={**SPEC, "levels": one, "unit_kinds": ["department"]})


@pytest.mark.parametrize("key", ["", "Nachrichten", "新闻", "a b", "x" * 61, "news\n"])
def test_key_of_a_route_is_short_and_plain(world: World, key: str) -> None:
    with pytest.raises(RouteRefused):
        propose(world, key=key)


def test_route_is_refused_while_nobody_holds_its_office_or_for_a_day_that_passed(world: World) -> None:
    levels = [*SPEC["levels"], {"role": "review_lead", "unit": "portal"}]  # type: ignore[misc]
    with pytest.raises(RouteUnusable):
        propose(world, spec={**SPEC, "levels": levels})
    with pytest.raises(ValueRefused):
        propose(world, effective_on=clock.today() - timedelta(days=1))


def test_proposal_that_waited_too_long_is_looked_at_again(world: World, second: StaffAccount) -> None:
    change = propose(world)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False), pytest.raises(ValueRefused):
        decide(change, second)
    assert not ReviewRoute.objects.exists()


@pytest.mark.parametrize("who", ["author", "lead", "leader", "inspector", "other_author"])
def test_only_platform_managers_of_the_subtree_propose_routes(world: World, who: str) -> None:
    with pytest.raises(RulesRefused):
        propose(world, actor=getattr(world, who).audit_actor())


def test_platform_manager_of_another_unit_sets_nothing_here(world: World) -> None:
    stranger = make_account("wai", world.unit_b, StaffRole.PLATFORM_MANAGER)
    with pytest.raises(RulesRefused):
        propose(world, actor=stranger.audit_actor())
    calls = [
        lambda: assign_office(
            governed_unit=world.unit_a,
            office=Office.PORTAL,
            holder=world.unit_b,
            starts_on=clock.today(),
            actor=stranger.audit_actor(),
        ),
        lambda: add_major_rule(unit=world.unit_a, sign=MajorSign.KEYWORD, text="防汛", actor=stranger),
    ]
    for call in calls:
        with pytest.raises(RulesRefused):
            call()
    with pytest.raises(RouteRefused):
        set_up_route(unit=world.unit_a, key="x", spec=SPEC, actor=stranger.audit_actor())


def test_office_passes_from_one_unit_to_the_next(world: World) -> None:
    portal, successor = make_unit("P00000001"), make_unit("P00000002")
    today = clock.today()
    facts = {"governed_unit": world.unit_a, "office": Office.PORTAL, "actor": world.manager.audit_actor()}
    row = assign_office(holder=portal, starts_on=today, **facts)  # type: ignore[arg-type]
    with pytest.raises(RouteRefused):
        assign_office(holder=portal, starts_on=today, **facts)  # type: ignore[arg-type]
    with pytest.raises(RouteRefused):
        assign_office(holder=successor, starts_on=today - timedelta(days=1), **facts)  # type: ignore[arg-type]
    assign_office(holder=successor, starts_on=today + timedelta(days=5), **facts)  # type: ignore[arg-type]
    row.refresh_from_db()
    assert row.ends_on == today + timedelta(days=4)
    last = ApproverOffice.objects.get(ends_on=None)
    end_office(row=last, ends_on=today + timedelta(days=9), actor=world.manager.audit_actor())
    with pytest.raises(RouteRefused):
        end_office(row=last, ends_on=today - timedelta(days=1), actor=world.manager.audit_actor())
    verbs = AuditEntry.objects.filter(verb__startswith="review_office").values_list("verb", flat=True)
    assert sorted(verbs) == ["review_office.assigned"] * 2 + ["review_office.ended"]


@pytest.mark.req("REV-04")
@pytest.mark.parametrize(
    ("sign", "text", "hit", "miss"),
    [
        (MajorSign.LEADER, "沈怀舟", {"title": "沈怀舟调研防汛工作"}, {"title": "市领导调研防汛工作"}),
        (
            MajorSign.KEYWORD,
            "防汛",
            {"body_html": "<p>全市防<b>汛</b>工作</p>"},
            {"body_html": "<p>防火</p>"},
        ),
        (
            MajorSign.CATEGORY,
            "综合政务",
            {"subject_category": "综合政务\\应急管理"},
            {"subject_category": "工业、交通"},
        ),
    ],
)
def test_major_information_is_found_by_leader_category_and_keyword(
    world: World, sign: MajorSign, text: str, hit: dict[str, object], miss: dict[str, object]
) -> None:
    add_major_rule(unit=world.unit_a, sign=sign, text=text, actor=world.manager)
    found, other = world.submitted(**hit), world.submitted(**miss)
    assert found.is_major
    assert found.major_reasons == [text]
    assert [step.role for step in found.steps.all()][-1] == "principal_leader"
    assert not other.is_major
    assert other.steps.count() == 2


@pytest.mark.req("REV-04")
def test_rule_that_ended_finds_nothing_and_is_added_once(world: World) -> None:
    add = {"unit": world.unit_a, "sign": MajorSign.KEYWORD, "text": "建设工作", "actor": world.manager}
    rule = add_major_rule(**add)  # type: ignore[arg-type]
    with pytest.raises(RouteRefused):
        add_major_rule(**add)  # type: ignore[arg-type]
    assert world.submitted().is_major
    end_major_rule(rule=rule, actor=world.manager)
    with pytest.raises(RouteRefused):
        end_major_rule(rule=rule, actor=world.manager)
    assert not world.submitted(title="第二篇").is_major
    assert MajorRule.objects.count() == 1


@pytest.mark.parametrize("text", ["", " ", "市", "长" * 101])
def test_major_rule_needs_a_whole_word(world: World, text: str) -> None:
    with pytest.raises(RouteRefused):
        add_major_rule(unit=world.unit_a, sign=MajorSign.KEYWORD, text=text, actor=world.manager)


def test_platform_sets_the_first_routes_once(world: World) -> None:
    set_up_route(unit=world.unit_a, key="x", spec=SPEC, actor=audit.PLATFORM)
    with pytest.raises(RouteRefused):
        set_up_route(unit=world.unit_a, key="x", spec=SPEC, actor=audit.PLATFORM)

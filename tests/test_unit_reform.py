"""A reform of units carries everything along: nothing is lost, nothing opens to outsiders (机构改革)."""

from datetime import date, timedelta

import pytest
import time_machine

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import audit, clock, outbox, two_person
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, ChangeStatus, TwoPersonChange
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.selectors import list_media, list_visible_resources
from jiyue.library.services import store_media
from jiyue.organizations.carriers import CARRIERS
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.credentials.resets import propose_reset
from jiyue.organizations.enums import ReformKind, StaffRole, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount, UnitReform, UnitRole
from jiyue.organizations.selectors import get_role_pairs
from jiyue.organizations.services import (
    NotYourSubtree,
    ReformPlan,
    ReformRefused,
    closing_blockers,
    propose_reform,
)
from jiyue.organizations.services.reforms import run_due_reforms
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.review.selectors import list_steps_waiting_for, list_visible_cases
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.models import SiteRole
from jiyue.sites.selectors import get_site_units
from tests.factories import World, approve_step, make_account, make_unit
from tests.matrix.office import _picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(world: World) -> World:
    """Units A and B below the government, with two platform managers above both."""
    top = make_unit("T00000000", "市政府")
    for unit in (world.unit_a, world.unit_b):
        Organization.objects.filter(pk=unit.pk).update(superior=top, path=f"{top.path}{unit.code}/")
        unit.refresh_from_db()
    world.managers = [  # type: ignore[attr-defined]
        make_account(name, top, StaffRole.PLATFORM_MANAGER) for name in ("zhou.min", "wu.gang")
    ]
    return world


def merger(world: World, **values: object) -> ReformPlan:
    """Unit A goes into unit B today."""
    plan = {
        "kind": ReformKind.MERGE,
        "predecessor_ids": (world.unit_a.pk,),
        "successor_ids": (world.unit_b.pk,),
        "main_id": world.unit_b.pk,
        "effective_on": clock.today(),
        "basis": "编办〔2026〕1号",
    }
    return ReformPlan(**{**plan, **values})  # type: ignore[arg-type]


def decide(world: World, plan: ReformPlan) -> TwoPersonChange:
    """Propose by the one, approve by the other manager."""
    first, second = world.managers  # type: ignore[attr-defined]
    change = propose_reform(plan=plan, reason="机构改革", actor=first)
    return two_person.approve(
        change_id=change.pk, seen_digest=change.digest, actor=second.audit_actor(), opinion=""
    )


def can_open(account: StaffAccount, resource: Resource) -> bool:
    """Whether the item exists for the account, through the front door of the back office."""
    answer = both_factors(account).get(f"/resources/{resource.pk}/")
    return answer.status_code == 200


@pytest.mark.req("ORG-01", "ORG-04")
def test_merger_carries_drafts_cases_live_pages_files_and_accounts_along(city):
    outsider = make_account("feng.yu", make_unit("X00000000", "局外"), StaffRole.ENTRY_CLERK)
    draft, live = city.draft(title="草稿"), city.publish(title="公开稿件")
    case = city.submitted(title="在审稿件")
    media = store_media(unit=city.unit_a, original_name="图.png", data=_picture(), actor=city.author)
    old_number = live.live.edition.index_number
    address = live.placements.get(channel=city.news).path
    waiting = Resource.objects.get(title="在审稿件")
    decide(city, merger(city))
    outbox.drain()

    old, new = city.unit_a, city.unit_b
    old.refresh_from_db()
    assert (old.status, old.closed_on) == (UnitStatus.CLOSED, clock.today())
    assert closing_blockers(old)[0].message.startswith(old.name)
    assert all(carrier.count(old) == 0 for _name, carrier in CARRIERS)
    # content and files
    assert set(Resource.objects.values_list("unit", flat=True)) == {new.pk}
    for resource in (draft, live, waiting):
        assert can_open(city.other_author, resource)
        assert can_open(city.author, resource)
        assert not can_open(outsider, resource)
    assert list_media(city.other_author).filter(name=media.name).exists()
    assert not list_media(outsider).exists()
    # public pages and index numbers stay
    edition = LiveEdition.objects.get(resource=live).edition
    assert edition.index_number == old_number
    assert live.placements.get(channel=city.news).path == address
    # roles ended and began, so that history shows both
    today = clock.today()
    ended = UnitRole.objects.get(person=city.author.person, unit=old)
    begun = UnitRole.objects.get(person=city.author.person, unit=new)
    assert (ended.ends_on, begun.starts_on) == (today - timedelta(days=1), today)
    city.author.refresh_from_db()
    assert city.author.unit == new
    assert get_role_pairs(city.author) == {(new.pk, StaffRole.ENTRY_CLERK)}
    # the case goes on: those who decided in A, or hold the role in B, decide
    case.refresh_from_db()
    assert case.unit == new
    assert list_steps_waiting_for(city.other_lead).filter(case=case).exists()
    assert not list_visible_cases(outsider).exists()
    for account in (city.other_lead, city.leader):
        approve_step(case, account)
    outbox.drain()
    waiting.refresh_from_db()
    assert waiting.status == ResourceStatus.PUBLISHED
    # sites: the footer names the successor
    assert [unit.pk for unit in get_site_units(city.portal.pk).sponsors] == [new.pk]
    assert SiteRole.objects.get(site=city.portal, unit=old).ends_on == today - timedelta(days=1)
    # trail and pages hold
    reform = UnitReform.objects.get()
    assert reform.carried["library.resources"] == 3
    for unit in (old, new):
        assert AuditEntry.objects.filter(verb="unit.reformed", subject_id=str(unit.pk)).exists()
    assert AuditEntry.objects.filter(verb="unit.closed", subject_id=str(old.pk)).exists()
    audit.seal_entries()
    assert audit.verify().breaches == ()
    assert find_discrepancies() == []


def test_closed_unit_stays_readable_with_its_history(city):
    decide(city, merger(city))
    page = both_factors(city.managers[0]).get(f"/units/{city.unit_a.pk}/")
    assert "编办〔2026〕1号" in page.content.decode()


def test_nobody_decides_on_the_own_proposal_and_outsiders_not_at_all(city):
    first, second = city.managers
    change = propose_reform(plan=merger(city), reason="机构改革", actor=first)
    below = make_account("zheng.li", city.unit_a, StaffRole.PLATFORM_MANAGER)
    for account in (first, below, city.author):
        with pytest.raises(DomainError):
            two_person.approve(
                change_id=change.pk, seen_digest=change.digest, actor=account.audit_actor(), opinion=""
            )
    assert not UnitReform.objects.exists()
    assert both_factors(below).get(f"/reforms/{change.pk}/").status_code == 404
    assert both_factors(second).get(f"/reforms/{change.pk}/").status_code == 200


def test_reform_of_a_later_day_waits_for_it_and_then_runs_once(city):
    tomorrow = clock.today() + timedelta(days=1)
    decide(city, merger(city, effective_on=tomorrow))
    assert list(run_due_reforms()) == []
    assert not UnitReform.objects.exists()
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert len(list(run_due_reforms())) == 1
        assert list(run_due_reforms()) == []
    assert UnitReform.objects.get().effective_on == tomorrow


def test_reform_that_no_longer_fits_stays_visible_and_changes_nothing(city):
    tomorrow = clock.today() + timedelta(days=1)
    change = decide(city, merger(city, effective_on=tomorrow))
    Organization.objects.filter(pk=city.unit_b.pk).update(path=f"{city.unit_a.path}{city.unit_b.code}/")
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        list(run_due_reforms())
    assert not UnitReform.objects.exists()
    page = both_factors(city.managers[0]).get(f"/reforms/{change.pk}/").content.decode()
    assert city.unit_b.name in page


def test_split_sends_each_account_where_it_was_assigned(city):
    other = make_unit("C00000003", "新设局", superior=city.managers[0].unit)
    draft = city.draft()
    accounts = {city.author.pk: other.pk, city.lead.pk: city.unit_a.pk}
    plan = merger(
        city,
        kind=ReformKind.SPLIT,
        successor_ids=(city.unit_a.pk, other.pk),
        main_id=city.unit_a.pk,
        accounts=accounts,
    )
    decide(city, plan)
    city.unit_a.refresh_from_db()
    assert city.unit_a.status == UnitStatus.ACTIVE
    assert get_role_pairs(city.author) == {(other.pk, StaffRole.ENTRY_CLERK)}
    assert get_role_pairs(city.lead) == {(city.unit_a.pk, StaffRole.REVIEW_LEAD)}
    assert not list_visible_resources(city.author).filter(pk=draft.pk).exists()
    assert list_visible_resources(city.lead).filter(pk=draft.pk).exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"basis": " "}, "order"),
        ({"effective_on": date(2020, 1, 1)}, "passed"),
        ({"predecessor_ids": ()}, "none"),
        ({"kind": ReformKind.SPLIT}, "one successor"),
        ({"main_id": 1}, "main"),
        ({"accounts": {1: 1}}, "account"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reform_that_does_not_fit_is_refused_before_anybody_decides(city, change, why):
    with pytest.raises(ReformRefused):
        propose_reform(plan=merger(city, **change), reason="试", actor=city.managers[0])
    assert not TwoPersonChange.objects.filter(status=ChangeStatus.WAITING).exists()


def test_units_of_another_subtree_are_never_named(city):
    foreign = make_unit("F00000001", "外单位")
    below = make_account("zheng.li", city.unit_a, StaffRole.PLATFORM_MANAGER)
    plan = merger(city, successor_ids=(foreign.pk,), main_id=foreign.pk)
    for actor, wanted in ((city.managers[0], plan), (below, merger(city)), (city.author, merger(city))):
        with pytest.raises(NotYourSubtree):
            propose_reform(plan=wanted, reason="试", actor=actor)


def test_successor_that_has_an_operator_role_already_keeps_one(city):
    for unit in (city.unit_a, city.unit_b):
        SiteRole.objects.create(
            site=city.county, unit=unit, role=SiteRoleName.USING_UNIT, starts_on=date(2020, 1, 1)
        )
    decide(city, merger(city))
    held = SiteRole.objects.filter(site=city.county, role=SiteRoleName.USING_UNIT, ends_on=None)
    assert [role.unit for role in held] == [city.unit_b]


def test_a_change_that_waits_is_decided_by_the_administrator_of_the_successor(city):
    """The account went along; the proposal keeps the unit it was made for."""
    keeper = make_account("kan.shou", city.unit_b, StaffRole.ACCOUNT_MANAGER)
    second_factor.enrol(city.author, actor=audit.PLATFORM)
    change = propose_reset(
        account=city.author,
        reason="手机丢失",
        actor=city.managers[0].audit_actor(),
    )
    client = both_factors(keeper)
    assert change.title not in client.get("/changes/").content.decode()
    decide(city, merger(city))
    assert change.title in client.get("/changes/").content.decode()
    assert change.title in client.get("/").content.decode()
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=keeper.audit_actor())
    assert not second_factor.has_second_factor(city.author)

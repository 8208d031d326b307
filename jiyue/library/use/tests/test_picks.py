"""Picking, offering and withdrawing across sites; what nobody has reviewed is in nobody's reach."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.library.enums import WithdrawalReason
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content, list_visible_resources
from jiyue.library.services import save_revision, submit_for_review, withdraw_resource
from jiyue.library.use.analysis import analyse
from jiyue.library.use.enums import OfferStatus, PickStatus, UseWay
from jiyue.library.use.models import Offer, Pick, UseRecord
from jiyue.library.use.offers import decline_offer, list_offers, set_topics
from jiyue.library.use.picks import (
    PickRefused,
    confirm_pick,
    end_pick,
    list_pick_channels,
    list_pickable,
    propose_pick,
    refuse_pick,
)
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, SharingGrant
from jiyue.organizations.services import grant_sharing
from jiyue.publishing.models import Placement
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.tests.output import correct, detail_path, read
from tests.factories import World, approve_step, make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(world: World) -> SharingGrant:
    """Unit B may read the library of unit A; B runs the county portal."""
    top = make_unit("T00000000", "市政府")
    for unit in (world.unit_a, world.unit_b):
        Organization.objects.filter(pk=unit.pk).update(superior=top, path=f"{top.path}{unit.code}/")
    manager = make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)
    return grant_sharing(
        owner=world.unit_a,
        reader=world.unit_b,
        starts_on=date(2020, 1, 1),
        ends_on=None,
        reason="联合办文",
        actor=manager,
    )


def pick(world: World, resource: Resource) -> Pick:
    return propose_pick(
        resource_id=resource.pk, channel=world.county_news, unit=world.unit_b, actor=world.other_author
    )


def live_channels(resource: Resource) -> set[str]:
    rows = Placement.objects.filter(resource=resource, is_live=True)
    return set(rows.values_list("channel__key", flat=True))


@pytest.mark.req("LIB-10")
def test_two_persons_bring_an_item_of_another_unit_into_their_channel(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    waiting = pick(world, resource)
    assert live_channels(resource) == {"yaowen"}
    for account in (world.other_author, world.lead, world.other_leader):
        with pytest.raises(PickRefused):
            confirm_pick(pick=waiting, actor=account)
    confirm_pick(pick=waiting, actor=world.other_lead)
    outbox.drain()
    assert live_channels(resource) == {"yaowen", "zhuanzai"}
    assert resource.title in read(world.county, detail_path(resource, world.county_news))
    assert Resource.objects.count() == 1
    assert find_discrepancies() == []
    with pytest.raises(PickRefused):
        confirm_pick(pick=waiting, actor=world.other_lead)
    verbs = set(AuditEntry.objects.filter(subject_type="pick").values_list("verb", flat=True))
    assert verbs == {"pick.proposed", "pick.confirmed"}


@pytest.mark.req("LIB-10")
def test_new_edition_changes_every_place_and_withdrawal_empties_them(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    confirm_pick(pick=pick(world, resource), actor=world.other_lead)
    outbox.drain()
    correct(world, resource, title="更正后的标题")
    assert "更正后的标题" in read(world.county, detail_path(resource, world.county_news))
    world.withdraw(resource)
    assert live_channels(resource) == set()
    assert Pick.objects.get().status == PickStatus.ENDED
    assert find_discrepancies() == []
    world.decide_all(submit_for_review(resource=Resource.objects.get(), actor=world.author))
    outbox.drain()
    assert live_channels(resource) == {"yaowen"}


@pytest.mark.req("LIB-10")
def test_taking_a_pick_out_leaves_the_own_channels(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    shown = confirm_pick(pick=pick(world, resource), actor=world.other_lead)
    outbox.drain()
    with pytest.raises(PickRefused):
        end_pick(pick=shown, actor=world.author, reason="不是你的")
    with pytest.raises(PickRefused):
        end_pick(pick=shown, actor=world.other_author, reason=" ")
    end_pick(pick=shown, actor=world.other_author, reason="栏目调整")
    outbox.drain()
    assert live_channels(resource) == {"yaowen"}
    assert find_discrepancies() == []
    again = confirm_pick(pick=pick(world, resource), actor=world.other_lead)
    assert again.pk != shown.pk
    outbox.drain()
    assert live_channels(resource) == {"yaowen", "zhuanzai"}


def test_refused_pick_needs_a_reason_and_places_nothing(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    waiting = pick(world, resource)
    with pytest.raises(PickRefused):
        refuse_pick(pick=waiting, actor=world.other_lead, opinion="")
    refuse_pick(pick=waiting, actor=world.other_lead, opinion="不适合")
    assert live_channels(resource) == {"yaowen"}
    assert pick(world, resource).status == PickStatus.PROPOSED


@pytest.mark.req("LIB-10")
@pytest.mark.parametrize("state", ["draft", "in_review", "second_level", "withdrawn"])
def test_what_is_not_reviewed_or_not_public_is_in_no_door(world: World, shared: SharingGrant, state: str):
    if state == "withdrawn":
        resource = world.publish(channels=[world.news])
        world.withdraw(resource)
    elif state == "draft":
        resource = world.draft(channels=[world.news])
    else:
        case = world.submitted(channels=[world.news])
        if state == "second_level":
            approve_step(case, world.lead)
        resource = Resource.objects.get()
    with pytest.raises(PickRefused):
        pick(world, resource)
    assert not list_pickable(world.other_author, world.county_news).exists()
    assert not list_offers(world.unit_b).exists()
    assert resource not in list_visible_resources(world.other_author)
    assert resource in list_visible_resources(world.author)


@pytest.mark.req("LIB-10")
def test_change_under_review_is_not_shared_before_its_release(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    assert resource in list_visible_resources(world.other_author)
    content = get_content(resource).with_values(title="还没审核的标题")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    assert resource not in list_visible_resources(world.other_author)
    (offered,) = list_pickable(world.other_author, world.county_news)
    assert offered.edition.title != "还没审核的标题"


@pytest.mark.req("LIB-10")
def test_nobody_picks_outside_the_own_permission(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    wrong: dict[str, dict[str, object]] = {
        "another unit's site": {"channel": world.news},
        "no clerk": {"actor": world.other_lead},
        "another unit": {"unit": world.unit_a},
        "no such item": {"resource_id": 999_999},
    }
    for values in wrong.values():
        call: dict[str, object] = {
            "resource_id": resource.pk,
            "channel": world.county_news,
            "unit": world.unit_b,
            "actor": world.other_author,
        }
        with pytest.raises(PickRefused):
            propose_pick(**{**call, **values})  # type: ignore[arg-type]
    assert [channel.key for channel in list_pick_channels(world.unit_b)] == ["zhuanzai"]
    both = world.publish(title="已在该栏目")
    with pytest.raises(PickRefused):
        pick(world, both)


def test_items_of_a_unit_that_shares_nothing_are_not_found(world: World):
    resource = world.publish(channels=[world.news])
    assert world.county_news
    with pytest.raises(PickRefused):
        pick(world, resource)


def test_an_item_is_picked_once_for_a_channel(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    first = pick(world, resource)
    with pytest.raises(PickRefused):
        pick(world, resource)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pick.objects.create(
            resource=resource,
            channel=world.county_news,
            unit=world.unit_b,
            picked_by=world.other_author,
            picked_person=world.other_author.person,
            picked_at=first.picked_at,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Pick.objects.filter(pk=first.pk).update(decided_person=world.other_author.person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pick.objects.filter(pk=first.pk).update(status=PickStatus.CONFIRMED)


@pytest.mark.req("LIB-10")
def test_released_item_is_offered_to_the_columns_it_fits_with_the_words_that_fit(world: World):
    """No sharing is needed: an offer makes this one public item findable for the column."""
    set_topics(
        channel=world.county_news,
        unit=world.unit_b,
        subjects=["综合政务"],
        keywords=["集约化"],
        actor=world.other_author,
    )
    waiting = world.submitted(channels=[world.news], subject_category="综合政务\\电子政务")
    assert not Offer.objects.exists()
    world.decide_all(waiting)
    (offer,) = list_offers(world.unit_b)
    assert offer.matches == ["综合政务", "集约化"]
    with pytest.raises(PickRefused):
        decline_offer(offer=offer, unit=world.unit_b, actor=world.author)
    confirm_pick(pick=pick(world, offer.resource), actor=world.other_lead)
    offer.refresh_from_db()
    assert offer.status == OfferStatus.PICKED
    other = world.publish(channels=[world.news], title="全市集约化评估")
    offer = Offer.objects.get(resource=other)
    decline_offer(offer=offer, unit=world.unit_b, actor=world.other_author)
    assert not list_offers(world.unit_b).exists()
    world.publish(channels=[world.news], title="绿化工作", body_html="<p>种树</p>")
    assert not list_offers(world.unit_b).exists()


def test_only_the_column_editor_says_what_a_column_is_about(world: World):
    for actor, unit in ((world.author, world.unit_a), (world.other_lead, world.unit_b)):
        with pytest.raises(PickRefused):
            set_topics(channel=world.county_news, unit=unit, subjects=["x"], keywords=[], actor=actor)
    with pytest.raises(PickRefused):
        set_topics(
            channel=world.county_news,
            unit=world.unit_b,
            subjects=[],
            keywords=[str(n) for n in range(51)],
            actor=world.other_author,
        )


@pytest.mark.req("LIB-11")
def test_each_use_is_logged_and_analysed(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news], keywords=("集约化",))
    confirm_pick(pick=pick(world, resource), actor=world.other_lead)
    uses = list(
        UseRecord.objects.order_by("pk").values_list("way", "site__key", "channel__key", "unit__code")
    )
    assert uses == [
        (UseWay.PLACED, "shi", "yaowen", "A00000001"),
        (UseWay.PICKED, "xian", "zhuanzai", "B00000002"),
    ]
    assert UseRecord.objects.get(way=UseWay.PICKED).account == world.other_lead
    found = analyse(world.unit_a)
    assert found.items == [(resource, 2)]
    assert found.users == [(world.unit_b, 1)]
    assert ("集约化", 1) in found.topics
    column = analyse(world.unit_b).channels
    assert {(use.channel.key, use.placed, use.picked) for use in column} >= {("zhuanzai", 0, 1)}
    texts = [str(each.text) for each in analyse(world.unit_b).suggestions]
    assert any("100" in text for text in texts)


@pytest.mark.req("LIB-11")
@pytest.mark.parametrize(
    "verb", ["UPDATE library_use_userecord SET way = 'x'", "DELETE FROM library_use_userecord"]
)
def test_record_of_use_cannot_be_changed(world: World, verb: str):
    world.publish(channels=[world.news])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb)


def test_withdrawal_between_pick_and_confirmation_stops_the_confirmation(world: World, shared: SharingGrant):
    resource = world.publish(channels=[world.news])
    waiting = pick(world, resource)
    withdraw_resource(resource=resource, reason_type=WithdrawalReason.OTHER, reason="撤", actor=world.leader)
    with pytest.raises(PickRefused):
        confirm_pick(pick=waiting, actor=world.other_lead)

"""Spot checks of batches: who opens what before the approval."""

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, Resource
from jiyue.library.services import submit_batch
from jiyue.policy.selectors import read_rules
from jiyue.review import services
from jiyue.review.enums import StepStatus
from jiyue.review.models import ItemReading, ReviewCase, ReviewStep
from jiyue.review.sampling import get_reading, get_sample, sample_size
from tests.factories import World, approve_step, sign_checks

pytestmark = pytest.mark.django_db


def batch(world: World, count: int) -> ReviewCase:
    drafts = [world.draft(title=f"历史文件第{number}号") for number in range(count)]
    return submit_batch(resources=drafts, title="历史文件导入", actor=world.author)


def open_step(case: ReviewCase) -> ReviewStep:
    return ReviewStep.objects.select_related("case__unit", "unit").get(case=case, status=StepStatus.OPEN)


def approve_now(case: ReviewCase, world: World) -> ReviewCase:
    step = open_step(case)
    return services.approve(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, checks=sign_checks(step)
    )


@pytest.mark.parametrize(("items", "drawn"), [(2, 2), (3, 3), (20, 3), (60, 3), (61, 4), (3_500, 175)])
def test_sample_is_a_share_with_a_minimum(world: World, items: int, drawn: int) -> None:
    rules = read_rules(world.unit_a)
    stated = [rules.value(f"review.batch_sample{part}").number for part in ("", ".minimum")]
    assert stated == [5, 3]
    case = batch(world, 2)
    case.item_count = items
    step = open_step(case)
    step.case = case
    assert sample_size(step) == drawn


def test_sample_is_the_same_for_everybody_and_another_one_on_the_next_level(world: World) -> None:
    case = batch(world, 30)
    first = open_step(case)
    assert get_sample(first) == get_sample(ReviewStep.objects.get(pk=first.pk))
    assert [item.position for item in get_sample(first)] == sorted(
        item.position for item in get_sample(first)
    )
    approve_step(case, world.lead)
    drawn = [{item.pk for item in get_sample(step)} for step in case.steps.all()]
    assert drawn[0] != drawn[1]


@pytest.mark.req("REV-01", "REV-03")
def test_batch_is_not_approved_before_the_sample_was_opened(world: World) -> None:
    case = batch(world, 4)
    step = open_step(case)
    sample = get_sample(step)
    with pytest.raises(services.ChecksMissing):
        approve_now(case, world)
    for item in sample[:-1]:
        assert services.record_item_read(step=step, item=item, actor=world.lead)
    with pytest.raises(services.ChecksMissing) as refusal:
        approve_now(case, world)
    assert refusal.value.field == "sample"
    assert get_reading(step, world.lead).unread == (sample[-1],)
    services.record_item_read(step=step, item=sample[-1], actor=world.lead)
    approve_now(case, world)
    record = case.actions.get(verb="approve").record_json
    assert record["sample"] == [item.pk for item in sample]
    assert set(record["read_items"]) == {item.pk for item in sample}
    assert AuditEntry.objects.filter(verb="case.item_read").count() == len(sample)


def test_reading_of_somebody_else_counts_for_nobody(world: World) -> None:
    case = batch(world, 3)
    step = open_step(case)
    item = get_sample(step)[0]
    for account in (world.author, world.leader, world.other_lead, world.manager):
        assert not services.record_item_read(step=step, item=item, actor=account)
    assert services.record_item_read(step=step, item=item, actor=world.lead)
    assert not services.record_item_read(step=step, item=item, actor=world.lead)
    assert ItemReading.objects.count() == 1
    assert get_reading(step, world.leader).read_ids == frozenset()
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemReading.objects.all().delete()


def test_items_of_another_batch_are_not_read_here(world: World) -> None:
    case, other = batch(world, 2), batch(world, 3)
    foreign = other.items.first()
    assert foreign is not None
    assert not services.record_item_read(step=open_step(case), item=foreign, actor=world.lead)


def test_single_item_needs_no_sample(world: World) -> None:
    case = world.submitted()
    step = open_step(case)
    assert get_sample(step) == []
    assert not services.record_item_read(step=step, item=case.items.get(), actor=world.lead)
    approve_now(case, world)


def test_one_bad_item_of_a_batch_comes_back_and_the_others_go_out(world: World) -> None:
    """The only channel of one item was closed to the unit while its release waited."""
    drafts = [
        world.draft(title=title, channels=(channel,))
        for title, channel in (("丁", world.news), ("乙", world.county_news), ("戊", world.news))
    ]
    case = submit_batch(resources=drafts, title="一批", actor=world.author)
    world.decide_all(case)
    assert not Edition.objects.exists()
    world.county_news.contributors.remove(world.unit_a)
    outbox.drain()
    assert sorted(Edition.objects.values_list("title", flat=True)) == ["丁", "戊"]
    bad = case.items.get(title="乙")
    assert bad.refusal
    assert Resource.objects.get(pk=bad.subject_key).status == ResourceStatus.RETURNED

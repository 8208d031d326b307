"""The board of the publishing queue, a batch with its failures, and moments planned on the screens."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import clock, outbox
from jiyue.library.models import Edition
from jiyue.organizations.enums import StaffRole
from jiyue.publishing import rendering
from jiyue.publishing.integrity.services import SweepRefused, request_sweep
from jiyue.publishing.tests.output import publish_many
from jiyue.publishing.work.batches import BatchRefused, pause_batch
from jiyue.publishing.work.enums import BatchKind, BatchState, PlanState
from jiyue.publishing.work.models import PlannedRelease, PublishingBatch
from jiyue.publishing.work.planning import plan_release
from jiyue.publishing.work.rebuilding import open_rebuild
from jiyue.review.models import ReviewCase
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def page(client: Client, name: str, *keys: object) -> str:
    return client.get(reverse(f"backoffice:{name}", args=keys)).content.decode()


def failed_rebuild(world: World, monkeypatch: pytest.MonkeyPatch) -> PublishingBatch:
    publish_many(world, 2, channels=(world.news,))
    build = rendering.build_detail

    def fail_for_one(edition, *args, **values):
        if edition.content.title == "第001条":
            raise ValueError("broken template")
        return build(edition, *args, **values)

    batch = open_rebuild(site_id=world.portal.pk, asked_by=world.manager)
    with monkeypatch.context() as patch:
        patch.setattr(rendering, "build_detail", fail_for_one)
        outbox.drain()
    batch.refresh_from_db()
    return batch


def test_who_oversees_sees_batches_with_reasons_and_the_manager_tries_again(world, monkeypatch):
    batch = failed_rebuild(world, monkeypatch)
    inspector, manager = both_factors(world.inspector), both_factors(world.manager)
    address = reverse("backoffice:publishing_batch", args=[batch.pk])
    assert address in page(inspector, "publishing_queue")
    shown = page(inspector, "publishing_batch", batch.pk)
    assert "broken template" in shown
    assert "第001条" in shown
    assert "publishing-queue" in shown
    assert 'name="act"' not in shown
    assert 'value="retry"' in page(manager, "publishing_batch", batch.pk)
    act = reverse("backoffice:publishing_batch_act", args=[batch.pk])
    assert manager.post(act, {"act": "pause"}).status_code == 409  # it is finished
    assert manager.post(act, {"act": "explode"}).status_code == 422
    assert manager.post(act, {"act": "retry"}).status_code == 302
    assert manager.post(act, {"act": "cancel", "reason": ""}).status_code == 409
    outbox.drain()
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert "broken template" not in page(manager, "publishing_batch", batch.pk)


def test_people_of_a_unit_see_what_their_unit_waits_for_and_nothing_of_others(world):
    case = world.submitted(title="甲单位的定时稿件")
    with time_machine.travel("2026-11-23 08:00:00+08:00"):
        client = both_factors(world.author)
        address = reverse("backoffice:case_release", args=[case.pk])
        answer = client.post(address, {"release_at": "2026-11-23T09:00:00", "reason": ""})
        assert answer.status_code == 302
        assert PlannedRelease.objects.get().release_at.isoformat() == "2026-11-23T01:00:00+00:00"
        own = page(client, "publishing_queue")
        assert "甲单位的定时稿件" in own
        assert "2026年11月23日 09:00:00" in own
        assert "甲单位的定时稿件" not in page(both_factors(world.other_author), "publishing_queue")
        assert "甲单位的定时稿件" in page(both_factors(world.inspector), "publishing_queue")
        refused = client.post(address, {"release_at": "2020-01-01T09:00:00", "reason": "原因还在"})
        assert refused.status_code == 409
        assert "原因还在" in refused.content.decode()
        wrong = client.post(address, {"release_at": "明天", "reason": "原因还在"})
        assert (wrong.status_code, "原因还在" in wrong.content.decode()) == (422, True)
        assert client.post(address, {"cancel": "1", "reason": "改期"}).status_code == 302
        assert PlannedRelease.objects.get().state == PlanState.CANCELLED


def test_those_who_oversee_another_unit_see_nothing_and_stop_nothing(world, monkeypatch):
    case = world.submitted(title="甲单位的定时稿件")
    plan_release(case_id=case.pk, release_at=clock.now() + timedelta(days=1), actor=world.author)
    publish_many(world, 1, channels=(world.news, world.county_news))
    batch = open_rebuild(site_id=world.portal.pk, asked_by=world.manager)
    manager = make_account("wai", world.unit_b, StaffRole.PLATFORM_MANAGER)
    guard = make_account("an", world.unit_b, StaffRole.SECURITY_OWNER)
    client = both_factors(manager)
    shown = page(client, "publishing_queue")
    assert "甲单位的定时稿件" not in shown
    assert reverse("backoffice:publishing_batch", args=[batch.pk]) not in shown
    assert client.get(reverse("backoffice:publishing_batch", args=[batch.pk])).status_code == 404
    act = reverse("backoffice:publishing_batch_act", args=[batch.pk])
    assert client.post(act, {"act": "pause"}).status_code == 404
    with pytest.raises(BatchRefused):
        pause_batch(batch_id=batch.pk, actor=manager)
    for account in (manager, guard):
        watch = both_factors(account)
        board = page(watch, "integrity")
        assert (world.county.name in board, world.portal.name in board) == (True, False)
        compare = reverse("backoffice:integrity_sweep", args=[world.portal.pk])
        assert watch.post(compare).status_code == 404
        with pytest.raises(SweepRefused):
            request_sweep(site=world.portal, actor=account)


def test_clerk_plans_the_moment_with_the_submission_and_reviewers_see_it(world):
    resource = world.draft(title="九点发布", channels=(world.news,))
    address = reverse("backoffice:resource_submit", args=[resource.pk])
    with time_machine.travel("2026-11-23 08:00:00+08:00"):
        client = both_factors(world.author)
        refused = client.post(address, {"release_at": "2026-11-22T09:00:00", "comment": "请看"})
        assert "请看" in refused.content.decode()
        assert ReviewCase.objects.count() == 0
        assert client.post(address, {"release_at": "2026-11-23T09:00:30"}).status_code == 302
        case = ReviewCase.objects.get()
        assert "2026年11月23日 09:00:30" in page(both_factors(world.lead), "case_detail", case.pk)
        world.decide_all(case)
        outbox.drain()
        assert Edition.objects.count() == 0
        shown = page(both_factors(world.leader), "case_detail", case.pk)
        assert reverse("backoffice:case_release", args=[case.pk]) in shown
        assert reverse("backoffice:case_release", args=[case.pk]) not in page(
            both_factors(world.lead), "case_detail", case.pk
        )


def test_chosen_items_are_submitted_for_one_moment(world):
    items = [world.draft(title=f"同时{number}", channels=(world.news,)) for number in range(2)]
    query = "&".join(f"id={item.pk}" for item in items)
    with time_machine.travel("2026-11-23 08:00:00+08:00"):
        client = both_factors(world.author)
        address = f"{reverse('backoffice:resource_batch')}?{query}"
        data = {"title": "同时发布", "expected": 2, "release_at": "2026-11-23T09:00:00"}
        assert client.post(address, data).status_code == 302
    assert PlannedRelease.objects.get().case.item_count == 2
    assert not PublishingBatch.objects.filter(kind=BatchKind.RELEASE).exists()

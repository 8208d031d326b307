"""Two people acting on the same item at the same moment, on a database with several writers."""

from collections.abc import Callable
from functools import partial

import pytest

from jiyue.core import outbox
from jiyue.core.errors import DomainError
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import LiveEdition, MediaFile, ResourceRevision
from jiyue.library.selectors import get_content
from jiyue.library.services import (
    NotEditable,
    NotSubmittable,
    save_revision,
    store_media,
    submit_batch,
    submit_for_review,
)
from jiyue.library.tests.test_rights import approve, correction, picture, withdraw
from jiyue.review import services as review
from jiyue.review.enums import StepStatus
from jiyue.review.models import CaseItem, ReviewCase
from tests.factories import World, sign_checks
from tests.plumbing import processes

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Run the tasks in threads of their own; return results and refusals."""

    def answer(task: Callable[[], object]) -> object:
        try:
            return task()
        except DomainError as refusal:
            return refusal

    return processes.at_once(*[partial(answer, task) for task in tasks])


def refusals(results: list[object]) -> list[type]:
    return [type(result) for result in results if isinstance(result, DomainError)]


def test_approval_and_return_at_the_same_moment_decide_once() -> None:
    world = World()
    case = world.submitted()
    step = case.steps.get(status=StepStatus.OPEN)
    decide = {"step_id": step.pk, "seen_digest": case.manifest_digest, "actor": world.lead}
    results = at_once(
        lambda: review.approve(**decide, checks=sign_checks(step)),
        lambda: review.approve(**decide, checks=sign_checks(step)),
        lambda: review.return_case(**decide, reason="改"),
    )
    assert refusals(results) == [review.AlreadyDecided] * 2
    assert case.actions.exclude(verb="submit").count() == 1


def test_submitting_twice_at_the_same_moment_opens_one_case() -> None:
    world = World()
    resource = world.draft()
    results = at_once(*[lambda: submit_for_review(resource=resource, actor=world.author)] * 3)
    assert refusals(results) == [NotSubmittable] * 2
    assert ReviewCase.objects.count() == 1


def test_batches_with_the_same_items_in_another_order_do_not_wait_for_each_other() -> None:
    world = World()
    items = [world.draft() for _ in range(10)]
    results = at_once(
        lambda: submit_batch(resources=items, title="甲", actor=world.author),
        lambda: submit_batch(resources=items[::-1], title="乙", actor=world.author),
    )
    assert refusals(results) == [NotSubmittable]


def test_saving_and_submitting_at_the_same_moment_never_leave_an_unreviewed_state_pinned_away() -> None:
    world = World()
    for number in range(5):
        resource = world.draft()
        content = get_content(resource).with_values(title=f"新标题{number}")
        results = at_once(
            lambda: submit_for_review(resource=resource, actor=world.author),  # noqa: B023  # run at once
            lambda: save_revision(
                resource=resource,  # noqa: B023
                content=content,  # noqa: B023
                base_number=1,
                actor=world.second_author,
            ),
        )
        assert refusals(results) in ([], [NotEditable])
        resource.refresh_from_db()
        pinned = CaseItem.objects.get(subject_key=str(resource.pk)).pin
        assert ResourceRevision.objects.get(pk=pinned).number == resource.last_revision


def test_withdrawal_and_release_of_a_correction_at_the_same_moment_agree() -> None:
    world = World()
    for _ in range(5):
        resource = world.publish()
        case = correction(world, resource)
        approve(case, world.lead)
        results = at_once(lambda: approve(case, world.leader), lambda: withdraw(resource, world.leader))  # noqa: B023
        assert refusals(results) == []
        resource.refresh_from_db()
        is_live = LiveEdition.objects.filter(resource=resource).exists()
        assert resource.status == (ResourceStatus.APPROVED if is_live else ResourceStatus.WITHDRAWN)
        outbox.drain()


def test_same_picture_uploaded_twice_at_the_same_moment_is_stored_once() -> None:
    world = World()
    upload = {"unit": world.unit_a, "original_name": "图.png", "data": picture(), "actor": world.author}
    results = at_once(*[lambda: store_media(**upload)] * 4)
    assert refusals(results) == []
    assert MediaFile.objects.count() == 1

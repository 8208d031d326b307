from datetime import timedelta

import pytest

from jiyue.core import clock
from jiyue.library.contributions import count_contributions
from jiyue.library.models import Resource
from jiyue.library.services import submit_for_review
from jiyue.review import services as review

pytestmark = pytest.mark.django_db


def test_submitted_and_adopted_items_are_counted_per_unit_and_person(world, django_assert_num_queries):
    start = clock.now()
    world.publish(title="发布的")
    case = world.submitted(title="退回又送的")
    step = case.steps.get(status="open")
    review.return_case(step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="改")
    submit_for_review(resource=Resource.objects.get(pk=case.items.get().subject_key), actor=world.author)
    until = clock.now() + timedelta(seconds=1)
    with django_assert_num_queries(2):
        (row,) = count_contributions([world.unit_a.pk], since=start, until=until)
    assert (row.unit, row.person, row.submitted, row.adopted, row.corrected) == (
        "市政府办公室",
        "甲",
        2,
        1,
        0,
    )
    assert count_contributions([world.unit_b.pk], since=start, until=until) == []
    assert count_contributions([world.unit_a.pk], since=until, until=until) == []

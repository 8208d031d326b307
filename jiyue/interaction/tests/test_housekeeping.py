import uuid
from datetime import timedelta

import pytest

from jiyue.core import clock
from jiyue.core.models import InboxSubmission
from jiyue.interaction.housekeeping import forget_counted_views

pytestmark = pytest.mark.django_db(databases="__all__")


def row(topic: str, *, hours_ago: int | None, failure: str = "") -> uuid.UUID:
    key = uuid.uuid4()
    handled = None if hours_ago is None else clock.now() - timedelta(hours=hours_ago)
    InboxSubmission.objects.create(
        id=key,
        topic=topic,
        site_key="portal",
        sealed=b"",
        code_hash="",
        received_at=clock.now() - timedelta(days=3),
        processed_at=handled,
        failure=failure,
    )
    return key


def test_only_handled_batches_of_views_are_forgotten_and_only_after_a_day():
    row("views", hours_ago=25)
    kept = {
        row("views", hours_ago=23),
        row("views", hours_ago=None),
        row("views", hours_ago=30, failure="unreadable"),
        row("correction", hours_ago=300),
    }
    assert list(forget_counted_views()) == [1]
    assert set(InboxSubmission.objects.values_list("pk", flat=True)) == kept

"""Forgetting what is counted: handed-over batches of page views say nothing any more."""

from collections.abc import Iterator
from datetime import time, timedelta

from jiyue.core import clock
from jiyue.core.models import InboxSubmission
from jiyue.core.schedule import JOBS, Job
from jiyue.interaction.services import VIEWS_TOPIC

KEEP_HANDLED = timedelta(hours=24)  # long enough to look into a failure
BATCH = 1_000  # rows deleted in one step
RUNS_AT = time(3, 20)


def forget_counted_views() -> Iterator[int]:
    """Delete handled batches of views from the inbox; yields the number of rows of each step."""
    handled = InboxSubmission.objects.filter(
        topic=VIEWS_TOPIC, failure="", processed_at__lt=clock.now() - KEEP_HANDLED
    )
    while ids := list(handled.values_list("pk", flat=True)[:BATCH]):
        InboxSubmission.objects.filter(pk__in=ids).delete()
        yield len(ids)


def register() -> None:
    """Enter the clean-up into the schedule."""
    JOBS.register("interaction.forget_counted_views", Job(steps=forget_counted_views, at=RUNS_AT))

"""Forgetting batches that ended long ago and the times of old releases; the trail keeps who did what."""

from collections.abc import Iterator

from jiyue.core.finished_work import RUNS_AT, delete_in_steps, over_before
from jiyue.core.schedule import JOBS, Job
from jiyue.publishing.work.models import BatchStep, PublicationTime, PublishingBatch


def forget_finished_work() -> Iterator[int]:
    """Delete ended batches with their steps, and measured times; yields the number of rows of each step."""
    before = over_before()
    yield from delete_in_steps(BatchStep.objects.filter(batch__finished_at__lt=before))
    yield from delete_in_steps(PublishingBatch.objects.filter(finished_at__lt=before))
    yield from delete_in_steps(PublicationTime.objects.filter(released_at__lt=before))


def register() -> None:
    """Enter the job; called when the room starts."""
    JOBS.register("publishing.finished_work", Job(forget_finished_work, at=RUNS_AT))

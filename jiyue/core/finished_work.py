"""Forgetting side effects that were carried out long ago; what failed stays until somebody deals with it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from jiyue.core import clock
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.core.schedule import JOBS, Job

ROWS = 1_000  # deleted in one step
RUNS_AT = time(4, 30)


def over_before() -> datetime:
    """Work that was finished before this moment is forgotten (`JIYUE_FINISHED_WORK_DAYS`, at least a day)."""
    return clock.now() - timedelta(days=max(1, settings.JIYUE_FINISHED_WORK_DAYS))


def delete_in_steps(rows: QuerySet[Any]) -> Iterator[int]:
    """Delete rows, with what hangs on them, in steps of at most a second; yields the number of each step."""
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS]):
        rows.filter(pk__in=ids).delete()
        yield len(ids)


def forget_side_effects() -> Iterator[int]:
    """Delete side effects that were carried out long ago; yields the number of rows of each step."""
    done = OutboxMessage.objects.filter(status=OutboxStatus.DONE, finished_at__lt=over_before())
    yield from delete_in_steps(done)


def register() -> None:
    """Enter the job; called when core starts."""
    JOBS.register("core.finished_work", Job(forget_side_effects, at=RUNS_AT))

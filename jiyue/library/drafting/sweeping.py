"""Forgetting unsaved text that nobody came back for."""

from collections.abc import Iterator
from datetime import time, timedelta

from jiyue.core import clock
from jiyue.core.schedule import JOBS, Job
from jiyue.library.drafting.models import Autosave, EditLock

KEEP_TEXT = timedelta(days=30)  # longer than a leave of absence; saving deletes the row at once
KEEP_LOCKS = timedelta(days=1)  # a lock is dead after minutes; the row only says who had it
BATCH = 200  # rows deleted in one step
RUNS_AT = time(3, 40)


def forget_old_texts() -> Iterator[int]:
    """Delete texts and locks of long ago; yields the number of rows of each step."""
    old_texts = Autosave.objects.filter(saved_at__lt=clock.now() - KEEP_TEXT)
    while ids := list(old_texts.values_list("pk", flat=True)[:BATCH]):
        Autosave.objects.filter(pk__in=ids).delete()
        yield len(ids)
    yield EditLock.objects.filter(seen_at__lt=clock.now() - KEEP_LOCKS).delete()[0]


def register() -> None:
    """Enter the sweep into the schedule."""
    JOBS.register("drafting.forget_old_texts", Job(steps=forget_old_texts, at=RUNS_AT))

"""Carrying out the steps of batches.

A step that fails for a reason of its own, such as a template that can't show
one kind of item, is taken apart: every page that can be written is written,
the others are reported with their reason and stay as they were. When the disk,
the store or the database is the matter, the step waits until it is back.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db import transaction

from jiyue.core import audit, clock, outbox
from jiyue.core.errors import ExternalFailure
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.core.schedule import JOBS, Job
from jiyue.core.text import storable
from jiyue.publishing import tasks, topics
from jiyue.publishing.models import Placement
from jiyue.publishing.publisher import publishing
from jiyue.publishing.selectors import list_newest_placements
from jiyue.publishing.work.batches import STEP_TOPIC
from jiyue.publishing.work.enums import UNFINISHED_STATES, BatchKind, BatchState, StepState
from jiyue.publishing.work.models import BatchStep, PublishingBatch, StepFailure
from jiyue.publishing.work.planning import ask_for_forgotten
from jiyue.publishing.work.selectors import count_released

logger = logging.getLogger(__name__)

MAX_REASON_CHARS = 1_000
_MANY_PAGES = (topics.ARCHIVE, topics.NEWEST)
WATCH_SECONDS = 30


@outbox.handles(STEP_TOPIC)
def carry_out_steps(keys: Sequence[str]) -> None:
    """Carry out steps as far as their batches still want it; each is counted once."""
    for step in BatchStep.objects.select_related("batch").filter(pk__in=map(int, keys)):
        if step.batch.state != BatchState.OPEN:
            continue
        if step.state == StepState.WAITING:
            _carry_out(step)
        close_if_complete(step.batch_id)


def _carry_out(step: BatchStep) -> None:
    PublishingBatch.objects.filter(pk=step.batch_id, started_at=None).update(started_at=clock.now())
    failures: list[StepFailure] = []
    try:
        outbox.TOPICS.get(step.topic).handler([step.key])
    except Exception as error:
        if _goes_on_by_itself(error):
            raise
        logger.exception("publishing.step_failed", extra={"step": step.pk, "batch": step.batch_id})
        failures = _one_by_one(step) if step.topic in _MANY_PAGES else [_failure(step, None, error)]
    _finish(step, failures)


def _goes_on_by_itself(error: Exception) -> bool:
    is_temporary = isinstance(error, ExternalFailure) and not error.permanent
    return is_temporary or outbox.is_environmental(error)


def _one_by_one(step: BatchStep) -> list[StepFailure]:
    """Write the pages of a step one at a time; return those that can't be written."""
    failures = []
    for placement_id, site_id in _placements_of(step):
        try:
            with publishing(site_id) as publisher:
                tasks.publish_now(publisher, [placement_id], {placement_id: OutboxPriority.BULK})
        except Exception as error:  # the edge of a batch: recorded with the page
            if _goes_on_by_itself(error):
                raise
            logger.exception("publishing.page_failed", extra={"step": step.pk, "placement": placement_id})
            failures.append(_failure(step, placement_id, error))
    if step.topic == topics.NEWEST:
        return []  # told once, with their stretch of the archive
    channel_id, first = topics.parse_pair(step.key)
    try:
        keys = [topics.pair(channel_id, number) for number in _stretch(first)]
        tasks.publish_list_pages(keys)
    except Exception as error:  # as above
        if _goes_on_by_itself(error):
            raise
        failures.append(_failure(step, None, error))
    return failures


def _placements_of(step: BatchStep) -> list[tuple[int, int]]:
    """Placements that a step writes, with their sites, the newest first."""
    one, other = topics.parse_pair(step.key)
    if step.topic == topics.NEWEST:
        return [(placement_id, one) for placement_id in list_newest_placements(one, other)]
    live = Placement.objects.filter(channel=one, is_live=True, list_page__in=_stretch(other))
    return list(live.order_by("-sequence").values_list("pk", "site_id"))


def _stretch(first: int) -> range:
    return range(first, first + topics.STRETCH_PAGES)


def _failure(step: BatchStep, placement_id: int | None, error: Exception) -> StepFailure:
    reason = storable(f"{type(error).__name__}: {error}")[:MAX_REASON_CHARS]
    return StepFailure(step=step, placement_id=placement_id, reason=reason, failed_at=clock.now())


@transaction.atomic
def _finish(step: BatchStep, failures: Sequence[StepFailure]) -> None:
    """Write down the outcome, once: whoever lost the lease meanwhile counts nothing."""
    whole = any(failure.placement_id is None for failure in failures)
    counted = BatchStep.objects.filter(pk=step.pk, state=StepState.WAITING).update(
        state=StepState.FAILED if failures else StepState.DONE,
        failed_pages=step.pages if whole else min(step.pages, len(failures)),
        finished_at=clock.now(),
    )
    if counted:
        StepFailure.objects.bulk_create(failures)


@transaction.atomic
def close_if_complete(batch_id: int) -> bool:
    """End a batch whose last step is done; return whether it ended now.

    Called after the step's own transaction: of two workers that finish at the
    same moment, at least one sees both steps done.
    """
    steps = BatchStep.objects.filter(batch=batch_id)
    if steps.filter(state=StepState.WAITING).exists():
        return False
    return _end(batch_id, steps.filter(state=StepState.FAILED).count())


def watch_work() -> Iterator[int]:
    """See that nothing is left behind: end complete batches, ask again for what nobody carries out."""
    yield ask_for_forgotten()
    for batch in PublishingBatch.objects.filter(state__in=UNFINISHED_STATES).order_by("pk"):
        if batch.kind == BatchKind.RELEASE:
            close_release_if_complete(batch)
        elif batch.state == BatchState.OPEN and not close_if_complete(batch.pk):
            _ask_again(batch)
        yield batch.pk


@transaction.atomic
def close_release_if_complete(batch: PublishingBatch) -> None:
    """End the release of a batch case whose items are all out, or handed back."""
    progress = count_released(batch)
    if progress.done + progress.failed < progress.total:
        return
    _end(batch.pk, progress.failed)


def _end(batch_id: int, failed: int) -> bool:
    """End a batch, once, with the record of it; return whether it ended now."""
    open_ = PublishingBatch.objects.filter(pk=batch_id, state=BatchState.OPEN)
    if not open_.update(state=BatchState.DONE, finished_at=clock.now()):
        return False
    audit.record(
        actor=audit.PLATFORM,
        verb="batch.done",
        subject_type="publishing_batch",
        subject_id=batch_id,
        failed=failed,
    )
    return True


@transaction.atomic
def _ask_again(batch: PublishingBatch) -> None:
    """Ask for waiting steps that no side effect will carry out; one that ended as failed tells why."""
    waiting = dict(batch.steps.filter(state=StepState.WAITING).values_list("pk", "priority"))
    rows = OutboxMessage.objects.filter(topic=STEP_TOPIC).exclude(status=OutboxStatus.DONE)
    asked = {int(key) for key in rows.exclude(status=OutboxStatus.FAILED).values_list("key", flat=True)}
    failed = dict(rows.filter(status=OutboxStatus.FAILED).values_list("key", "last_error"))
    for pk, priority in waiting.items():
        if pk in asked:
            continue
        reason = failed.get(str(pk))
        if reason is None:
            outbox.request(STEP_TOPIC, pk, priority=OutboxPriority(priority))
        else:
            step = batch.steps.get(pk=pk)
            _finish(step, [StepFailure(step=step, reason=reason, failed_at=clock.now())])


def register() -> None:
    """Enter the job; called when the room starts."""
    JOBS.register("publishing.watch", WATCH)


WATCH = Job(watch_work, every=timedelta(seconds=WATCH_SECONDS))

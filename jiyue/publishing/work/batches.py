"""Opening batches, and what people do with them.

A batch is rows: one per step, each carried out by an outbox row of its own. So
it goes on after a kill, urgent publications overtake it, and several workers
share it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import has_role
from jiyue.publishing import topics
from jiyue.publishing.models import Placement
from jiyue.publishing.work.enums import UNFINISHED_STATES, BatchKind, BatchState, StepState
from jiyue.publishing.work.models import BatchStep, PublishingBatch, StepFailure
from jiyue.review.announcements import CaseClosed
from jiyue.review.enums import CaseStatus
from jiyue.sites.selectors import list_overseen_sites

STEP_TOPIC = "publishing.step"  # step id
SUPERSEDED = _("A newer batch writes the same pages.")
_COVERED = {  # batches that a newer one makes needless
    BatchKind.REBUILD: (BatchKind.REBUILD, BatchKind.FRAME),
    BatchKind.FRAME: (BatchKind.FRAME,),
}


class BatchRefused(DomainError):
    """Somebody wants a batch to do what it can't do now."""

    code = "batch_refused"


@dataclass(frozen=True)
class Work:
    """One step to be done: a topic of the publisher and its key."""

    topic: str
    key: str
    priority: OutboxPriority = OutboxPriority.BULK


@transaction.atomic
def open_batch(
    *, kind: BatchKind, site_id: int, work: Iterable[Work], asked_by: StaffAccount | None = None
) -> PublishingBatch:
    """Have many pages of a site written; the workers begin at once.

    Unfinished batches whose pages the new one writes as well end.

    Args:
        kind: Why.
        site_id: The site.
        work: The steps, the most wanted first.
        asked_by: Who asked; nobody where the platform did by itself.
    """
    earlier = PublishingBatch.objects.filter(site=site_id, kind__in=_COVERED.get(kind, ()))
    for needless in earlier.filter(state__in=UNFINISHED_STATES).select_for_update():
        _end(needless, BatchState.CANCELLED, str(SUPERSEDED))
    batch = PublishingBatch.objects.create(
        kind=kind, site_id=site_id, asked_by=asked_by, asked_at=clock.now()
    )
    weights = _pages_by_stretch(site_id)
    steps = [
        BatchStep(
            batch=batch,
            topic=one.topic,
            key=one.key,
            priority=one.priority,
            pages=_pages_of(one, weights),
        )
        for one in dict.fromkeys(work)
    ]
    BatchStep.objects.bulk_create(steps, batch_size=500)
    _ask_for(batch)
    audit.record(
        actor=asked_by.audit_actor() if asked_by else audit.PLATFORM,
        verb="batch.opened",
        subject_type="publishing_batch",
        subject_id=batch.pk,
        kind=kind,
        site=site_id,
        steps=len(steps),
    )
    return batch


def _pages_of(work: Work, by_stretch: Mapping[str, int]) -> int:
    """How many pages a step counts for; the newest ones are counted with their stretch of the archive."""
    if work.topic == topics.NEWEST:
        return 0
    return by_stretch.get(work.key, 0) if work.topic == topics.ARCHIVE else 1


def _pages_by_stretch(site_id: int) -> Mapping[str, int]:
    """Live detail pages by key of their stretch."""
    live = Placement.objects.filter(site=site_id, is_live=True)
    stretch = (F("list_page") - 1) / topics.STRETCH_PAGES
    rows = live.values_list("channel_id", stretch).annotate(pages=Count("pk")).order_by()
    return {topics.pair(channel, number * topics.STRETCH_PAGES + 1): pages for channel, number, pages in rows}


def _ask_for(batch: PublishingBatch) -> None:
    """Ask the outbox for every step that waits, in the order of the batch."""
    waiting = batch.steps.filter(state=StepState.WAITING).order_by("pk")
    for pk, priority in waiting.values_list("pk", "priority"):
        outbox.request(STEP_TOPIC, pk, priority=OutboxPriority(priority))


def open_release_batch(fact: CaseClosed) -> None:
    """Follow the release of a batch case from its approval on, in the approver's transaction."""
    case = fact.case
    if case.status == CaseStatus.APPROVED and case.is_batch and case.subject_type == "resource":
        now = clock.now()
        PublishingBatch.objects.create(
            kind=BatchKind.RELEASE, case=case, asked_by=fact.actor, asked_at=now, started_at=now
        )


def batch_refusal(batch: PublishingBatch, verb: str, actor: StaffAccount) -> BatchRefused | None:
    """Say why `actor` can't `pause`, `resume`, `cancel` or `retry` a batch now, or None.

    Feeds the buttons, the services and the test.
    """
    if not has_role(actor, StaffRole.PLATFORM_MANAGER):
        return BatchRefused(
            _("Only the platform manager handles batches."), fix=_("Please ask the platform manager.")
        )
    refusals: dict[str, tuple[bool, Promise]] = {
        "pause": (batch.state == BatchState.OPEN, _("This batch isn't in progress.")),
        "resume": (batch.state == BatchState.PAUSED, _("This batch isn't paused.")),
        "cancel": (batch.state in UNFINISHED_STATES, _("This batch is finished.")),
        "retry": (
            batch.state in (BatchState.OPEN, BatchState.DONE)
            and batch.steps.filter(state=StepState.FAILED).exists(),
            _("Nothing in this batch has failed."),
        ),
    }
    is_possible, why = refusals[verb]
    if batch.kind != BatchKind.RELEASE and not _is_run_by(actor, batch):
        return BatchRefused(
            _("The site of this batch isn't run for your units."), fix=_("Please ask its platform manager.")
        )
    if batch.kind == BatchKind.RELEASE:
        return BatchRefused(
            _("A release follows its review; it can't be paused or cancelled here."),
            fix=_("Withdraw the items that must not be public."),
        )
    return None if is_possible else BatchRefused(why, fix=_("Load the page again."))


def _is_run_by(actor: StaffAccount, batch: PublishingBatch) -> bool:
    sites = list_overseen_sites(actor, {StaffRole.PLATFORM_MANAGER})
    return batch.site_id is not None and sites.filter(pk=batch.site_id).exists()


@transaction.atomic
def pause_batch(*, batch_id: int, actor: StaffAccount) -> PublishingBatch:
    """Let a batch wait; steps that were begun are finished.

    Raises:
        BatchRefused: It isn't in progress, or the actor isn't a platform manager.
    """
    batch = _take(batch_id, "pause", actor)
    _set_state(batch, BatchState.PAUSED, actor)
    return batch


@transaction.atomic
def resume_batch(*, batch_id: int, actor: StaffAccount) -> PublishingBatch:
    """Let a paused batch go on.

    Raises:
        BatchRefused: It isn't paused, or the actor isn't a platform manager.
    """
    batch = _take(batch_id, "resume", actor)
    _set_state(batch, BatchState.OPEN, actor)
    _ask_for(batch)
    return batch


@transaction.atomic
def cancel_batch(*, batch_id: int, reason: str, actor: StaffAccount) -> PublishingBatch:
    """End a batch; pages that weren't reached stay as they are.

    Raises:
        BatchRefused: It is finished, no reason is given, or the actor isn't a platform manager.
    """
    reason = reason.strip()
    batch = _take(batch_id, "cancel", actor)
    if not reason:
        raise BatchRefused(
            _("The reason for this change is missing."),
            fix=_("Write why the rest isn't written."),
            field="reason",
        )
    _end(batch, BatchState.CANCELLED, reason[:300])
    _record(batch, actor, reason=reason)
    return batch


@transaction.atomic
def retry_failures(*, batch_id: int, actor: StaffAccount) -> PublishingBatch:
    """Write what failed again, after the cause was mended.

    Raises:
        BatchRefused: Nothing failed, or the actor isn't a platform manager.
    """
    batch = _take(batch_id, "retry", actor)
    failed = batch.steps.filter(state=StepState.FAILED)
    StepFailure.objects.filter(step__in=failed).delete()
    count = failed.update(state=StepState.WAITING, failed_pages=0, finished_at=None)
    PublishingBatch.objects.filter(pk=batch.pk).update(state=BatchState.OPEN, finished_at=None)
    _ask_for(batch)
    _record(batch, actor, verb="batch.retried", steps=count)
    return batch


def _take(batch_id: int, verb: str, actor: StaffAccount) -> PublishingBatch:
    batch = PublishingBatch.objects.select_for_update().get(pk=batch_id)
    refusal = batch_refusal(batch, verb, actor)
    if refusal:
        raise refusal
    return batch


def _set_state(batch: PublishingBatch, state: BatchState, actor: StaffAccount) -> None:
    batch.state = state
    batch.save(update_fields=["state"])
    _record(batch, actor)


def _end(batch: PublishingBatch, state: BatchState, note: str) -> None:
    batch.state, batch.finished_at, batch.note = state, clock.now(), note
    batch.save(update_fields=["state", "finished_at", "note"])


def _record(batch: PublishingBatch, actor: StaffAccount, *, verb: str = "", **details: object) -> None:
    audit.record(
        actor=actor.audit_actor(),
        verb=verb or f"batch.{batch.state}",
        subject_type="publishing_batch",
        subject_id=batch.pk,
        **details,
    )

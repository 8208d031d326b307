"""What boards show about the publisher's work: lanes, times, batches."""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from jiyue.core import clock
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource
from jiyue.organizations.enums import OVERSIGHT_ROLES
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_subtree_ids, get_unit_ids
from jiyue.publishing.work.enums import BatchKind, BatchState, PlanState, StepState
from jiyue.publishing.work.models import PlannedRelease, PublicationTime, PublishingBatch, StepFailure
from jiyue.review.models import CaseItem
from jiyue.sites.selectors import list_overseen_sites

RATE_SECONDS = 60  # over which the rate of a running batch is taken
_KEYS = 500  # numbers in one query
PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class LaneDepth:
    """What waits in one lane.

    Attributes:
        count: Side effects that could be carried out now, or are.
        oldest_seconds: How long the oldest of them has waited; 0 when there is none.
    """

    count: int
    oldest_seconds: float


def latency_percentiles(hours: float = 24) -> dict[str, float | None]:
    """Time from the approval of an item until every page, list, feed and index entry shows it.

    Items of batches aren't counted: they go out behind everything urgent.

    Args:
        hours: How far to look back.

    Returns:
        `p50`, `p95` and `p99` in seconds; `None` each when nothing went out in that time.
    """
    since = clock.now() - timedelta(hours=hours)
    rows = PublicationTime.objects.filter(lane=OutboxPriority.URGENT, live_at__gte=since)
    times = sorted(took for took in rows.values_list("duration_ms", flat=True) if took is not None)
    if not times:
        return dict.fromkeys(PERCENTILES)
    return {name: times[round(share * (len(times) - 1))] / 1000 for name, share in PERCENTILES.items()}


def queue_depth() -> dict[str, LaneDepth]:
    """What waits for the workers: `withdrawal`, `urgent` and `bulk`, in this order."""
    now = clock.now()
    waiting = OutboxMessage.objects.filter(
        Q(status=OutboxStatus.PENDING, available_at__lte=now)
        | Q(status=OutboxStatus.PENDING, attempts__gt=0)
        | Q(status=OutboxStatus.RUNNING)
    )
    rows = waiting.values_list("priority").annotate(count=Count("pk"), oldest=Min("created_at"))
    found = {priority: (count, oldest) for priority, count, oldest in rows.order_by("priority")}
    depths = {}
    for lane in OutboxPriority:
        count, oldest = found.get(lane, (0, now))
        depths[lane.name.lower()] = LaneDepth(count, max(0.0, (now - oldest).total_seconds()))
    return depths


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is, in pages; for a release in items.

    Attributes:
        total: As planned when it began.
        done: Written, or out on all their pages.
        failed: Reported with a reason.
        rate: A second, over the last minute of its work; 0 while nothing is known.
        remaining_seconds: At that rate; `None` when finished or unknown.
    """

    total: int
    done: int
    failed: int
    rate: float = 0.0
    remaining_seconds: int | None = None

    @property
    def percent(self) -> int:
        """Share that is settled; 100 only when all of it is."""
        return (self.done + self.failed) * 100 // self.total if self.total else 100


def progress_of(batch: PublishingBatch) -> BatchProgress:
    """How far a batch is, how fast it goes and when it ends."""
    counted = count_released(batch) if batch.kind == BatchKind.RELEASE else _count_steps(batch)
    rate = _rate(batch, counted)
    left = counted.total - counted.done - counted.failed
    is_running = batch.state == BatchState.OPEN and left > 0
    remaining = math.ceil(left / rate) if is_running and rate else None
    return replace(counted, rate=rate, remaining_seconds=remaining)


def _count_steps(batch: PublishingBatch) -> BatchProgress:
    settled = ~Q(state=StepState.WAITING)
    sums = batch.steps.aggregate(
        total=Sum("pages", default=0),
        settled=Sum("pages", filter=settled, default=0),
        failed=Sum("failed_pages", filter=settled, default=0),
    )
    return BatchProgress(sums["total"], sums["settled"] - sums["failed"], sums["failed"])


def count_released(batch: PublishingBatch) -> BatchProgress:
    """Count the items of a batch case: out on all their pages, refused, or still to come."""
    items = CaseItem.objects.filter(case=batch.case_id)
    released = items.filter(released_at__isnull=False)
    keys = [int(key) for key in released.values_list("subject_key", flat=True)]
    coming = sum(
        Resource.objects.filter(pk__in=keys[start : start + _KEYS], status=ResourceStatus.APPROVED).count()
        for start in range(0, len(keys), _KEYS)
    )
    failed = items.filter(is_open=False, released_at=None).count()
    total = items.count()
    return BatchProgress(total, len(keys) - coming, failed)


def _rate(batch: PublishingBatch, counted: BatchProgress) -> float:
    """Pages a second: over the last minute while it runs, over all of it afterwards."""
    if batch.started_at is None:
        return 0.0
    now = batch.finished_at or clock.now()
    elapsed = (now - batch.started_at).total_seconds()
    if batch.finished_at or batch.kind == BatchKind.RELEASE or elapsed <= RATE_SECONDS:
        return counted.done / elapsed if elapsed > 0 else 0.0
    newest = batch.steps.filter(finished_at__gt=now - timedelta(seconds=RATE_SECONDS))
    pages = newest.aggregate(pages=Sum(F("pages") - F("failed_pages"), default=0))["pages"]
    return float(pages) / RATE_SECONDS


def list_batches(limit: int | None = 20) -> QuerySet[PublishingBatch]:
    """Unfinished batches first, then the newest finished ones."""
    rows = PublishingBatch.objects.select_related("site", "case", "asked_by__person")
    return rows.order_by(F("finished_at").desc(nulls_first=True), "-pk")[:limit]


def list_overseen_batches(account: StaffAccount) -> QuerySet[PublishingBatch]:
    """Batches of sites and cases of the units that the account oversees, in the order of `list_batches`.

    Source: NB 2-3 (ORG-04).
    """
    mine = Q(site__in=list_overseen_sites(account, OVERSIGHT_ROLES).order_by())
    return list_batches(None).filter(mine | Q(case__unit__in=overseen_unit_ids(account)))


def overseen_unit_ids(account: StaffAccount) -> frozenset[int]:
    """Units whose cases the account sees because it oversees them."""
    return get_subtree_ids(get_unit_ids(account, OVERSIGHT_ROLES))


def list_planned() -> QuerySet[PlannedRelease]:
    """Releases that wait for their moment, the next one first."""
    rows = PlannedRelease.objects.filter(state=PlanState.PLANNED)
    return rows.select_related("case__unit", "planned_by__person").order_by("release_at", "pk")


def list_failures(batch: PublishingBatch) -> QuerySet[StepFailure]:
    """What failed in a batch and why, with the item where it was one page."""
    rows = StepFailure.objects.filter(step__batch=batch)
    return rows.select_related("step", "placement__resource", "placement__channel").order_by("pk")

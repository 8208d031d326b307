"""What boards show about the publisher's work: lanes, times, batches."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q

from jiyue.core import clock
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.publishing.work.models import PublicationTime

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
    times = sorted(rows.values_list("duration_ms", flat=True))
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

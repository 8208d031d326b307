"""How long a release takes from the approval until everything shows it.

A row is opened with the release. When all pages of the item are out, a side
effect of the same lane is asked for behind the lists, feeds and index entries
that follow; when nothing before it is left, the time is taken. Among several
workers the last file may be some hundredths of a second later than that.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q

from jiyue.core import clock, outbox
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.library.announcements import EditionReleased
from jiyue.library.models import Edition, LiveEdition
from jiyue.publishing.work.enums import BatchState
from jiyue.publishing.work.models import PublicationTime, PublishingBatch
from jiyue.publishing.work.steps import close_release_if_complete

LIVE_TOPIC = "publishing.live"  # edition id: measures when it is live everywhere
BATCH = 500
SHORTEST_WAIT_SECONDS = 0.05
WAITS_PER_DURATION = 4  # the longer it takes, the less often we look
_FOLLOWING = Q(topic__startswith="publishing.") | Q(topic__startswith="search.")


def start_measuring(fact: EditionReleased) -> None:
    """Open the row of a release, in its transaction."""
    PublicationTime.objects.create(
        edition=fact.edition, lane=fact.priority, released_at=fact.edition.published_at
    )


def ask_to_measure(resource_id: int) -> None:
    """Ask for the time of an item whose pages are out; its lists and index entries wait before it."""
    edition_id = LiveEdition.objects.filter(resource=resource_id).values_list("edition_id", flat=True).first()
    row = PublicationTime.objects.filter(edition=edition_id, live_at=None).first() if edition_id else None
    if row:
        outbox.request(LIVE_TOPIC, edition_id, priority=OutboxPriority(row.lane))


@outbox.handles(LIVE_TOPIC, batch_size=BATCH)
def take_times(keys: Sequence[str]) -> None:
    """Write down how long releases took, as far as nothing that follows from them is left."""
    now = clock.now()
    mine = OutboxMessage.objects.filter(topic=LIVE_TOPIC, key__in=keys, status=OutboxStatus.RUNNING)
    asked = {key: (pk, OutboxPriority(lane)) for key, pk, lane in mine.values_list("key", "pk", "priority")}
    for row in PublicationTime.objects.filter(edition__in=map(int, keys), live_at=None):
        pk, lane = asked.get(str(row.pk), (0, OutboxPriority(row.lane)))
        took = max(timedelta(0), now - row.released_at)
        if _is_something_left(pk, lane):
            wait = max(timedelta(seconds=SHORTEST_WAIT_SECONDS), took / WAITS_PER_DURATION)
            outbox.request(LIVE_TOPIC, row.pk, priority=lane, not_before=now + wait)
            continue
        PublicationTime.objects.filter(pk=row.pk, live_at=None).update(
            live_at=now, duration_ms=took // timedelta(milliseconds=1)
        )
    for batch in PublishingBatch.objects.filter(
        state=BatchState.OPEN, case__in=Edition.objects.filter(pk__in=map(int, keys)).values("case")
    ):
        close_release_if_complete(batch)


def _is_something_left(message_id: int, lane: OutboxPriority) -> bool:
    return (
        OutboxMessage.objects.filter(
            _FOLLOWING,
            status__in=[OutboxStatus.PENDING, OutboxStatus.RUNNING],
            priority__lte=lane,
            pk__lt=message_id,
        )
        .exclude(topic=LIVE_TOPIC)
        .exists()
    )

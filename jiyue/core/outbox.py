"""Side effects as rows: asked for in a transaction, carried out by workers.

`request` inserts or joins a waiting row in the caller's transaction. A worker
claims rows by a conditional update under a lease, carries them out and marks
them done; a crash leaves the row to be claimed again. Handlers must therefore
be idempotent and read the present state themselves: the row says only *what*
to bring up to date, never *to which* state.
"""

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet

from jiyue.core import clock
from jiyue.core.errors import ExternalFailure
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.core.registries import Registry
from jiyue.core.text import storable

logger = logging.getLogger(__name__)

LEASE_SECONDS = 120  # longer than the slowest batch of one topic
MAX_ATTEMPTS = 8  # with the delays below about half an hour
MAX_CLAIMS = 24  # a row claimed more often without any outcome kills its workers
RETRY_DELAYS_SECONDS = (1, 5, 15, 60, 120, 300, 600)
CANDIDATES = 200  # rows looked at in one claim
ENVIRONMENT_SECONDS = 10  # disk full, database or store away: tried again after this long, without end
ENVIRONMENT_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
)
QUIET_SECONDS = 3  # longer than one step of bulk work
CLOCK_TOLERANCE_SECONDS = 60  # rows from further ahead than this were made before the clock was set back

Handler = Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Topic:
    """How the rows of one topic are carried out.

    Attributes:
        handler: Called with the keys of the rows.
        batch_size: At most so many at once.
        is_mine: Whether this process may carry out the topic now; asked before each claim.
    """

    handler: Handler
    batch_size: int
    is_mine: Callable[[], bool] = lambda: True


TOPICS: Registry[Topic] = Registry("outbox topics")


def handles(
    topic: str, *, batch_size: int = 1, is_mine: Callable[[], bool] = lambda: True
) -> Callable[[Handler], Handler]:
    """Register a handler: called with the keys of up to `batch_size` rows.

    If a batch fails, its rows are retried one by one. A topic that only one
    process may carry out at a time says so by `is_mine`: the other workers leave
    its rows alone.
    """

    def register(handler: Handler) -> Handler:
        TOPICS.register(topic, Topic(handler, batch_size, is_mine))
        return handler

    return register


def request(
    topic: str,
    key: object,
    *,
    priority: OutboxPriority = OutboxPriority.URGENT,
    not_before: datetime | None = None,
) -> None:
    """Ask for a side effect, in the caller's transaction.

    A row already waiting for the same topic and key is joined, not doubled; it
    stays locked until the caller commits, so that no worker acts on the old
    state in between. The more urgent priority wins, and the earlier moment.

    Args:
        topic: What to do.
        key: With what.
        priority: The lane.
        not_before: When it is due at the earliest. It may come earlier all the same (the clock was
            set back meanwhile): a handler that minds looks at its own moment again.
    """
    now = clock.now()
    least = "LEAST" if connection.vendor == "postgresql" else "MIN"
    table = OutboxMessage._meta.db_table
    # The only values in the text are two names chosen above; the rest are parameters.
    sql = f"""
        INSERT INTO {table} (topic, key, priority, status, requests, attempts, available_at,
                             lease_owner, last_error, created_at)
        VALUES (%s, %s, %s, 'pending', 1, 0, %s, '', '', %s)
        ON CONFLICT (topic, key) WHERE status = 'pending' DO UPDATE
        SET requests = {table}.requests + 1, priority = {least}({table}.priority, excluded.priority),
            available_at = {least}({table}.available_at, excluded.available_at)
    """  # noqa: S608
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [topic, str(key), int(priority), adapt(not_before or now), adapt(now)])


def is_environmental(error: Exception) -> bool:
    """Whether the database, the disk or a store is the matter, not the work itself: it goes on by itself.

    Whoever carries out many things at once lets such an error end the whole
    batch; any other error is that of one thing.
    """
    if isinstance(error, OSError):
        return error.errno in ENVIRONMENT_ERRORS or isinstance(error, ConnectionError | TimeoutError)
    return isinstance(error, OperationalError | InterfaceError)


def worker_name() -> str:
    """Identify this process: host and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def release_dead_leases(*, idle_owner: str = "") -> int:
    """Give back rows whose worker is gone; return how many.

    A worker on this host is gone when its process is; any worker is gone when
    its lease ran out.

    Args:
        idle_owner: The calling worker, if it holds no row at this moment: rows
            under its name are left from an earlier life (a restarted container
            has the same host name and process number) or from a lost connection.
    """
    released = 0
    for message in OutboxMessage.objects.filter(status=OutboxStatus.RUNNING):
        if (
            _is_expired(message.lease_until)
            or message.lease_owner == idle_owner
            or _is_dead_here(message.lease_owner)
        ):
            released += _hand_back(message)
    return released


def _is_expired(lease_until: datetime | None) -> bool:
    """Whether a lease ran out, or was given before the clock was set back."""
    now = clock.now()
    return lease_until is None or not now <= lease_until <= now + timedelta(seconds=2 * LEASE_SECONDS)


def wake_after_clock_change() -> int:
    """Let rows go on that were made while the clock was ahead; return how many.

    After the clock was set back they would wait until the time they were made
    comes round again. Handlers that wait for a moment look at it themselves.
    """
    now = clock.now()
    ahead = OutboxMessage.objects.filter(
        status=OutboxStatus.PENDING, created_at__gt=now + timedelta(seconds=CLOCK_TOLERANCE_SECONDS)
    )
    return ahead.update(available_at=now, created_at=now)


def _is_dead_here(owner: str) -> bool:
    host, _, process = owner.rpartition(":")
    if host != socket.gethostname() or not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _hand_back(message: OutboxMessage) -> int:
    if message.attempts >= MAX_CLAIMS:
        return _held([message]).update(
            status=OutboxStatus.FAILED,
            lease_owner="",
            lease_until=None,
            finished_at=clock.now(),
            last_error="every worker that carried this out died",
        )
    return _let_wait(_held([message]), available_at=clock.now())


def _held(messages: Sequence[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """The rows as far as the worker that claimed them still holds them."""
    return OutboxMessage.objects.filter(
        pk__in=[message.pk for message in messages],
        status=OutboxStatus.RUNNING,
        lease_owner=messages[0].lease_owner,
    )


def _let_wait(row: QuerySet[OutboxMessage], **values: object) -> int:
    """Let one row wait again, or end it when a newer request for the same thing waits."""
    values |= {"lease_owner": "", "lease_until": None}
    try:
        with transaction.atomic():
            return row.update(status=OutboxStatus.PENDING, **values)
    except IntegrityError:  # outbox_one_pending_per_key
        joined = {"finished_at": clock.now(), "last_error": "joined by a newer request"}
        return row.update(status=OutboxStatus.DONE, **(values | joined))


def claim(owner: str, *, topics: Collection[str] = ()) -> list[OutboxMessage]:
    """Claim the next rows: all of one topic, at most its batch size.

    A row whose twin (same topic and key) is in progress waits until that is
    finished, so that an older state can never overwrite a newer one.

    Args:
        owner: Who claims; see `worker_name`.
        topics: Only these, for a process that helps with one sort of work; otherwise all.
    """
    now = clock.now()
    not_mine = [name for name, topic in TOPICS if not topic.is_mine()]
    due = OutboxMessage.objects.filter(status=OutboxStatus.PENDING, available_at__lte=now)
    candidates = list(
        (due.filter(topic__in=topics) if topics else due)
        .exclude(topic__in=not_mine)
        .order_by("priority", "id")
        .only("id", "topic", "key", "attempts", "priority")[:CANDIDATES]
    )
    if not candidates:
        return []
    running = set(OutboxMessage.objects.filter(status=OutboxStatus.RUNNING).values_list("topic", "key"))
    free = [message for message in candidates if (message.topic, message.key) not in running]
    if not free or (free[0].priority == OutboxPriority.BULK and _is_moment_near(now)):
        return []
    first = free[0]
    size = 1 if first.attempts else _batch_size(first.topic)
    wanted = [m.pk for m in free if m.topic == first.topic and not (m.attempts and m.pk != first.pk)][:size]
    OutboxMessage.objects.filter(pk__in=wanted, status=OutboxStatus.PENDING).update(
        status=OutboxStatus.RUNNING,
        lease_owner=owner,
        lease_until=now + timedelta(seconds=LEASE_SECONDS),
        attempts=F("attempts") + 1,
    )
    return list(OutboxMessage.objects.filter(pk__in=wanted, status=OutboxStatus.RUNNING, lease_owner=owner))


def _is_moment_near(now: datetime) -> bool:
    """Whether something urgent is due at a moment within seconds: bulk work begun now would make it late."""
    return OutboxMessage.objects.filter(
        status=OutboxStatus.PENDING,
        priority__lt=OutboxPriority.BULK,
        attempts=0,
        available_at__gt=now,
        available_at__lte=now + timedelta(seconds=QUIET_SECONDS),
    ).exists()


def _batch_size(topic: str) -> int:
    """Rows of an unknown topic go one by one: each fails visibly when it is carried out."""
    return next((entry.batch_size for name, entry in TOPICS if name == topic), 1)


def carry_out(messages: Sequence[OutboxMessage]) -> None:
    """Run the topic's handler over claimed rows and record the outcome.

    A failed row stays visible: it is retried with growing delays and ends as
    `failed` when the failure is permanent or the attempts are used up. Rows
    whose lease was given away meanwhile are left to their new holder.
    """
    topic = messages[0].topic
    started = time.monotonic()
    try:
        TOPICS.get(topic).handler([message.key for message in messages])
    except Exception as error:  # the edge of a batch: recorded on every row below
        logger.exception("outbox.failed", extra={"topic": topic, "ids": [m.pk for m in messages]})
        for message in messages:
            _record_failure(message, error)
        return
    _held(messages).update(
        status=OutboxStatus.DONE,
        lease_owner="",
        lease_until=None,
        finished_at=clock.now(),
        duration_ms=round((time.monotonic() - started) * 1000),
        last_error="",
    )


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    row, last_error = _held([message]), storable(f"{type(error).__name__}: {error}")[:2000]
    if is_environmental(error):
        later = clock.now() + timedelta(seconds=ENVIRONMENT_SECONDS)
        _let_wait(row, attempts=0, available_at=later, last_error=last_error)
        return
    is_permanent = isinstance(error, ExternalFailure) and error.permanent
    if is_permanent or message.attempts >= MAX_ATTEMPTS:
        row.update(
            status=OutboxStatus.FAILED,
            lease_owner="",
            lease_until=None,
            finished_at=clock.now(),
            last_error=last_error,
        )
        return
    delay = RETRY_DELAYS_SECONDS[min(message.attempts, len(RETRY_DELAYS_SECONDS)) - 1]
    _let_wait(row, available_at=clock.now() + timedelta(seconds=delay), last_error=last_error)


def drain(owner: str | None = None) -> int:
    """Carry out everything that is due now; return the number of rows."""
    owner = owner or worker_name()
    count = 0
    while messages := claim(owner):
        carry_out(messages)
        count += len(messages)
    return count


def retry_failed(ids: Sequence[int]) -> int:
    """Put failed rows back into the queue; return how many.

    A row whose twin waits already is ended instead: the twin does its work.
    """
    now = clock.now()
    return sum(
        _let_wait(
            OutboxMessage.objects.filter(pk=pk, status=OutboxStatus.FAILED),
            attempts=0,
            available_at=now,
            finished_at=None,
        )
        for pk in ids
    )

"""Citizens' input: stored sealed by the front, opened and handled by the worker.

A room registers what it does with a topic; the handler runs in one transaction
with its own rows, keyed by the submission's id, so that handling twice (after a
crash between its commit and ours) is harmless. Workers side by side take each
submission by a conditional update under a lease, as in the outbox.
"""

import json
import logging
import secrets
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from jiyue.core import clock, crypto
from jiyue.core.models import InboxSubmission
from jiyue.core.registries import Registry
from jiyue.core.text import storable

logger = logging.getLogger(__name__)

KEY_NAME = "inbox"
INTAKE_BATCH = 200  # submissions handled in one round of the worker
LEASE_SECONDS = 120  # far longer than handling one submission takes
MAX_ATTEMPTS = 8  # with the delays below about one and a half hours
RETRY_DELAYS_SECONDS = (2, 15, 60, 300, 900, 1800)
_HOPELESS = (crypto.UnreadableCiphertext, json.JSONDecodeError)
_OUTSIDE = (OperationalError, InterfaceError, OSError)  # not the submission's fault: tried without end
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I, O
_CODE_LENGTH = 10


@dataclass(frozen=True)
class Submission:
    """An opened submission, as handed to a room."""

    id: uuid.UUID
    site_key: str
    received_at: datetime
    code_hash: str
    fields: dict[str, Any]


HANDLERS: Registry[Callable[[Submission], None]] = Registry("inbox topics")


def store(*, submission_id: uuid.UUID, topic: str, site_key: str, fields: dict[str, str]) -> str | None:
    """Seal and store one submission; return its query code, or None if it was stored already.

    Called in the public process. The code is shown once; only its SM3 digest is kept.
    """
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    sealed = crypto.load_public_key(KEY_NAME).seal(json.dumps(fields, ensure_ascii=False).encode())
    try:
        with transaction.atomic():
            InboxSubmission.objects.create(
                id=submission_id,
                topic=topic,
                site_key=site_key,
                sealed=sealed,
                code_hash=crypto.sm3_hex(code.encode()),
                received_at=clock.now(),
            )
    except IntegrityError:
        return None
    return code


def process() -> int:
    """Hand due submissions to their rooms; return how many were handled.

    A submission that can't be handled is kept with the reason and tried again
    with growing delays; it doesn't hold up the others. One that can't be opened,
    or fails `MAX_ATTEMPTS` times for a reason of its own, is left for a person
    (`list_failed`, `retry_failed`).
    """
    now = clock.now()
    due = InboxSubmission.objects.filter(
        Q(available_at=None) | Q(available_at__lte=now), processed_at=None
    ).order_by("received_at")[:INTAKE_BATCH]
    return sum(_handle(row) for row in due if _claim(row))


def list_failed() -> QuerySet[InboxSubmission]:
    """Submissions that wait for a person, oldest first."""
    return (
        InboxSubmission.objects.filter(processed_at__isnull=False).exclude(failure="").order_by("received_at")
    )


def retry_failed(ids: Sequence[uuid.UUID]) -> int:
    """Have failed submissions handled again; return how many."""
    return list_failed().filter(pk__in=ids).update(processed_at=None, attempts=0, available_at=None)


def _claim(row: InboxSubmission) -> bool:
    """Take a submission unless another worker did so since it was read."""
    unchanged = InboxSubmission.objects.filter(
        pk=row.pk, processed_at=None, available_at=row.available_at, attempts=row.attempts
    )
    row.attempts += 1
    lease_until = clock.now() + timedelta(seconds=LEASE_SECONDS)
    return bool(unchanged.update(attempts=F("attempts") + 1, available_at=lease_until))


def _handle(row: InboxSubmission) -> bool:
    try:
        submission = _open(row)
        with _on_disk_at_commit(), transaction.atomic():
            HANDLERS.get(row.topic)(submission)
    except Exception as error:  # the edge of a batch: kept on the row
        logger.exception("inbox.failed", extra={"id": str(row.pk), "topic": row.topic})
        _record_failure(row, error)
        return False
    InboxSubmission.objects.filter(pk=row.pk).update(processed_at=clock.now(), failure="", available_at=None)
    return True


@contextmanager
def _on_disk_at_commit() -> Iterator[None]:
    """Make SQLite's commits wait for the disk.

    There the inbox is another file, which always waits: after a power failure it
    must not say "handled" about rows that the main file has lost.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")


def _open(row: InboxSubmission) -> Submission:
    fields = json.loads(crypto.load_key_pair(KEY_NAME).open(bytes(row.sealed)))
    return Submission(row.pk, row.site_key, row.received_at, row.code_hash, fields)


def _record_failure(row: InboxSubmission, error: Exception) -> None:
    is_worn_out = row.attempts >= MAX_ATTEMPTS and not isinstance(error, _OUTSIDE)
    is_final = is_worn_out or isinstance(error, _HOPELESS)
    now = clock.now()
    delay = RETRY_DELAYS_SECONDS[min(row.attempts, len(RETRY_DELAYS_SECONDS)) - 1]
    InboxSubmission.objects.filter(pk=row.pk).update(
        failure=storable(f"{type(error).__name__}: {error}")[:2000],
        processed_at=now if is_final else None,
        available_at=None if is_final else now + timedelta(seconds=delay),
    )

"""Telling a person something inside the platform."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from jiyue.core import clock
from jiyue.organizations.models import StaffNotice

NOTICE_BATCH = 2_000  # rows of one INSERT


def notify(
    *, person_ids: Iterable[int], topic: str, title: str, key: str, body: str = "", path: str = ""
) -> int:
    """Leave the same message for several people; a person gets each `key` once.

    Args:
        person_ids: Who is told.
        topic: Stable name of the sort of message.
        title: One line, without personal data of others.
        key: Stands for this very message, e.g. `obligation:7:lead-3`.
        body: More, in plain text.
        path: Address inside the back office where something can be done.

    Returns:
        How many rows were asked for.
    """
    now = clock.now()
    rows = [
        StaffNotice(
            person_id=person_id, topic=topic, title=title[:300], body=body, path=path, key=key, created_at=now
        )
        for person_id in dict.fromkeys(person_ids)
    ]
    StaffNotice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@dataclass(frozen=True)
class Message:
    """One message to several people, for telling many at once."""

    person_ids: frozenset[int]
    title: str
    key: str
    body: str = ""
    path: str = ""


def notify_many(*, topic: str, messages: Iterable[Message]) -> int:
    """Leave many messages in one go; a person gets each `key` once.

    Args:
        topic: Stable name of the sort of message.
        messages: What to say to whom.

    Returns:
        How many rows were asked for.
    """
    now = clock.now()
    rows = [
        StaffNotice(
            person_id=person_id,
            topic=topic,
            title=message.title[:300],
            body=message.body,
            path=message.path,
            key=message.key,
            created_at=now,
        )
        for message in messages
        for person_id in sorted(message.person_ids)
    ]
    StaffNotice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=NOTICE_BATCH)
    return len(rows)


@transaction.atomic
def mark_notices_read(*, person_id: int, notice_ids: Collection[int] | None = None) -> int:
    """Mark a person's own messages as read: the named ones, or all; return how many were unread."""
    unread = StaffNotice.objects.filter(person_id=person_id, read_at=None)
    if notice_ids is not None:
        unread = unread.filter(pk__in=notice_ids)
    return unread.update(read_at=clock.now())

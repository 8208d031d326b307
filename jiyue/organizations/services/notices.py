"""Telling a person something inside the platform."""

from collections.abc import Iterable

from jiyue.core import clock
from jiyue.organizations.models import StaffNotice


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

"""Citizens' input: stored sealed by the front, opened and handled by the worker.

A room registers what it does with a topic; the handler runs in one transaction
with its own rows, keyed by the submission's id, so that handling twice is
harmless.
"""

import json
import logging
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from jiyue.core import clock, crypto
from jiyue.core.models import InboxSubmission
from jiyue.core.registries import Registry

logger = logging.getLogger(__name__)

KEY_NAME = "inbox"
INTAKE_BATCH = 200  # submissions handled in one round of the worker
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
    """Hand waiting submissions to their rooms; return how many were handled.

    A submission that can't be opened or handled is kept, marked with the reason
    and doesn't hold up the others.
    """
    waiting = InboxSubmission.objects.filter(processed_at=None).order_by("received_at")[:INTAKE_BATCH]
    handled = 0
    for row in waiting:
        row.failure = ""
        try:
            _handle(row)
            handled += 1
        except Exception as error:  # the edge of a batch: kept on the row
            logger.exception("inbox.failed", extra={"id": str(row.pk), "topic": row.topic})
            row.failure = f"{type(error).__name__}: {error}"[:2000]
        row.processed_at = clock.now()
        row.save(update_fields=["processed_at", "failure"])
    return handled


def _handle(row: InboxSubmission) -> None:
    fields = json.loads(crypto.load_key_pair(KEY_NAME).open(bytes(row.sealed)))
    submission = Submission(row.pk, row.site_key, row.received_at, row.code_hash, fields)
    with transaction.atomic():
        HANDLERS.get(row.topic)(submission)

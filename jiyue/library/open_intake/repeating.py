"""A call that is sent again after a lost answer does nothing twice."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.library.open_intake.models import IntakeCall, IntakeClient

MAX_KEY_CHARS = 100
Answer = tuple[int, dict[str, Any]]


class KeyReused(DomainError):
    """The idempotency key belongs to another call."""

    code = "key_reused"


def answer_once(*, client: IntakeClient, key: str, digest: str, work: Callable[[], Answer]) -> Answer:
    """Do the work of a call once for each key; the same call gets the same answer.

    Args:
        client: Who calls.
        key: Idempotency key; empty for none, then the work is simply done.
        digest: Digest of address and body.
        work: Does it and returns status and answer.

    Raises:
        KeyReused: Another call came with this key before.

    Source: product decision for LIB-14.
    """
    if not key:
        return work()
    if len(key) > MAX_KEY_CHARS:
        raise KeyReused(_("The idempotency key is too long."), fix=_("Use at most 100 characters."))
    try:
        with transaction.atomic():
            earlier = IntakeCall.objects.filter(client=client, key=key).first()
            if earlier is not None:
                return _again(earlier, digest)
            status, answer = work()
            IntakeCall.objects.create(
                client=client, key=key, digest=digest, status=status, answer=answer, called_at=clock.now()
            )
            return status, answer
    except IntegrityError:  # the same call, sent twice at once: the other one did the work, ours is undone
        earlier = IntakeCall.objects.filter(client=client, key=key).first()
        if earlier is None:
            raise
        return _again(earlier, digest)


def _again(earlier: IntakeCall, digest: str) -> Answer:
    if earlier.digest != digest:
        raise KeyReused(
            _("This idempotency key was used for another call."), fix=_("Use a new key for each call.")
        )
    return earlier.status, earlier.answer

"""Writing entries in the writer's transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from jiyue.core import clock, crypto
from jiyue.core.models import AuditEntry, AuditText
from jiyue.core.text import storable


@dataclass(frozen=True)
class AuditActor:
    """Who acts, as the trail records it; `None` ids mean the platform itself."""

    account_id: int | None = None
    person_id: int | None = None
    person_name: str = ""
    unit_id: int | None = None
    unit_name: str = ""
    source_address: str = ""


PLATFORM = AuditActor()
_address: ContextVar[str] = ContextVar("address of the person who acts", default="")


@contextmanager
def acting_from(address: str) -> Iterator[None]:
    """Say where the person sits whose acts are recorded in this block.

    Services know who acts, the request knows from where; so no service has to
    pass an address on (SEC-11).

    Args:
        address: IP address; longer text is cut.
    """
    token = _address.set(address[:45])
    try:
        yield
    finally:
        _address.reset(token)


def _source_address_of(actor: AuditActor) -> str:
    """The actor's address; acts of the platform itself come from nowhere."""
    return actor.source_address or (_address.get() if actor.account_id is not None else "")


@dataclass(frozen=True)
class Fact:
    """What an entry is about: one thing, and JSON values worth keeping."""

    subject_type: str
    subject_id: object
    values: dict[str, object]


_Waiting = tuple[AuditEntry, str]
_gathered: ContextVar[list[_Waiting] | None] = ContextVar("entries of the present act", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Write the entries of the block together at its end: one act has several, in two statements.

    For a block inside one transaction; where it fails, nothing of it is written.
    """
    outer = _gathered.get()
    gathered: list[_Waiting] = []
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    if outer is None:
        _write(gathered)
    else:
        outer += gathered


def record(
    *, actor: AuditActor, verb: str, subject_type: str, subject_id: object, **facts: object
) -> AuditEntry:
    """Write one entry in the caller's transaction; in a block of `gathering` it has no number yet.

    Args:
        actor: Who did it.
        verb: What was done, e.g. `case.approved`.
        subject_type: Kind of thing, e.g. `resource`.
        subject_id: Its identifier.
        **facts: JSON values worth keeping: opinion, before, after, digests.
    """
    return record_many(actor=actor, verb=verb, facts=[Fact(subject_type, subject_id, facts)])[0]


def record_many(*, actor: AuditActor, verb: str, facts: Sequence[Fact]) -> list[AuditEntry]:
    """Write one entry per fact in the caller's transaction: the same act on many things."""
    now = clock.now()
    who = {"person": actor.person_name, "unit": actor.unit_name}
    texts = [storable(crypto.canonical_text({**who, "facts": fact.values})) for fact in facts]
    entries = [
        AuditEntry(
            occurred_at=now,
            account_id=actor.account_id,
            person_id=actor.person_id,
            unit_id=actor.unit_id,
            verb=verb,
            subject_type=fact.subject_type,
            subject_id=str(fact.subject_id),
            source_address=_source_address_of(actor),
            text_digest=crypto.sm3_hex(text.encode()),
        )
        for fact, text in zip(facts, texts, strict=True)
    ]
    waiting = list(zip(entries, texts, strict=True))
    gathered = _gathered.get()
    if gathered is None:
        _write(waiting)
    else:
        gathered += waiting
    return entries


def _write(waiting: Sequence[_Waiting]) -> None:
    entries = AuditEntry.objects.bulk_create(entry for entry, _text in waiting)
    AuditText.objects.bulk_create(
        AuditText(entry=entry, body=text) for entry, (_entry, text) in zip(entries, waiting, strict=True)
    )

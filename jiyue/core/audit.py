"""The audit trail: entries in the writer's transaction, one sealer behind them.

Writers insert unsealed entries and never wait for each other. The sealer gives
each entry a position, chains it to its predecessor by SM3 and signs the end of
every batch; the signed ends are also appended to a file outside the database,
so that cutting off the newest entries is noticed too.

Source: GL 七(一)4, NT 14 (REV-03, SEC-11).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, AuditSeal, AuditText
from jiyue.core.text import storable

KEY_NAME = "audit"
STRAGGLER_WINDOW = 10_000  # entries; far more than can be uncommitted at once
SEAL_BATCH = 2_000  # entries; keeps one sealing transaction well below a second
ERASED = "audit.text_erased"  # verb of the entry that every tombstone needs
_GENESIS = "0" * 64
_SEAL_LOCK = 0x6A_69_79_75_65  # PostgreSQL advisory lock: one sealer at a time
_SEALED_FIELDS = (
    "id",
    "occurred_at",
    "account_id",
    "person_id",
    "unit_id",
    "verb",
    "subject_type",
    "subject_id",
    "source_address",
    "text_digest",
)
_SealedValues = tuple[object, ...]


class ErasureRefused(DomainError):
    """A text of the trail can't be erased as asked."""

    code = "erasure_refused"


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


def record(
    *, actor: AuditActor, verb: str, subject_type: str, subject_id: object, **facts: object
) -> AuditEntry:
    """Write one entry in the caller's transaction.

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
    entries = AuditEntry.objects.bulk_create(
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
    )
    AuditText.objects.bulk_create(
        AuditText(entry=entry, body=text) for entry, text in zip(entries, texts, strict=True)
    )
    return entries


@transaction.atomic
def erase_text(*, entry_id: int, reason: str, actor: AuditActor) -> AuditEntry:
    """Erase what an entry says, where the law demands it; who did what and when stays.

    Args:
        entry_id: The entry whose text goes.
        reason: Why, with the legal basis; kept in the trail.
        actor: Who erases.

    Returns:
        The entry that records the erasure; without it `verify` reports the tombstone.

    Raises:
        ErasureRefused: No reason, no such text, or erased before.

    Source: 《个人信息保护法》第四十七条 (erasure); GL 七(一)4 (the trail stays).
    """
    if not reason.strip():
        raise ErasureRefused(
            _("The reason for the erasure is missing."), fix=_("Name the legal basis."), field="reason"
        )
    erased = AuditText.objects.filter(pk=entry_id, erased_at=None).update(body="", erased_at=clock.now())
    if not erased:
        raise ErasureRefused(
            _("There is no text to erase in this entry."), fix=_("Check the number of the entry.")
        )
    return record(
        actor=actor, verb=ERASED, subject_type="audit_entry", subject_id=entry_id, reason=reason.strip()
    )


def _seal_digest(previous: str, values: _SealedValues) -> str:
    """SM3 over the previous seal and an entry's `_SEALED_FIELDS`."""
    number, occurred_at, *others = values
    assert isinstance(occurred_at, datetime)  # noqa: S101  # for the type checker
    return crypto.sm3_hex(crypto.canonical_json([previous, number, occurred_at.timestamp(), *others]))


def list_unsealed(*, everywhere: bool = False) -> QuerySet[AuditEntry]:
    """Entries without a seal, oldest first.

    Args:
        everywhere: Look through the whole table; otherwise only at the newest
            `STRAGGLER_WINDOW` numbers, which is where concurrent writers commit.
    """
    has_seal = Exists(AuditSeal.objects.filter(entry_id=OuterRef("pk")))
    entries = AuditEntry.objects.filter(~has_seal).order_by("pk")
    if everywhere:
        return entries
    return entries.filter(pk__gt=_window_start())


def _window_start() -> int:
    newest = AuditSeal.objects.order_by("-position").values_list("entry_id", flat=True).first() or 0
    return newest - STRAGGLER_WINDOW


def _is_anything_new(*, everywhere: bool) -> bool:
    """Tell cheaply whether sealing is worth its transaction: an idle worker asks twice a second."""
    if everywhere:
        return list_unsealed(everywhere=True).exists()
    start = _window_start()
    entries = AuditEntry.objects.filter(pk__gt=start).count()
    return entries != AuditSeal.objects.filter(entry_id__gt=start).count()


def seal_entries(*, everywhere: bool = False) -> int:
    """Chain and sign the entries written since the last call; return how many.

    Workers call this. Of several at a time one seals and the others return 0;
    the primary key on `position` would refuse a fork of the chain anyway. The
    signed head goes to its file after the commit: a head without its seals
    would look like a cut-off trail, a missing head is made good by the next.

    Args:
        everywhere: As for `list_unsealed`; the worker asks for it when it starts.
    """
    if not _is_anything_new(everywhere=everywhere):
        return 0  # without taking SQLite's write lock
    with transaction.atomic():
        if not _is_only_sealer():
            return 0
        waiting = list(list_unsealed(everywhere=everywhere).values_list(*_SEALED_FIELDS)[:SEAL_BATCH])
        if not waiting:
            return 0
        last = AuditSeal.objects.order_by("-position").first()
        sealed, digest = (last.position, last.digest) if last else (0, _GENESIS)
        now = clock.now()
        seals = []
        for position, values in enumerate(waiting, start=sealed + 1):
            digest = _seal_digest(digest, values)
            seals.append(AuditSeal(position=position, entry_id=values[0], digest=digest, sealed_at=now))
        seals[-1].signature = crypto.load_key_pair(KEY_NAME).sign(digest.encode()).hex()
        AuditSeal.objects.bulk_create(seals)
    _append_head(seals[-1])
    return len(waiting)


def _is_only_sealer() -> bool:
    """Lock out other sealers until the transaction ends; SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEAL_LOCK])
        return bool(cursor.fetchone()[0])


def _append_head(seal: AuditSeal) -> None:
    path = Path(settings.JIYUE_AUDIT_HEADS)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"position": seal.position, "digest": seal.digest, "signature": seal.signature}
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(line) + "\n")  # the first break ends a line torn by a crash


@dataclass(frozen=True)
class AuditBreach:
    """One place where the trail doesn't hold."""

    position: int
    entry_id: int | None
    reason: str  # changed, removed, text_changed, erasure_unrecorded, bad_signature, cut_off, gap


@dataclass(frozen=True)
class AuditReport:
    """Result of `verify`."""

    sealed: int
    unsealed: int
    breaches: tuple[AuditBreach, ...]

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON output."""
        return asdict(self)


def verify() -> AuditReport:
    """Recompute the whole chain and report every breach.

    A changed or removed entry, a changed text, a removed seal, a false
    signature and a cut-off end are all found. An erased text is a breach unless
    the trail says who erased it (`erase_text`). Memory stays flat.
    """
    breaches = [*_walk_chain(), *_check_heads()]
    return AuditReport(
        sealed=AuditSeal.objects.count(),
        unsealed=list_unsealed(everywhere=True).count(),
        breaches=tuple(breaches),
    )


def _walk_chain() -> Iterator[AuditBreach]:
    public = crypto.load_public_key(KEY_NAME)
    previous, expected, entry_id, signature = _GENESIS, 1, None, "none needed"
    for seals in _seal_batches():
        entries = _sealed_values([seal[1] for seal in seals])
        for position, entry_id, digest, signature in seals:
            if position != expected:
                yield AuditBreach(expected, None, "gap")
            expected = position + 1
            reason = _breach_of(entry_id, digest, entries.get(entry_id), previous)
            if reason:
                yield AuditBreach(position, entry_id, reason)
            if signature and not _is_signed(public, digest, signature):
                yield AuditBreach(position, entry_id, "bad_signature")
            previous = digest
    if not signature:  # every sealing ends with a signed seal
        yield AuditBreach(expected - 1, entry_id, "bad_signature")


def _seal_batches() -> Iterator[list[tuple[int, int, str, str]]]:
    position = 0
    fields = ("position", "entry_id", "digest", "signature")
    while seals := list(
        AuditSeal.objects.filter(position__gt=position).order_by("position").values_list(*fields)[:SEAL_BATCH]
    ):
        yield seals
        position = seals[-1][0]


def _sealed_values(entry_ids: Sequence[int]) -> dict[int, _SealedValues]:
    """Entries by number: their `_SEALED_FIELDS`, then body and moment of erasure of the text."""
    rows = AuditEntry.objects.filter(pk__in=entry_ids).values_list(
        *_SEALED_FIELDS, "text__body", "text__erased_at"
    )
    return {row[0]: row for row in rows}


def _is_signed(public: crypto.PublicKey, digest: str, signature: str) -> bool:
    try:
        return public.is_signature_of(digest.encode(), bytes.fromhex(signature))
    except ValueError:  # not hexadecimal
        return False


def _breach_of(entry_id: int, digest: str, values: _SealedValues | None, previous: str) -> str:
    if values is None:
        return "removed"
    *sealed, body, erased_at = values
    if _seal_digest(previous, tuple(sealed)) != digest:
        return "changed"
    if erased_at is not None:
        return "" if body == "" and _is_erasure_recorded(entry_id) else "erasure_unrecorded"
    if not isinstance(body, str) or crypto.sm3_hex(body.encode()) != sealed[-1]:
        return "text_changed"
    return ""


def _is_erasure_recorded(entry_id: int) -> bool:
    return AuditEntry.objects.filter(
        verb=ERASED, subject_type="audit_entry", subject_id=str(entry_id), pk__gt=entry_id
    ).exists()


def _check_heads() -> Iterator[AuditBreach]:
    """Compare every signed head in the file with the seal at its position.

    A line that can't be read is a breach only at the end: a later head vouches
    for everything before it, and a crash may tear a line.
    """
    path = Path(settings.JIYUE_AUDIT_HEADS)
    is_vouched = not AuditSeal.objects.exists()
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            for heads in _head_batches(file):
                readable = [head for head in heads if head is not None]
                positions = [position for position, _digest in readable]
                known = dict(
                    AuditSeal.objects.filter(position__in=positions).values_list("position", "digest")
                )
                for position, digest in readable:
                    if known.get(position) != digest:
                        yield AuditBreach(position, None, "cut_off")
                is_vouched = heads[-1] is not None
    if not is_vouched:
        yield AuditBreach(0, None, "cut_off")


def _head_batches(file: TextIO) -> Iterator[list[tuple[int, str] | None]]:
    lines = (line for line in file if line.strip())
    while batch := list(islice(lines, SEAL_BATCH)):
        yield [_read_head(line) for line in batch]


def _read_head(line: str) -> tuple[int, str] | None:
    try:
        head = json.loads(line)
        return int(head["position"]), str(head["digest"])
    except (ValueError, KeyError, TypeError):
        return None

"""The audit trail: entries in the writer's transaction, one sealer behind them.

Writers insert unsealed entries and never wait for each other. The sealer gives
each entry a position, chains it to its predecessor by SM3 and signs the end of
every batch; the signed ends are also appended to a file outside the database,
so that cutting off the newest entries is noticed too.

Source: GL 七(一)4, NT 14 (REV-03, SEC-11).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from jiyue.core import clock, crypto
from jiyue.core.models import AuditEntry, AuditSeal, AuditText

KEY_NAME = "audit"
STRAGGLER_WINDOW = 10_000  # entries; far more than can be uncommitted at once
SEAL_BATCH = 2_000  # entries; keeps one sealing transaction well below a second
_GENESIS = "0" * 64


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
    bodies = [
        crypto.canonical_json({"person": actor.person_name, "unit": actor.unit_name, "facts": fact.values})
        for fact in facts
    ]
    entries = AuditEntry.objects.bulk_create(
        AuditEntry(
            occurred_at=now,
            account_id=actor.account_id,
            person_id=actor.person_id,
            unit_id=actor.unit_id,
            verb=verb,
            subject_type=fact.subject_type,
            subject_id=str(fact.subject_id),
            source_address=actor.source_address,
            text_digest=crypto.sm3_hex(body),
        )
        for fact, body in zip(facts, bodies, strict=True)
    )
    AuditText.objects.bulk_create(
        AuditText(entry=entry, body=body.decode()) for entry, body in zip(entries, bodies, strict=True)
    )
    return entries


def _entry_digest(previous: str, entry: AuditEntry) -> str:
    return crypto.sm3_hex(
        crypto.canonical_json(
            [
                previous,
                entry.pk,
                entry.occurred_at.timestamp(),
                entry.account_id,
                entry.person_id,
                entry.unit_id,
                entry.verb,
                entry.subject_type,
                entry.subject_id,
                entry.source_address,
                entry.text_digest,
            ]
        )
    )


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
    newest = AuditSeal.objects.order_by("-position").values_list("entry_id", flat=True).first() or 0
    return entries.filter(pk__gt=newest - STRAGGLER_WINDOW)


def seal_entries(*, everywhere: bool = False) -> int:
    """Chain and sign the entries written since the last call; return how many.

    Only the worker calls this; the primary key on `position` makes a second
    sealer fail instead of forking the chain.

    Args:
        everywhere: As for `list_unsealed`; the worker asks for it when it starts.
    """
    with transaction.atomic():
        waiting = list(list_unsealed(everywhere=everywhere)[:SEAL_BATCH])
        if not waiting:
            return 0
        last = AuditSeal.objects.order_by("-position").first()
        position, digest = (last.position, last.digest) if last else (0, _GENESIS)
        now = clock.now()
        seals = []
        for entry in waiting:
            position += 1
            digest = _entry_digest(digest, entry)
            seals.append(AuditSeal(position=position, entry_id=entry.pk, digest=digest, sealed_at=now))
        seals[-1].signature = crypto.load_key_pair(KEY_NAME).sign(digest.encode()).hex()
        AuditSeal.objects.bulk_create(seals)
        _append_head(seals[-1])
    return len(waiting)


def _append_head(seal: AuditSeal) -> None:
    path = Path(settings.JIYUE_AUDIT_HEADS)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"position": seal.position, "digest": seal.digest, "signature": seal.signature}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@dataclass(frozen=True)
class AuditBreach:
    """One place where the trail doesn't hold."""

    position: int
    entry_id: int | None
    reason: str  # "changed", "removed", "text_changed", "bad_signature", "cut_off", "gap"


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
    signature and a cut-off end are all found; an erased text (tombstone) is not
    a breach.
    """
    breaches = list(_walk_chain())
    sealed = AuditSeal.objects.count()
    breaches.extend(_check_heads())
    unsealed = list_unsealed(everywhere=True).count()
    return AuditReport(sealed=sealed, unsealed=unsealed, breaches=tuple(breaches))


def _walk_chain() -> Iterator[AuditBreach]:
    public = crypto.load_public_key(KEY_NAME)
    previous, expected = _GENESIS, 1
    for seals in _seal_batches():
        entries = AuditEntry.objects.select_related("text").in_bulk([seal.entry_id for seal in seals])
        for seal in seals:
            if seal.position != expected:
                yield AuditBreach(expected, None, "gap")
            expected = seal.position + 1
            reason = _breach_of(seal, entries.get(seal.entry_id), previous)
            if reason:
                yield AuditBreach(seal.position, seal.entry_id, reason)
            if seal.signature and not public.is_signature_of(
                seal.digest.encode(), bytes.fromhex(seal.signature)
            ):
                yield AuditBreach(seal.position, seal.entry_id, "bad_signature")
            previous = seal.digest


def _seal_batches() -> Iterator[list[AuditSeal]]:
    position = 0
    while seals := list(AuditSeal.objects.filter(position__gt=position).order_by("position")[:SEAL_BATCH]):
        yield seals
        position = seals[-1].position


def _breach_of(seal: AuditSeal, entry: AuditEntry | None, previous: str) -> str:
    if entry is None:
        return "removed"
    if _entry_digest(previous, entry) != seal.digest:
        return "changed"
    text = getattr(entry, "text", None)
    if text is None:
        return "text_changed"
    if text.erased_at is None and crypto.sm3_hex(text.body.encode()) != entry.text_digest:
        return "text_changed"
    return ""


def _check_heads() -> Iterator[AuditBreach]:
    path = Path(settings.JIYUE_AUDIT_HEADS)
    if not path.exists():
        if AuditSeal.objects.exists():
            yield AuditBreach(0, None, "cut_off")
        return
    heads = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    known = dict(
        AuditSeal.objects.filter(position__in=[head["position"] for head in heads[-200:]]).values_list(
            "position", "digest"
        )
    )
    for head in heads[-200:]:
        if known.get(head["position"]) != head["digest"]:
            yield AuditBreach(head["position"], None, "cut_off")

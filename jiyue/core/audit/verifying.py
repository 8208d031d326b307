"""Recomputing the chain: whatever was changed, removed or cut off is found."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection

from jiyue.core import crypto
from jiyue.core.audit.erasing import is_erasure_recorded
from jiyue.core.audit.sealing import (
    GENESIS,
    KEY_NAME,
    SEAL_BATCH,
    SEALED_FIELDS,
    list_unsealed,
    seal_digest,
)
from jiyue.core.models import AuditEntry, AuditSeal, AuditText


@dataclass(frozen=True)
class AuditBreach:
    """One place where the trail doesn't hold."""

    position: int
    entry_id: int | None
    reason: str  # a key of BREACHES in the wording of the back office


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
    signature, a cut-off end and a dropped or switched-off trigger are all found.
    An erased text is a breach unless two persons erased it (`erase_text`).
    Memory stays flat.
    """
    breaches = [*_walk_chain(), *_check_heads(), *_check_guards()]
    return AuditReport(
        sealed=AuditSeal.objects.count(),
        unsealed=list_unsealed(everywhere=True).count(),
        breaches=tuple(breaches),
    )


def _walk_chain() -> Iterator[AuditBreach]:
    public = crypto.load_public_key(KEY_NAME)
    previous, expected, entry_id, signature = GENESIS, 1, None, "none needed"
    for position, entry_id, digest, signature, *values in _sealed_rows():
        if position != expected:
            yield AuditBreach(expected, None, "gap")
        expected = position + 1
        reason = _breach_of(entry_id, digest, values, previous)
        if reason:
            yield AuditBreach(position, entry_id, reason)
        if signature and not _is_signed(public, digest, signature):
            yield AuditBreach(position, entry_id, "bad_signature")
        previous = digest
    if not signature:  # every sealing ends with a signed seal
        yield AuditBreach(expected - 1, entry_id, "bad_signature")


def _sealed_rows() -> Iterator[tuple[Any, ...]]:
    """Every seal with its entry's `SEALED_FIELDS`, the text's body and its moment of erasure, in order.

    Plain SQL: the whole trail passes here, and making objects of it would take most of the time.
    """
    seal, entry, text = (model._meta.db_table for model in (AuditSeal, AuditEntry, AuditText))
    fields = ", ".join(f"e.{name}" for name in SEALED_FIELDS)
    query = (
        f"SELECT s.position, s.entry_id, s.digest, s.signature, {fields}, t.body, t.erased_at "  # noqa: S608  # names of our own tables
        f"FROM {seal} s LEFT JOIN {entry} e ON e.id = s.entry_id LEFT JOIN {text} t ON t.entry_id = e.id "
        "WHERE s.position > %s ORDER BY s.position LIMIT %s"
    )
    position = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [position, SEAL_BATCH])
            rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        position = rows[-1][0]


def _is_signed(public: crypto.PublicKey, digest: str, signature: str) -> bool:
    try:
        return public.is_signature_of(digest.encode(), bytes.fromhex(signature))
    except ValueError:  # not hexadecimal
        return False


def _breach_of(entry_id: int, digest: str, values: list[Any], previous: str) -> str:
    number, occurred_at, *others, body, erased_at = values
    if number is None:
        return "removed"
    if occurred_at.tzinfo is None:  # as SQLite stores it
        occurred_at = occurred_at.replace(tzinfo=UTC)
    if seal_digest(previous, (number, occurred_at, *others)) != digest:
        return "changed"
    if erased_at is not None:
        return "" if body == "" and is_erasure_recorded(entry_id) else "erasure_unrecorded"
    if not isinstance(body, str) or crypto.sm3_hex(body.encode()) != others[-1]:
        return "text_changed"
    return ""


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


def _check_guards() -> Iterator[AuditBreach]:
    """The triggers that refuse a change or a deletion must stand, also for the database's administrator.

    Source: GL 七(二)1 (SEC-17: deletion is impossible, not only forbidden).
    """
    wanted = {
        f"{model._meta.db_table}_append_only_{verb}"
        for model, verbs in (
            (AuditEntry, ("update", "delete")),
            (AuditSeal, ("update", "delete")),
            (AuditText, ("delete",)),
        )
        for verb in verbs
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        standing = {name for (name,) in cursor.fetchall()}
    if wanted - standing:
        yield AuditBreach(0, None, "guard_missing")

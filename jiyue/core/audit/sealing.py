"""The sealer: gives entries their place in the chain and signs it."""

import json
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from jiyue.core import clock, crypto
from jiyue.core.models import AuditEntry, AuditSeal

KEY_NAME = "audit"
STRAGGLER_WINDOW = 10_000  # entries; far more than can be uncommitted at once
SEAL_BATCH = 2_000  # entries; keeps one sealing transaction well below a second
GENESIS = "0" * 64
_SEAL_LOCK = 0x6A_69_79_75_65  # PostgreSQL advisory lock: one sealer at a time
SEALED_FIELDS = (
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
SealedValues = tuple[object, ...]


def seal_digest(previous: str, values: SealedValues) -> str:
    """SM3 over the previous seal and an entry's `SEALED_FIELDS`."""
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
        waiting = list(list_unsealed(everywhere=everywhere).values_list(*SEALED_FIELDS)[:SEAL_BATCH])
        if not waiting:
            return 0
        last = AuditSeal.objects.order_by("-position").first()
        sealed, digest = (last.position, last.digest) if last else (0, GENESIS)
        now = clock.now()
        seals = []
        for position, values in enumerate(waiting, start=sealed + 1):
            digest = seal_digest(digest, values)
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

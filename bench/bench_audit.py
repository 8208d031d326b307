"""Verifying the audit trail: the whole chain, beside a loop over model objects.

The peer checks the same thing the plain way: every seal's entry and text are
fetched as objects, the chain digest and the digest of the text recomputed.
"""

import shutil
from statistics import median

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("audit")

from bench.harness import Figure, Scale, alternate, cost_of, higher  # noqa: E402
from jiyue.core import audit, crypto  # noqa: E402
from jiyue.core.audit.sealing import GENESIS, SEALED_FIELDS, seal_digest  # noqa: E402
from jiyue.core.models import AuditEntry, AuditSeal, AuditText  # noqa: E402

NAME = "audit"
COUNTS: dict[Scale, int] = {"ci": 100_000, "100k": 100_000, "1m": 1_000_000}
BATCH = 1_000
PEER_ENTRIES = 2_000
ACTOR = audit.AuditActor(1, 1, "陈曦禾", 1, "云汀市人民政府办公室", "10.20.1.31")
FACTS = {"title": "关于印发全市政府网站集约化建设工作方案的通知", "revision": 3, "digest": "a" * 64}


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    count = COUNTS[scale]
    try:
        migrate_platform()
        _write(count)
        ours, theirs = alternate(lambda: cost_of(lambda: _verify(count)), lambda: cost_of(_verify_plainly))
        return [
            higher(
                "entries verified",
                median(count / cost.wall_seconds for cost in ours),
                f"loop over model objects, {PEER_ENTRIES:,} entries",
                median(PEER_ENTRIES / cost.wall_seconds for cost in theirs),
                unit="entries/s",
                target=">= 50000",
            )
        ]
    finally:
        shutil.rmtree(PLATFORM, ignore_errors=True)


def _write(count: int) -> None:
    for start in range(0, count, BATCH):
        facts = [audit.Fact("resource", number, FACTS) for number in range(start, start + BATCH)]
        audit.record_many(actor=ACTOR, verb="resource.saved", facts=facts)
    while audit.seal_entries():
        pass


def _verify(count: int) -> None:
    report = audit.verify()
    assert (report.sealed, report.breaches) == (count, ())


def _verify_plainly() -> None:
    previous = GENESIS
    for seal in AuditSeal.objects.order_by("position")[:PEER_ENTRIES]:
        entry = AuditEntry.objects.get(pk=seal.entry_id)
        text = AuditText.objects.get(pk=entry.pk)
        digest = seal_digest(previous, tuple(getattr(entry, name) for name in SEALED_FIELDS))
        assert digest == seal.digest
        assert crypto.sm3_hex(text.body.encode()) == entry.text_digest
        previous = digest

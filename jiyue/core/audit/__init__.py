"""The audit trail: entries in the writer's transaction, one sealer behind them.

Writers insert unsealed entries and never wait for each other. The sealer gives
each entry a position, chains it to its predecessor by SM3 and signs the end of
every batch; the signed ends are also appended to a file outside the database,
so that cutting off the newest entries is noticed too.

Source: GL 七(一)4, NT 14 (REV-03, SEC-11).
"""

from jiyue.core.audit.erasing import (
    ERASED,
    ERASURE_SUBJECT,
    ERASURE_TOPIC,
    ErasureRefused,
    erase_text,
    is_erasable,
)
from jiyue.core.audit.recording import PLATFORM, AuditActor, Fact, acting_from, record, record_many
from jiyue.core.audit.sealing import KEY_NAME, list_unsealed, seal_entries
from jiyue.core.audit.verifying import AuditBreach, AuditReport, verify

__all__ = [
    "ERASED",
    "ERASURE_SUBJECT",
    "ERASURE_TOPIC",
    "KEY_NAME",
    "PLATFORM",
    "AuditActor",
    "AuditBreach",
    "AuditReport",
    "ErasureRefused",
    "Fact",
    "acting_from",
    "erase_text",
    "is_erasable",
    "list_unsealed",
    "record",
    "record_many",
    "seal_entries",
    "verify",
]

"""Lawful erasure of a text: two persons, a tombstone, and an entry that says so."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.audit.recording import AuditActor, record
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, AuditText, ChangeStatus, TwoPersonChange

ERASED = "audit.text_erased"  # verb of the entry that every tombstone needs
ERASURE_TOPIC = "audit.erase"
ERASURE_SUBJECT = "audit_entry"


class ErasureRefused(DomainError):
    """A text of the trail can't be erased as asked."""

    code = "erasure_refused"


def is_erasable(entry_id: int) -> bool:
    """Tell whether the entry still has its text."""
    return AuditText.objects.filter(pk=entry_id, erased_at=None).exists()


@transaction.atomic
def erase_text(*, change: TwoPersonChange, actor: AuditActor) -> AuditEntry:
    """Erase what an entry says, where the law demands it; who did what and when stays.

    Args:
        change: The approved two-person change whose subject is the entry; its
            reason names the legal basis and is kept in the trail.
        actor: Who approved.

    Returns:
        The entry that records the erasure; without it `verify` reports the tombstone.

    Raises:
        ErasureRefused: Nobody approved, no such text, or erased before.

    Source: 《个人信息保护法》第四十七条 (erasure); GL 七(一)4 (the trail stays).
    """
    if (change.topic, change.status) != (ERASURE_TOPIC, ChangeStatus.APPROVED):
        raise ErasureRefused(
            _("Erasing a text takes two persons."), fix=_("Propose it and have it approved.")
        )
    erased = AuditText.objects.filter(pk=int(change.subject_key), erased_at=None).update(
        body="", erased_at=clock.now()
    )
    if not erased:
        raise ErasureRefused(
            _("There is no text to erase in this entry."), fix=_("Check the number of the entry.")
        )
    return record(
        actor=actor,
        verb=ERASED,
        subject_type=ERASURE_SUBJECT,
        subject_id=change.subject_key,
        reason=change.reason,
        proposed_by=change.proposer_name,
        change=change.pk,
    )


def is_erasure_recorded(entry_id: int) -> bool:
    """Tell whether two persons erased the text of this entry and the trail says so."""
    is_in_trail = AuditEntry.objects.filter(
        verb=ERASED, subject_type=ERASURE_SUBJECT, subject_id=str(entry_id), pk__gt=entry_id
    ).exists()
    return (
        is_in_trail
        and TwoPersonChange.objects.filter(
            topic=ERASURE_TOPIC, subject_key=str(entry_id), status=ChangeStatus.APPROVED
        ).exists()
    )

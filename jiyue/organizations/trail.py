"""Whose entries of the audit trail an inspector sees, and how a text is lawfully erased.

Source: NB 2-3 (ORG-04: only inside the own subtree); 《个人信息保护法》第四十七条.
"""

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.organizations.enums import OVERSIGHT_ROLES
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_subtree_ids, get_unit_ids


class OutsideOversight(DomainError):
    """The entry isn't one of those the person oversees."""

    code = "outside_oversight"


def list_overseen_entries(account: StaffAccount) -> QuerySet[AuditEntry]:
    """Entries of the units below those the account oversees; with every unit, those of nobody too.

    Acts of the platform itself and of visitors who weren't signed in belong to
    no unit: they are seen by whoever oversees the whole platform.
    """
    overseen = get_subtree_ids(get_unit_ids(account, OVERSIGHT_ROLES))
    if not overseen:
        return AuditEntry.objects.none()
    if not Organization.objects.exclude(pk__in=overseen).exists():
        return AuditEntry.objects.all()
    return AuditEntry.objects.filter(unit_id__in=overseen)


def propose_erasure(*, entry: AuditEntry, reason: str, actor: StaffAccount) -> TwoPersonChange:
    """Ask for the erasure of an entry's text; another person who oversees it decides.

    Args:
        entry: The entry whose text should go; who did what and when stays.
        reason: Why, with the legal basis.
        actor: Who asks.

    Raises:
        OutsideOversight: The entry isn't overseen by the account.
        ErasureRefused: There is no text any more.
        ReasonNeeded, AlreadyProposed: As for every two-person change.

    Source: 《个人信息保护法》第四十七条.
    """
    _require_overseen(actor, entry.pk)
    if not audit.is_erasable(entry.pk):
        raise audit.ErasureRefused(
            _("There is no text to erase in this entry."), fix=_("Check the number of the entry.")
        )
    return two_person.propose(
        topic=audit.ERASURE_TOPIC,
        subject_type=audit.ERASURE_SUBJECT,
        subject_key=entry.pk,
        title=str(_("Erase the text of entry %(number)d of the audit trail") % {"number": entry.pk}),
        payload={"entry": entry.pk, "digest": entry.text_digest},
        reason=reason,
        actor=actor.audit_actor(),
        unit_id=entry.unit_id,
    )


def _require_overseen(account: StaffAccount, entry_id: int) -> None:
    if not list_overseen_entries(account).filter(pk=entry_id).exists():
        raise OutsideOversight(
            _("This entry isn't one of those you oversee."), fix=_("Ask whoever oversees the whole platform.")
        )


class TextErasure:
    """The two-person change that erases a text of the trail."""

    label: Promise = _("erasure of a text of the audit trail")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only those who oversee the entry decide."""
        account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
        try:
            if account is None:
                raise OutsideOversight(_("Only a person can decide."))
            _require_overseen(account, int(change.subject_key))
        except OutsideOversight as refusal:
            return refusal
        return None

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Name the entry; its text isn't repeated here."""
        entry = AuditEntry.objects.filter(pk=int(change.subject_key)).first()
        before = (
            f"{entry.occurred_at:%Y-%m-%d} {entry.verb} {entry.subject_type} {entry.subject_id}"
            if entry
            else ""
        )
        return [(str(_("text of the entry")), before, str(_("erased")))]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Erase the text."""
        audit.erase_text(change=change, actor=actor)


def register() -> None:
    """Enter the erasure among the two-person changes."""
    two_person.TOPICS.register(audit.ERASURE_TOPIC, TextErasure())

"""Keeping and forgetting unsaved text.

No audit entries: what is typed and not saved is nobody's statement yet. The entry
follows when the text is saved (`save_revision`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from jiyue.core import clock, crypto
from jiyue.core.text import storable
from jiyue.library.content import MAX_BODY_CHARS
from jiyue.library.drafting.errors import NoSuchSlot, TextTooLarge, WrittenElsewhere
from jiyue.library.drafting.models import WINDOW_CHARS, Autosave
from jiyue.library.models import Resource
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import Organization, StaffAccount

MAX_KEPT_CHARS = MAX_BODY_CHARS + 200_000  # body and all other fields of one form
MAX_FIELDS = 300  # a form with twenty attachments and all relations has about 100

FormValues = Mapping[str, list[str]]


class Outcome(StrEnum):
    """What became of text that was sent in to be kept."""

    KEPT = "kept"
    UNCHANGED = "unchanged"
    OLDER = "older"  # a later request of the same window was quicker


@dataclass(frozen=True)
class TypedText:
    """The form as it stands in one window.

    Attributes:
        window: Random name of the open editor.
        device: Random name the browser keeps, to tell this computer from another.
        sequence: Counts up with each request of the window.
        base_number: Revision the writer started from; 0 for a new item.
        values: Field name → texts, as a form sends them.
    """

    window: str
    device: str
    sequence: int
    base_number: int
    values: FormValues

    def checked(self) -> "TypedText":
        """Return a copy that every database stores.

        Raises:
            NoSuchSlot: Window, device or numbers aren't an editor's.
            TextTooLarge: More than `MAX_KEPT_CHARS` characters or `MAX_FIELDS` fields.
        """
        names = (self.window, self.device)
        if not all(name.isascii() and 0 < len(name) <= WINDOW_CHARS for name in names):
            raise NoSuchSlot
        if not (0 <= self.sequence < 2**53 and 0 <= self.base_number < 2**31):
            raise NoSuchSlot
        texts = [text for values in self.values.values() for text in values]
        if len(self.values) > MAX_FIELDS or sum(map(len, texts)) > MAX_KEPT_CHARS or len(texts) > 2_000:
            raise TextTooLarge
        values = {storable(name): [storable(text) for text in texts] for name, texts in self.values.items()}
        return TypedText(self.window, self.device, self.sequence, self.base_number, values)


def slot_of(resource: Resource | None, unit: Organization) -> str:
    """The place in which an account's unsaved text for an item, or for a unit's new item, is kept."""
    return f"resource-{resource.pk}" if resource else f"new-{unit.pk}"


def keep_text(
    *,
    account: StaffAccount,
    unit: Organization,
    resource: Resource | None,
    text: TypedText,
    takes_over: bool = False,
) -> tuple[Outcome, datetime]:
    """Keep what was typed, in place of what the same account typed there before.

    Args:
        account: Who types.
        unit: Owner of the item.
        resource: The item; None for a new one.
        text: The form as it stands.
        takes_over: Replace the text of another window: its writer decided so.

    Returns:
        What became of it, and when the kept text was written.

    Raises:
        NotYourUnit: The account isn't an entry clerk of the unit.
        WrittenElsewhere: Another window's text is kept there; nothing was overwritten.
        TextTooLarge, NoSuchSlot: Nothing was kept.

    Source: product decision, docs/features/editor.md; no clause asks for it.
    """
    require_editor(account, unit)
    text = text.checked()
    slot = slot_of(resource, unit)
    digest = crypto.sm3_hex(crypto.canonical_json(dict(text.values)))
    with transaction.atomic():
        row = Autosave.objects.defer("values").select_for_update().filter(account=account, slot=slot).first()
        fields = {
            "window": text.window,
            "device": text.device,
            "sequence": text.sequence,
            "base_number": text.base_number,
            "values": dict(text.values),
            "digest": digest,
            "saved_at": clock.now(),
        }
        if row is None:
            row, is_new = Autosave.objects.get_or_create(
                account=account, slot=slot, defaults={**fields, "resource": resource}
            )
            if is_new:
                return Outcome.KEPT, row.saved_at
        outcome = _outcome(row, text, digest, takes_over=takes_over)
        if outcome == Outcome.KEPT:
            unchanged = Autosave.objects.filter(pk=row.pk, window=row.window, sequence=row.sequence)
            if not unchanged.update(**fields):  # another request was quicker, where rows can't be locked
                return Outcome.OLDER, row.saved_at
            return outcome, clock.now()
        return outcome, row.saved_at


def _outcome(row: Autosave, text: TypedText, digest: str, *, takes_over: bool) -> Outcome:
    if row.window != text.window:
        if not takes_over:
            raise WrittenElsewhere
        return Outcome.KEPT
    if row.sequence >= text.sequence:
        return Outcome.OLDER
    return Outcome.UNCHANGED if row.digest == digest else Outcome.KEPT


def get_kept_text(*, account: StaffAccount, unit: Organization, resource: Resource | None) -> Autosave | None:
    """The account's own unsaved text for an item, or for a new one of the unit."""
    return Autosave.objects.filter(account=account, slot=slot_of(resource, unit)).first()


def list_kept_texts(account: StaffAccount) -> list[Autosave]:
    """All unsaved texts of the account, newest first."""
    return list(
        Autosave.objects.filter(account=account).select_related("resource__unit").order_by("-saved_at", "-pk")
    )


def forget_text(
    *, account: StaffAccount, unit: Organization, resource: Resource | None, up_to: datetime | None = None
) -> bool:
    """Delete the account's unsaved text: it was saved, or its writer threw it away.

    Args:
        account: Whose text; nobody deletes another's.
        unit: Owner of the item.
        resource: The item; None for a new one.
        up_to: Keep what was typed after this moment.

    Returns:
        Whether there was any.
    """
    rows = Autosave.objects.filter(account=account, slot=slot_of(resource, unit))
    if up_to is not None:
        rows = rows.filter(saved_at__lte=up_to)
    return bool(rows.delete()[0])

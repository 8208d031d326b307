"""Items of another library taken in from a file of a standard, through the same gate as the interface."""

from collections.abc import Sequence
from typing import Any

from jiyue.library.enums import AcquisitionMode
from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.formats import Format, read_items
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.receiving import Door, receive_many, require_open
from jiyue.library.open_intake.standards import Standard
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.selectors import list_open_channels


def import_standard_file(
    *, data: bytes, standard: Standard, form: Format, unit: Organization, kind: str, actor: StaffAccount
) -> list[IntakeItem]:
    """Take a file of a library standard in: drafts, doubles, quarantine, one answer per item.

    Args:
        data: The file.
        standard: Whose terms it uses.
        form: XML or JSON lines.
        unit: Whose library the items enter.
        kind: Kind of its items; the standards name none.
        actor: Entry clerk of the unit.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
        ModeDisabled, QuarantineFull, StandardFileRefused: Nothing is taken in.
        LookupError: The kind isn't registered.

    Source: NB 21; NT 20 (LIB-15); NB 20-21 (LIB-14).
    """
    require_editor(actor, unit, is_urgent=False)
    KINDS.get(kind)
    channels = list_open_channels([unit.pk])
    door = Door(
        unit=unit,
        account=actor,
        mode=AcquisitionMode.FILE_IMPORT,
        standard=standard,
        kinds=[kind],
        channel_names={f"{channel.site.key}/{channel.key}": channel.pk for channel in channels},
    )
    require_open(door)
    items = read_items(data, standard, form)
    return receive_many(payloads=_with_numbers(items, standard, kind), door=door)


def _with_numbers(items: Sequence[dict[str, Any]], standard: Standard, kind: str) -> list[dict[str, Any]]:
    """Give each item the kind chosen, and its index number as its own number where it brings no other."""
    number = next((each.element for each in standard.elements if each.field == "index_number"), "")
    return [{"source_id": str(item.get(number) or ""), **item, "kind": kind} for item in items]

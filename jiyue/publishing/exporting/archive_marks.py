"""Marks of the web archive in an export: what is archived since when, and which two persons decided it.

Captured pages (`captured_pages.py`) carry the decision about them the same way.
"""

from typing import Any

from django.utils.translation import gettext as _

from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.publishing.exporting.parts import Keys, Part, Row, Scope, register
from jiyue.publishing.webarchive.models import ACTIVE, ArchiveMark

DECIDED = (
    *("topic", "subject_type", "subject_key", "title", "payload", "digest"),
    *("proposer_account_id", "proposer_person_id", "proposer_name", "proposed_at"),
    *("decider_account_id", "decider_person_id", "decider_name", "decided_at"),
)
PREFIX = "change__"
DECISION_FIELDS = tuple(f"{PREFIX}{name}" for name in DECIDED)


def note_deciders(row: Row, scope: Scope) -> None:
    """Let the two people of a decision travel like all others; its title is the platform's own."""
    for who in ("proposer", "decider"):
        scope.account_ids.add(row[f"{PREFIX}{who}_account_id"])
        scope.person_ids.add(row[f"{PREFIX}{who}_person_id"])
    row[f"{PREFIX}title"] = ""


def store_decision(row: Row, keys: Keys, title: str) -> TwoPersonChange:
    """Store the decision of an exported row under a key of this platform's own.

    Args:
        row: A row with `DECISION_FIELDS`.
        keys: Own keys of people and accounts.
        title: What the decision is called here.
    """
    change: dict[str, Any] = {name: row[f"{PREFIX}{name}"] for name in DECIDED}
    for who in ("proposer", "decider"):
        change[f"{who}_account_id"] = keys.accounts[change[f"{who}_account_id"]]
        change[f"{who}_person_id"] = keys.people[change[f"{who}_person_id"]]
    change["title"] = title
    return TwoPersonChange.objects.create(status=ChangeStatus.APPROVED, **change)


def without_decision(row: Row) -> Row:
    """Fields of the row itself."""
    return {name: value for name, value in row.items() if not name.startswith(PREFIX)}


def _outgoing(row: Row, scope: Scope) -> Row:
    """What was meant for the office stays there."""
    note_deciders(row, scope)
    row[f"{PREFIX}payload"] = {**row[f"{PREFIX}payload"], "reason": ""}
    return {**row, "reason": ""}


def _stored(rows: list[Row], keys: Keys) -> list[Row]:
    return [
        {**without_decision(row), "change": store_decision(row, keys, _("Web archive")).pk} for row in rows
    ]


register(
    [
        Part(
            "data/archive_marks",
            ArchiveMark,
            (
                *("id", "site", "channel", "placement", "archived_on", "reason"),
                *DECISION_FIELDS,
            ),
            lambda scope: ArchiveMark.objects.filter(ACTIVE, site=scope.site),
            outgoing=_outgoing,
            linking=_stored,
        )
    ]
)

"""Marks of the web archive in an export: what is archived since when, and which two persons decided it."""

from typing import Any

from django.utils.translation import gettext as _

from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.publishing.exporting.parts import Keys, Part, Row, Scope, register
from jiyue.publishing.webarchive.models import ACTIVE, ArchiveMark

_DECIDED = (
    *("topic", "subject_type", "subject_key", "title", "payload", "digest"),
    *("proposer_account_id", "proposer_person_id", "proposer_name", "proposed_at"),
    *("decider_account_id", "decider_person_id", "decider_name", "decided_at"),
)
_PREFIX = "change__"


def _outgoing(row: Row, scope: Scope) -> Row:
    """What was meant for the office stays there; the people travel like all others."""
    for who in ("proposer", "decider"):
        scope.account_ids.add(row[f"{_PREFIX}{who}_account_id"])
        scope.person_ids.add(row[f"{_PREFIX}{who}_person_id"])
    row[f"{_PREFIX}payload"] = {**row[f"{_PREFIX}payload"], "reason": ""}
    return {**row, "reason": "", f"{_PREFIX}title": ""}


def _stored(rows: list[Row], keys: Keys) -> list[Row]:
    """Store each mark's decision under a key of this platform's own."""
    found = []
    for row in rows:
        change: dict[str, Any] = {name: row[f"{_PREFIX}{name}"] for name in _DECIDED}
        for who in ("proposer", "decider"):
            change[f"{who}_account_id"] = keys.accounts[change[f"{who}_account_id"]]
            change[f"{who}_person_id"] = keys.people[change[f"{who}_person_id"]]
        change["title"] = _("Web archive")
        decided = TwoPersonChange.objects.create(status=ChangeStatus.APPROVED, **change)
        own = {name: value for name, value in row.items() if not name.startswith(_PREFIX)}
        found.append({**own, "change": decided.pk})
    return found


register(
    [
        Part(
            "data/archive_marks",
            ArchiveMark,
            (
                *("id", "site", "channel", "placement", "archived_on", "reason"),
                *(f"{_PREFIX}{name}" for name in _DECIDED),
            ),
            lambda scope: ArchiveMark.objects.filter(ACTIVE, site=scope.site),
            outgoing=_outgoing,
            linking=_stored,
        )
    ]
)

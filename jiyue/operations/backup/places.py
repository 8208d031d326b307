"""Where the data of an installation lies: what a backup reads and a restore writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

# Kept in every backup; nothing can make them anew.
KEPT_AREAS = {
    "media": "JIYUE_MEDIA_DIR",
    "private": "JIYUE_PRIVATE_DIR",
    "logs": "JIYUE_LOG_DIR",
    "kept": "JIYUE_KEPT_DIR",  # earlier states of pages
    "quarantine": "JIYUE_QUARANTINE_DIR",  # evidence of tampering
}
# Can be made anew (`jiyue publish --all`, `jiyue reindex`); kept on request, for a faster restore.
REBUILT_AREAS = {"output": "JIYUE_OUTPUT_DIR", "search": "JIYUE_SEARCH_DIR"}
AREAS = KEPT_AREAS | REBUILT_AREAS


@dataclass(frozen=True)
class Place:
    """One installation's databases, folders, keys and the log of the audit trail's heads."""

    databases: Mapping[str, Mapping[str, Any]]
    folders: Mapping[str, Path]
    heads: Path
    keys: Path
    scratch: Path = field(default_factory=lambda: Path(settings.DATA_DIR))


def live_place() -> Place:
    """The installation that this process belongs to.

    The inbox comes first: a submission that its copy still shows as waiting is
    taken in once more, which is harmless; one shown as taken in, whose letter
    the main copy lacks, would be lost.
    """
    aliases = sorted(connections.settings, key=lambda alias: alias == "default")
    return Place(
        databases={alias: connections[alias].settings_dict for alias in aliases},
        folders={area: Path(getattr(settings, name)) for area, name in AREAS.items()},
        heads=Path(settings.JIYUE_AUDIT_HEADS),
        keys=Path(settings.JIYUE_KEY_DIR),
    )


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is the folder or lies in it, links followed."""
    return path.resolve().is_relative_to(folder.resolve())

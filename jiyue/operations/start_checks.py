"""Checks at the start: keys apart from backups, private folders from public ones, a token nobody guesses."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from jiyue.operations.backup.places import is_inside

MIN_TOKEN_CHARS = 24
PRIVATE_FOLDERS = (
    "JIYUE_KEPT_DIR",  # what was withdrawn
    "JIYUE_QUARANTINE_DIR",
    "JIYUE_PRIVATE_DIR",
    "JIYUE_KEY_DIR",
    "JIYUE_MEDIA_DIR",  # originals that aren't public yet
    "JIYUE_LOG_DIR",
)


def find_unsafe_settings(**_context: Any) -> list[checks.CheckMessage]:
    """Name settings by which keys would lie beside the data, or figures could be read by strangers.

    Source: GL 七(三)3 (SEC-13).
    """
    found: list[checks.CheckMessage] = []
    data, keys = settings.JIYUE_BACKUP_DIR, settings.JIYUE_BACKUP_KEYS_DIR
    if data and keys and (is_inside(Path(data), Path(keys)) or is_inside(Path(keys), Path(data))):
        found.append(
            checks.Error(
                "JIYUE_BACKUP_KEYS_DIR and JIYUE_BACKUP_DIR are the same folder, or one lies in the other.",
                hint="Keep the keys on another medium than the data they open.",
                id="jiyue.E401",
            )
        )
    output = Path(settings.JIYUE_OUTPUT_DIR)
    found += [
        checks.Error(
            f"{name} and JIYUE_OUTPUT_DIR are the same folder, or one lies in the other.",
            hint="Everything below JIYUE_OUTPUT_DIR is served, and pushed to other hosts.",
            id="jiyue.E403",
        )
        for name in PRIVATE_FOLDERS
        if is_inside(Path(getattr(settings, name)), output)
        or is_inside(output, Path(getattr(settings, name)))
    ]
    token = str(getattr(settings, "JIYUE_METRICS_TOKEN", ""))
    if token and len(token) < MIN_TOKEN_CHARS:
        found.append(
            checks.Error(
                f"JIYUE_METRICS_TOKEN is shorter than {MIN_TOKEN_CHARS} characters.",
                hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
                id="jiyue.E402",
            )
        )
    return found


def register() -> None:
    """Let every command run the check before it starts."""
    checks.register(find_unsafe_settings, checks.Tags.security)

"""The daily backup."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path

from django.conf import settings

from jiyue.core import audit
from jiyue.core.schedule import JOBS, Job
from jiyue.operations.backup import keys
from jiyue.operations.backup.making import BackupPlan, Progress
from jiyue.operations.backup.places import live_place
from jiyue.operations.services import make_backup


def back_up_daily() -> Iterator[Progress]:
    """Back up as the settings say; nothing where they name no folder (an alarm tells after a day).

    Source: GL 七(三)3 (SEC-22: full periodic backup).
    """
    if not settings.JIYUE_BACKUP_DIR:
        return
    plan = BackupPlan(
        place=live_place(),
        target=Path(settings.JIYUE_BACKUP_DIR),
        keys_to=Path(settings.JIYUE_BACKUP_KEYS_DIR) if settings.JIYUE_BACKUP_KEYS_DIR else None,
        passphrase=keys.passphrase(),
        keep=settings.JIYUE_BACKUP_KEEP,
    )
    yield from make_backup(plan, actor=audit.PLATFORM)


def register() -> None:
    """Enter the backup into the schedule."""
    JOBS.register("operations.backup", Job(back_up_daily, at=time(settings.JIYUE_BACKUP_HOUR % 24, 20)))

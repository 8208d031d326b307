"""Why a backup or a restore can't be done."""

from jiyue.core.errors import DomainError


class BackupRefused(DomainError):
    """Something is missing or in the way; nothing was written."""

    code = "backup_refused"


class BackupFailed(DomainError):
    """A backup broke off; what it had written so far isn't a backup."""

    code = "backup_failed"


class BackupDamaged(DomainError):
    """What lies in the target isn't what was written there."""

    code = "backup_damaged"


class RestoreRefused(DomainError):
    """The target or the code doesn't fit; nothing was restored."""

    code = "restore_refused"

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.operations.backup import keys
from jiyue.operations.backup.listing import list_backups
from jiyue.operations.backup.making import BackupMade, BackupPlan
from jiyue.operations.backup.places import live_place
from jiyue.operations.reporting import ProgressLine
from jiyue.operations.services import make_backup, verify_backup


class Command(BaseCommand):
    """`jiyue backup`, `jiyue backup verify FOLDER`, `jiyue backup list FOLDER`."""

    help = (
        "Back up databases, files and keys; `verify` restores a backup for trial, `list` names what is there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        parser.add_argument("action", nargs="?", choices=["make", "verify", "list"], default="make")
        parser.add_argument(
            "folder", nargs="?", type=Path, help="verify, list: folder of backups, or one backup"
        )
        parser.add_argument("--to", type=Path, help="folder of all backups (default: JIYUE_BACKUP_DIR)")
        parser.add_argument("--keys-to", type=Path, help="folder for the keys, on another medium")
        parser.add_argument("--keys-from", type=Path, help="verify: the folder that was --keys-to")
        parser.add_argument(
            "--keep", type=int, help="so many complete backups stay (default: JIYUE_BACKUP_KEEP)"
        )
        parser.add_argument("--with-output", action="store_true", help="published files and search index too")
        parser.add_argument("--scratch", type=Path, help="verify: where the trial takes place")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None

    def _make(self, options: dict[str, Any]) -> None:
        target = options["to"] or (Path(settings.JIYUE_BACKUP_DIR) if settings.JIYUE_BACKUP_DIR else None)
        if target is None:
            raise CommandError(_("Say where the backup goes: --to FOLDER, or JIYUE_BACKUP_DIR."))
        folder = settings.JIYUE_BACKUP_KEYS_DIR
        keep = options["keep"] if options["keep"] is not None else settings.JIYUE_BACKUP_KEEP
        if keep < 0:
            raise CommandError(_("--keep is a number of backups, 0 for all."))
        plan = BackupPlan(
            place=live_place(),
            target=target,
            keys_to=options["keys_to"] or (Path(folder) if folder else None),
            passphrase=keys.passphrase(),
            with_rebuilt=options["with_output"],
            keep=keep,
        )
        made = BackupMade()
        ProgressLine(self.stdout).follow(make_backup(plan, actor=audit.PLATFORM, made=made))
        self.stdout.write(
            _("Backup %(name)s is complete: %(files)s files, %(total)s MB, %(new)s MB of them new.")
            % {
                "name": made.name,
                "files": f"{made.files:,}",
                "total": f"{made.total_bytes / 1e6:,.1f}",
                "new": f"{made.new_bytes / 1e6:,.1f}",
            }
        )
        if plan.keys_to is None:
            self.stdout.write(
                _("The keys weren't copied: without --keys-to nothing here can be opened elsewhere.")
            )

    def _verify(self, options: dict[str, Any]) -> None:
        folder, keys_from = self._folder(options), options["keys_from"] or settings.JIYUE_BACKUP_KEYS_DIR
        if not keys_from:
            raise CommandError(_("Say where the keys are: --keys-from FOLDER."))
        steps = verify_backup(
            folder,
            keys_from=Path(keys_from),
            passphrase=keys.passphrase(),
            actor=audit.PLATFORM,
            scratch=options["scratch"],
        )
        ProgressLine(self.stdout).follow(steps)
        self.stdout.write(_("The backup was restored for trial; every table and file is there."))

    def _list(self, options: dict[str, Any]) -> None:
        for path in list_backups(self._folder(options)):
            self.stdout.write(path.name)

    def _folder(self, options: dict[str, Any]) -> Path:
        folder = options["folder"] or options["to"] or settings.JIYUE_BACKUP_DIR
        if not folder:
            raise CommandError(_("Say where the backups are: jiyue backup verify FOLDER."))
        return Path(folder)

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.operations.backup import keys
from jiyue.operations.backup.places import live_place
from jiyue.operations.backup.restoring import check_contents, restore_blockers
from jiyue.operations.reporting import ProgressLine
from jiyue.operations.services import check_backup, restore_backup


class Command(BaseCommand):
    """`jiyue restore`: verify a backup, then restore it into this empty installation."""

    help = "Restore a backup into an installation without data; everything is verified first."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what is restored."""
        parser.add_argument(
            "--from", dest="source", type=Path, required=True, help="folder of backups, or one"
        )
        parser.add_argument("--keys-from", type=Path, required=True, help="the folder that was --keys-to")
        parser.add_argument("--check-only", action="store_true", help="verify and say what stands against it")
        parser.add_argument(
            "--rebuild", action="store_true", help="afterwards write all pages and the index anew and compare"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, restore, say what comes next."""
        try:
            source = check_backup(
                options["source"], keys_from=options["keys_from"], passphrase=keys.passphrase()
            )
            if options["check_only"]:
                self._check(source)
                return
            ProgressLine(self.stdout).follow(restore_backup(source, actor=audit.PLATFORM))
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        self.stdout.write(
            _("Backup %(name)s of %(made)s is restored.")
            % {"name": source.listing.name, "made": source.listing.made_at}
        )
        if options["rebuild"]:
            call_command("publish", all=True)
            call_command("reindex")
            call_command("reconcile")
        self._say_next(rebuilt=options["rebuild"])

    def _check(self, source: Any) -> None:
        ProgressLine(self.stdout).follow(check_contents(source))
        self.stdout.write(_("Every piece of backup %(name)s is intact.") % {"name": source.listing.name})
        for refusal in restore_blockers(source, live_place()):
            self.stdout.write(f"{refusal.message} {refusal.fix}")

    def _say_next(self, *, rebuilt: bool) -> None:
        steps = [] if rebuilt else ["jiyue publish --all", "jiyue reindex", "jiyue reconcile"]
        if connection.vendor == "postgresql":
            steps.insert(0, 'jiyue grants | psql "$OWNER_URL"')
        steps.append("jiyue audit verify")
        self.stdout.write(_("Next, in this order:"))
        for step in steps:
            self.stdout.write(f"  {step}")

from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiyue.core import audit, clock, running_logs
from jiyue.core.errors import DomainError
from jiyue.policy.selectors import value
from jiyue.policy.terms import TermUnit


class Command(BaseCommand):
    help = (
        "Look after the running logs: `jiyue logs verify` compares them with the audit trail, "
        "`jiyue logs close` records finished days now, `jiyue logs prune --before DAY` deletes old ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        parser.add_argument("action", choices=["verify", "close", "prune"])
        parser.add_argument("--before", type=date.fromisoformat, help="first day that stays (prune)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and exit with 1 when the logs don't hold."""
        getattr(self, options["action"])(options["before"])

    def verify(self, before: date | None) -> None:
        """Compare the files with the trail."""
        breaches = running_logs.verify_logs()
        for breach in breaches:
            self.stdout.write(f"{breach.name}: {breach.reason}")
        self.stdout.write("the running logs hold" if not breaches else "THE RUNNING LOGS DON'T HOLD")
        if breaches:
            raise SystemExit(1)

    def close(self, before: date | None) -> None:
        """Record finished days."""
        for name in running_logs.close_days():
            self.stdout.write(name)

    def prune(self, before: date | None) -> None:
        """Delete what is older than asked, never what has to be kept."""
        if before is None:
            raise CommandError("--before is needed, e.g. --before 2026-01-01")
        try:
            deleted = running_logs.prune_logs(before=before, keep_from=keep_from(), actor=audit.PLATFORM)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        self.stdout.write(f"{len(deleted)} files deleted")


def keep_from() -> date:
    """First day whose running logs have to be kept today.

    Source: GL 七(二)1 (`security.log_retention`).
    """
    term = value("security.log_retention").term
    length = relativedelta(months=term.number) if term.unit == TermUnit.MONTHS else None
    if length is None:
        raise CommandError(f"security.log_retention counts {term.unit}; this command reads months")
    first: date = clock.today() - length
    return first

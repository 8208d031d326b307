import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jiyue.operations.health import check_backoffice, check_worker, is_ready


class Command(BaseCommand):
    """`jiyue health [worker]`: exit code 1 when this host's part isn't ready for work."""

    help = (
        "Print the checks of the back office, or of this host's worker, as JSON; exit 1 unless all are met."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which part."""
        parser.add_argument("part", nargs="?", choices=["backoffice", "worker"], default="backoffice")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and say."""
        checks = check_worker() if options["part"] == "worker" else check_backoffice()
        self.stdout.write(json.dumps(checks))
        if not is_ready(checks):
            raise SystemExit(1)

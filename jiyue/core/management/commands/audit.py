import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jiyue.core import audit


class Command(BaseCommand):
    help = "Look after the audit trail: `jiyue audit verify` recomputes the whole chain."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        parser.add_argument("action", choices=["verify"])
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and exit with 1 when the trail doesn't hold."""
        report = audit.verify()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            self.stdout.write(f"{report.sealed} entries sealed, {report.unsealed} waiting for their seal")
            for breach in report.breaches:
                self.stdout.write(f"position {breach.position}, entry {breach.entry_id}: {breach.reason}")
            self.stdout.write("the trail holds" if not report.breaches else "THE TRAIL DOESN'T HOLD")
        if report.breaches:
            raise SystemExit(1)

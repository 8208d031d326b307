import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jiyue.core import inbox


class Command(BaseCommand):
    help = "List citizens' submissions that failed for good; `--retry` has them handled again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be retried."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--retry", nargs="+", type=uuid.UUID, metavar="ID", help="these submissions")
        which.add_argument("--retry-all", action="store_true", help="every failed submission")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or retry; what a citizen wrote is never printed."""
        ids = options["retry"] or []
        if options["retry_all"]:
            ids = list(inbox.list_failed().values_list("pk", flat=True))
        if ids or options["retry_all"]:
            self.stdout.write(f"{inbox.retry_failed(ids)} submissions will be handled again")
            return
        failed = inbox.list_failed()
        for row in failed.only("topic", "received_at", "failure"):
            self.stdout.write(f"{row.pk} {row.topic} {row.received_at:%Y-%m-%d %H:%M} {row.failure}")
        self.stdout.write(f"{failed.count()} submissions failed")

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from jiyue.core import at_rest, audit
from jiyue.core.resealing import reseal_everything


class Command(BaseCommand):
    help = "Show the storage keys; --rotate makes a new one and encrypts everything anew, --reseal only that."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--rotate", action="store_true", help="make a new key, then --reseal")
        what.add_argument("--reseal", action="store_true", help="encrypt everything under the newest key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show, rotate or go on with a rotation that was stopped."""
        if options["rotate"]:
            at_rest.create_key()
        if options["rotate"] or options["reseal"]:
            count = reseal_everything(actor=audit.PLATFORM)
            self.stdout.write(f"{count} files and rows were encrypted anew")
        sealing = (at_rest.list_key_ids(at_rest.chosen_algorithm()) or ["none"])[-1]
        known = ", ".join(at_rest.list_key_ids()) or "none"
        self.stdout.write(f"storage keys: {known}; sealing by {settings.JIYUE_CRYPTO} algorithm: {sealing}")

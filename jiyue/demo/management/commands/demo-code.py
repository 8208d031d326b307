from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiyue.core.errors import DomainError
from jiyue.demo.second_factor import current_code


class Command(BaseCommand):
    help = "Print the present second-factor code of a demonstration account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the account."""
        parser.add_argument("name", help="login name, as printed by `make demo`")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the code."""
        try:
            code = current_code(options["name"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        self.stdout.write(code)

"""`jiyue grants`: print the SQL that limits the public process to the citizens' inbox."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from jiyue.core.grants import FRONT_ROLE, front_grants


class Command(BaseCommand):
    help = "Print the SQL that lets the public process insert submissions and do nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        """Let another role be named."""
        parser.add_argument("--role", default=FRONT_ROLE, help="role of the public process")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Print one statement a line, ready for psql."""
        if connection.vendor != "postgresql":
            raise CommandError(
                _("SQLite has no roles. There the public process gets the inbox file and no other.")
            )
        for statement in front_grants(database=str(connection.settings_dict["NAME"]), role=role):
            self.stdout.write(f"{statement};")

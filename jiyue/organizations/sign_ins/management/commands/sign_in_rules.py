from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jiyue.organizations.models import Organization
from jiyue.organizations.sign_ins.models import SignInRule
from jiyue.organizations.sign_ins.services import clear_rule


class Command(BaseCommand):
    """The way back in for whoever was locked out: only from the server's own command line."""

    help = "List the safe networks of all units, or take the rule of one unit away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--clear", metavar="CODE", help="code of the unit whose rule is taken away")
        parser.add_argument("--reason", default="", help="why; needed with --clear, kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or clear.

        Raises:
            CommandError: No such unit, or no reason.
        """
        if not options["clear"]:
            for rule in SignInRule.objects.select_related("unit").order_by("unit__path"):
                switch = " only registered terminals" if rule.only_terminals else ""
                self.stdout.write(f"{rule.unit.code} {', '.join(rule.networks) or '-'}{switch}")
            return
        unit = Organization.objects.filter(code=options["clear"]).first()
        if unit is None:
            raise CommandError(f"There is no unit {options['clear']}.")
        if not options["reason"].strip():
            raise CommandError("Say why with --reason; it is kept in the audit trail.")
        is_cleared = clear_rule(unit=unit, reason=options["reason"].strip())
        self.stdout.write(f"{unit.code}: {'rule taken away' if is_cleared else 'there was no rule'}")

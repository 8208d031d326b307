import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from jiyue.publishing.reconcile import Discrepancy, find_discrepancies, repair_discrepancies


class Command(BaseCommand):
    """`jiyue reconcile`: compare what should be public with what is; exit code 1 when they differ."""

    help = "Compare what should be public with what is; --repair puts it right."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--repair", action="store_true", help="remove what is too much, write what is missing"
        )
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, repair if asked to, compare again."""
        found = find_discrepancies()
        repaired: list[Discrepancy] = []
        if options["repair"] and found:
            repair_discrepancies(found)
            remaining = find_discrepancies()
            repaired = [discrepancy for discrepancy in found if discrepancy not in remaining]
            found = remaining
        if options["json"]:
            self.stdout.write(json.dumps(_report(found, repaired), ensure_ascii=False))
        else:
            self._print(found, repaired)
        if found:
            raise SystemExit(1)

    def _print(self, found: list[Discrepancy], repaired: list[Discrepancy]) -> None:
        for title, discrepancies in ((_("Repaired:"), repaired), (_("Not as it should be:"), found)):
            if discrepancies:
                self.stdout.write(title)
            for each in discrepancies:
                self.stdout.write(f"  {each.area} {each.kind} {each.site}/{each.what}  {each.reason}")
        count = {kind: sum(each.kind == kind for each in found) for kind in ("missing", "extra", "stale")}
        self.stdout.write(_("Missing: %(missing)s, extra: %(extra)s, stale: %(stale)s") % count)


def _report(found: list[Discrepancy], repaired: list[Discrepancy]) -> dict[str, object]:
    return {
        "missing": [each.as_dict() for each in found if each.kind == "missing"],
        "extra": [each.as_dict() for each in found if each.kind == "extra"],
        "stale": [each.as_dict() for each in found if each.kind == "stale"],
        "repaired": [each.as_dict() for each in repaired],
    }

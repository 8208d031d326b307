import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiyue.core.errors import DomainError
from jiyue.library.open_intake.conformance import iterate_live, make_report
from jiyue.library.open_intake.formats import Format, export_items
from jiyue.library.open_intake.importing import import_standard_file
from jiyue.library.open_intake.standards import Standard, get_standard, read_standards
from jiyue.organizations.models import Organization, StaffAccount


class Command(BaseCommand):
    help = "Compare the library with a library standard, export in its format, or import from it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to do with which standard."""
        parser.add_argument("action", choices=["standards", "report", "export", "import"])
        parser.add_argument("--standard", default="gl-core", help="code of the standard")
        parser.add_argument("--format", choices=[form.value for form in Format], default="xml")
        parser.add_argument("--unit", help="code of the unit; without one, all units (report and export)")
        parser.add_argument("--file", type=Path, help="file to write or to read")
        parser.add_argument("--kind", default="article", help="kind of imported items")
        parser.add_argument("--as", dest="login_name", help="entry clerk who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; refusals end the command with a sentence."""
        if options["action"] == "standards":
            for standard in read_standards().values():
                mark = " (example)" if standard.is_example else ""
                self.stdout.write(f"{standard.code}  {standard.name}{mark}")
            return
        try:
            standard = get_standard(options["standard"])
        except LookupError as error:
            raise CommandError(str(error)) from error
        action = {"report": self._report, "export": self._export, "import": self._import}[options["action"]]
        try:
            action(standard, options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from refusal

    def _unit(self, code: str | None) -> Organization | None:
        if code is None:
            return None
        unit = Organization.objects.filter(code=code).first()
        if unit is None:
            raise CommandError(f"There is no unit {code}.")
        return unit

    def _report(self, standard: Standard, options: dict[str, Any]) -> None:
        unit = self._unit(options["unit"])
        report = make_report(iterate_live([unit.pk] if unit else None), standard)
        self.stdout.write(f"{standard.code}: {report.conforming} of {report.items} items conform.")
        for element, _fine, missing, unknown in report.rows:
            if missing or unknown:
                self.stdout.write(
                    f"{element.element} ({element.label}): {missing} missing, {unknown} unknown values"
                )
        for fault in report.faults:
            what = "unknown value" if fault.is_unknown_code else "missing"
            self.stdout.write(f"  {fault.resource_id} {fault.title}: {fault.element.element} {what}")

    def _export(self, standard: Standard, options: dict[str, Any]) -> None:
        unit = self._unit(options["unit"])
        items = iterate_live([unit.pk] if unit else None)
        pieces = export_items(items, standard, Format(options["format"]), account=None, unit=unit)
        if options["file"] is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        with options["file"].open("wb") as file:
            file.writelines(pieces)

    def _import(self, standard: Standard, options: dict[str, Any]) -> None:
        unit, file = self._unit(options["unit"]), options["file"]
        actor = StaffAccount.objects.filter(login_name=options["login_name"] or "").first()
        if unit is None or file is None or actor is None:
            raise CommandError("An import needs --unit, --file and --as.")
        items = import_standard_file(
            data=file.read_bytes(),
            standard=standard,
            form=Format(options["format"]),
            unit=unit,
            kind=options["kind"],
            actor=actor,
        )
        for item in items:
            why = "; ".join(problem["message"] for problem in item.problems)
            self.stdout.write(f"{item.source_id or '-'} {item.title}: {item.state} {why}".rstrip())

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.publishing.exporting.console import find_operator
from jiyue.publishing.exporting.importing import compare_pages, import_site
from jiyue.publishing.exporting.signing import read_key
from jiyue.publishing.exporting.sources import ExportReader, opening
from jiyue.publishing.progress import ProgressLine
from jiyue.sites.models import Site

LISTED = 40  # differing files named on the terminal


class Command(BaseCommand):
    """`jiyue import-site`: an exported site into an empty platform, or compared with what was imported."""

    help = "Take an exported site into an empty platform, or compare its pages with the imported ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path, metavar="FOLDER|FILE")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--into-empty", action="store_true", help="import; this platform must be empty")
        what.add_argument("--compare", action="store_true", help="only compare public files")
        parser.add_argument("--trust-key", type=Path, metavar="FILE", help="public key of whoever exported")
        parser.add_argument("--create-units", action="store_true", help="found units that are missing")
        parser.add_argument("--as", dest="login_name", help="platform manager who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything first, then import or compare."""
        try:
            trusted = read_key(options["trust_key"]) if options["trust_key"] else None
            with opening(options["path"], trusted=trusted) as reader:
                if options["compare"]:
                    self._compare(reader)
                else:
                    self._import(reader, options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None

    def _import(self, reader: ExportReader, options: dict[str, Any]) -> None:
        actor = find_operator(options["login_name"])
        checking = ProgressLine(_("Checking"), len(reader.files))
        for count in reader.check_all():
            checking.advance(count)
        checking.finish()
        storing = ProgressLine(_("Storing"), 0)
        report = import_site(
            reader=reader,
            actor=actor,
            operator=getpass.getuser(),
            may_create_units=options["create_units"],
            progress=storing.advance,
        )
        storing.finish()
        for unit in report.new_units:
            self.stdout.write(_("Founded: %(unit)s") % {"unit": unit})
        self.stdout.write(
            _("%(site)s: %(items)s items, %(editions)s editions, %(places)s addresses")
            % {
                "site": report.site.name,
                "items": f"{report.rows['data/resources']:,}",
                "editions": f"{report.rows['data/editions'] + report.rows['history/editions']:,}",
                "places": f"{report.rows['data/placements']:,}",
            }
        )
        self.stdout.write(
            _("The worker writes the pages now. Compare them afterwards with jiyue import-site … --compare.")
        )

    def _compare(self, reader: ExportReader) -> None:
        site = Site.objects.filter(key=reader.manifest.get("site")).first()
        if site is None:
            raise CommandError(
                _("There is no site with the key “%(key)s”.") % {"key": reader.manifest["site"]}
            )
        found = list(compare_pages(reader, site))
        for path, how in found[:LISTED]:
            self.stdout.write(f"  {how:8} {path}")
        self.stdout.write(
            _("%(count)s of %(all)s public files aren't as in the export.")
            % {"count": f"{len(found):,}", "all": f"{reader.manifest['pages']:,}"}
        )
        if found:
            raise SystemExit(1)

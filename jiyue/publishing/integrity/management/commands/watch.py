from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.publishing.integrity.sealing import seal_all
from jiyue.publishing.integrity.sweeping import SweepReport, sweep_site
from jiyue.publishing.integrity.watching import Watch
from jiyue.sites.models import Site


class Command(BaseCommand):
    """`jiyue watch`: find and put right tampered files until stopped; `--once` compares everything once."""

    help = "Watch the published files: find, restore and report tampering; --once compares all files once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="compare everything once and end")
        parser.add_argument("--site", metavar="KEY", help="with --once: only this site")
        parser.add_argument("--workers", type=int, help="with --once: processes; by default one per core")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch, or compare once; exit code 1 when something was found."""
        if not options["once"]:
            Watch().run()
            return
        sites = list(Site.objects.order_by("pk"))
        if options["site"]:
            sites = [site for site in sites if site.key == options["site"]]
            if not sites:
                raise CommandError(_("There is no site “%(key)s”.") % {"key": options["site"]})
        found = [self._compare(site, options["workers"]) for site in sites]
        if any(found):
            raise SystemExit(1)

    def _compare(self, site: Site, workers: int | None) -> bool:
        """Compare one site and print what was seen; tell whether something was wrong."""
        seal_all(site.pk)
        report = SweepReport()
        for step in sweep_site(site, workers=workers):
            report = step or report
        rate = report.files / report.seconds if report.seconds else 0
        self.stdout.write(
            _("%(site)s: %(files)s files, %(mb).1f MB, %(seconds).2f s, %(rate).0f files/s, found %(found)s")
            % {
                "site": site.key,
                "files": report.files,
                "mb": report.size_bytes / 1_000_000,
                "seconds": report.seconds,
                "rate": rate,
                "found": len(report.settled.remedies),
            }
        )
        for reason in report.reasons:
            self.stdout.write(f"  {_('manifest')}: {reason}")
        for remedy in report.settled.remedies:
            shown = remedy.finding.path.encode("utf-8", "backslashreplace").decode()
            self.stdout.write(f"  {remedy.finding.kind.value} {shown}: {remedy.state.value}, {remedy.how}")
        return bool(report.reasons or report.settled.remedies)

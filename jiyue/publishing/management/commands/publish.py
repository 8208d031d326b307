from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.publishing.dependencies import Dependent, explain_change, explain_publication
from jiyue.publishing.progress import ProgressLine
from jiyue.publishing.rebuild import count_pages, rebuild_site
from jiyue.publishing.services import refresh_all_sites
from jiyue.sites.models import Site


class Command(BaseCommand):
    """`jiyue publish`: what an operator asks of the publisher."""

    help = "Write all pages anew, bring sites up to date, or say which files an item's publication writes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--all", action="store_true", help="write every page of every site")
        what.add_argument(
            "--refresh", action="store_true", help="have the worker bring changed sites up to date"
        )
        what.add_argument("--explain", type=int, metavar="RESOURCE_ID", help="name the files an item changes")
        parser.add_argument("--site", help="with --all: only the site with this key")
        parser.add_argument("--workers", type=int, help="with --all: processes (default: one per core)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for."""
        if options["explain"] is not None:
            self._explain(options["explain"])
        elif options["refresh"]:
            refresh_all_sites()
            self.stdout.write(_("The worker brings every site whose pages look different up to date."))
        else:
            self._rebuild(options["site"], options["workers"])

    def _rebuild(self, key: str | None, workers: int | None) -> None:
        sites = Site.objects.order_by("pk")
        if key is not None:
            sites = sites.filter(key=key)
            if not sites.exists():
                raise CommandError(_("There is no site with the key “%(key)s”.") % {"key": key})
        for site in sites:
            progress = ProgressLine(site.name, count_pages(site.pk))
            report = rebuild_site(site.pk, workers=workers, progress=progress.advance)
            progress.finish()
            rate = report.pages / report.seconds
            self.stdout.write(
                _("%(site)s: %(pages)s pages in %(seconds)s s (%(rate)s a second)")
                % {
                    "site": site.name,
                    "pages": f"{report.pages:,}",
                    "seconds": f"{report.seconds:.1f}",
                    "rate": f"{rate:,.0f}",
                }
            )

    def _explain(self, resource_id: int) -> None:
        first = explain_publication(resource_id)
        if not first:
            raise CommandError(_("Item %(id)s is in no channel.") % {"id": resource_id})
        self.stdout.write(_("Its publication writes %(count)s files:") % {"count": len(first)})
        self._list(first)
        later = explain_change(resource_id)
        if later:
            self.stdout.write(_("A new title or a withdrawal also writes:"))
            self._list(later)

    def _list(self, dependents: list[Dependent]) -> None:
        for dependent in dependents:
            self.stdout.write(f"  {dependent.site}/{dependent.path}  ({dependent.reason})")

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.webarchive.capturing import capture_site
from jiyue.sites.models import Site


class Command(BaseCommand):
    """`jiyue capture-site`: pages of a former site into the web archive, after a decision of two people."""

    help = "Take in pages of a former site from a folder or WARC file and propose them for the web archive."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("key", help="key of the site that will show the pages")
        parser.add_argument(
            "--from",
            dest="source",
            type=Path,
            required=True,
            metavar="FOLDER|FILE",
            help="the folder that wget wrote for the host, or a .warc or .warc.gz file",
        )
        parser.add_argument("--actor", required=True, help="login name of somebody who looks after the site")
        parser.add_argument(
            "--captured-on", type=date.fromisoformat, help="day of the copy, such as 2026-11-20; else today"
        )
        parser.add_argument("--reason", default="", help="why these pages are worth keeping")
        parser.add_argument("--dry-run", action="store_true", help="read and clean everything, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the pages in and say what came of it."""
        site = Site.objects.filter(key=options["key"]).first()
        if site is None:
            raise CommandError(_("There is no site with the key “%(key)s”.") % {"key": options["key"]})
        actor = (
            StaffAccount.objects.select_related("person", "unit").filter(login_name=options["actor"]).first()
        )
        if actor is None or not actor.is_active:
            raise CommandError(_("There is no account %(name)s.") % {"name": options["actor"]})
        try:
            report = capture_site(
                site=site,
                source=options["source"],
                captured_on=options["captured_on"] or clock.today(),
                reason=options["reason"] or _("Pages of the former site that stay worth reading"),
                actor=actor,
                is_dry_run=options["dry_run"],
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        counts = {"pages": f"{report.pages:,}", "files": f"{report.files:,}"}
        self.stdout.write(_("%(pages)s pages, %(files)s pictures and documents") % counts)
        for reason, count in sorted(report.left_out.items()):
            self.stdout.write(_("left out: %(count)s × %(reason)s") % {"count": count, "reason": reason})
        if report.capture is not None:
            self.stdout.write(_("SM3 of the list: %(digest)s") % {"digest": report.capture.manifest_digest})
            self.stdout.write(_("Proposed. A platform manager of the site decides."))

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.publishing.exporting.console import find_operator
from jiyue.publishing.exporting.services import count_files, export_site
from jiyue.publishing.progress import ProgressLine
from jiyue.sites.models import Site


class Command(BaseCommand):
    """`jiyue export-site`: a whole site in one folder or file that stands on its own."""

    help = "Write a whole site (pages, originals, data, history) to a new folder, .zip or .tar file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("key", help="key of the site")
        parser.add_argument(
            "--to", type=Path, required=True, metavar="FOLDER|FILE", help="a name not in use yet"
        )
        parser.add_argument("--with-warc", action="store_true", help="add a web archive (WARC 1.1)")
        parser.add_argument(
            "--with-history",
            action="store_true",
            help="for the archive authority: superseded and withdrawn editions, opinions; not for the public",
        )
        parser.add_argument("--as", dest="login_name", help="platform manager who exports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export and say what came out."""
        site = Site.objects.filter(key=options["key"]).first()
        if site is None:
            raise CommandError(_("There is no site with the key “%(key)s”.") % {"key": options["key"]})
        progress = ProgressLine(site.name, count_files(site))
        try:
            report = export_site(
                site=site,
                destination=options["to"],
                actor=find_operator(options["login_name"]),
                operator=getpass.getuser(),
                with_warc=options["with_warc"],
                with_history=options["with_history"],
                progress=progress.advance,
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        except OSError as error:
            raise CommandError(
                _("The export couldn't be written: %(reason)s. Nothing was left behind.")
                % {"reason": error.strerror or error}
            ) from None
        finally:
            progress.finish()
        self.stdout.write(
            _("%(path)s: %(pages)s public files, %(files)s files in all, %(size)s MB")
            % {
                "path": report.path,
                "pages": f"{report.pages:,}",
                "files": f"{report.files:,}",
                "size": f"{report.size_bytes / 1_000_000:,.1f}",
            }
        )
        self.stdout.write(_("SM3 of the manifest: %(digest)s") % {"digest": report.digest})

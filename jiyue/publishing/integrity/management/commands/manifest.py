from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity.sealing import seal_all
from jiyue.publishing.integrity.verifying import ManifestProblem, verify_export, verify_manifest
from jiyue.sites.models import Site

SHOWN = 50  # problems of one site


class Command(BaseCommand):
    """`jiyue manifest`: sign what changed, or prove what was signed."""

    help = "verify: prove the signed manifest, --files by its exported texts alone; sign: sign what changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("action", choices=("verify", "sign"))
        parser.add_argument("--site", metavar="KEY", help="only this site")
        parser.add_argument(
            "--files",
            metavar="FOLDER",
            nargs="?",
            const="",
            help="prove exported texts and files of an output folder or its copy, without the database",
        )
        parser.add_argument("--keys", metavar="FOLDER", help="with --files: where manifest.pub lies")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it for every site; exit code 1 when a manifest doesn't hold."""
        sites = Site.objects.order_by("pk")
        if options["site"]:
            sites = sites.filter(key=options["site"])
            if not sites.exists():
                raise CommandError(_("There is no site “%(key)s”.") % {"key": options["site"]})
        if options["action"] == "sign":
            for site in sites:
                self.stdout.write(f"{site.key}: {seal_all(site.pk)}")
            return
        broken = [site.key for site in sites if self._verify(site, options)]
        if broken:
            raise SystemExit(1)

    def _verify(self, site: Site, options: dict[str, Any]) -> bool:
        problems = self._find(site, options)
        if not problems:
            self.stdout.write(_("%(site)s: the manifest holds") % {"site": site.key})
        for problem in problems[:SHOWN]:
            self.stdout.write(f"{site.key}: {problem.reason} {problem.path}".rstrip())
        if len(problems) > SHOWN:
            self.stdout.write(_("… and %(count)s more") % {"count": len(problems) - SHOWN})
        return bool(problems)

    def _find(self, site: Site, options: dict[str, Any]) -> list[ManifestProblem]:
        if options["files"] is None:
            return verify_manifest(site)
        root = Path(options["files"]) if options["files"] else output_root()
        keys = Path(options["keys"]) if options["keys"] else None
        try:
            return list(verify_export(root, site.key, key_folder=keys))
        except FileNotFoundError as error:
            return [ManifestProblem("is missing", str(error.filename))]

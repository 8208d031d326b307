import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.core.files import replace_atomically
from jiyue.publishing.delivery.models import KeptFile
from jiyue.publishing.delivery.restoring import open_kept, restore_kept, restore_refusal


class Command(BaseCommand):
    """`jiyue kept`: pages as they were before they were replaced or taken down."""

    help = "List, show or restore pages kept when another edition replaced them or they were withdrawn."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="list kept pages, the newest first")
        listing.add_argument("--site", default="", help="key of a site")
        listing.add_argument("--path", default="", help="beginning of the path")
        listing.add_argument("--limit", type=int, default=50)
        show = actions.add_parser("show", help="write a kept page to a file or to standard output")
        show.add_argument("id", type=int)
        show.add_argument("--to", type=Path, help="file to write")
        restore = actions.add_parser("restore", help="put a kept page back, if its edition is the public one")
        restore.add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out one subcommand."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except KeptFile.DoesNotExist:
            raise CommandError(f"there is no kept page {options['id']}") from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from refusal

    def _list(self, options: dict[str, Any]) -> None:
        rows = KeptFile.objects.select_related("site").order_by("-kept_at", "-pk")
        if options["site"]:
            rows = rows.filter(site__key=options["site"])
        for kept in rows.filter(path__startswith=options["path"])[: options["limit"]]:
            state = "-" if restore_refusal(kept) else "restorable"
            moment = timezone.localtime(kept.kept_at).isoformat(timespec="seconds")
            self.stdout.write(
                f"{kept.pk}  {moment}  {kept.reason}  {kept.site.key}/{kept.path}  "
                f"edition {kept.edition_id}  {kept.size_bytes} B  sm3:{kept.sm3}  {state}"
            )

    def _show(self, options: dict[str, Any]) -> None:
        _kept, data = open_kept(kept_id=options["id"], actor=audit.PLATFORM)
        if options["to"]:
            replace_atomically(options["to"], data)
        else:
            sys.stdout.buffer.write(data)

    def _restore(self, options: dict[str, Any]) -> None:
        kept = restore_kept(kept_id=options["id"], actor=audit.PLATFORM)
        self.stdout.write(f"restored {kept.site.key}/{kept.path}")

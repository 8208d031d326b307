"""`jiyue mirror`: take over what was pushed to this host, after proving every file."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.front.mirror import take_over
from jiyue.publishing.integrity.sealing import FOLDER
from jiyue.publishing.integrity.verifying import verify_export

SHOWN = 20  # file names of one site


class Command(BaseCommand):
    help = "Take over pushed pages whose signed manifest and digests are right; exit code 1 if some aren't."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare folders and kind of run."""
        parser.add_argument("incoming", type=Path, nargs="?", help="folder that the inner host pushes to")
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="go on until stopped, with this pause between rounds",
        )
        parser.add_argument(
            "--verify", action="store_true", help="compare the pages that are shown with what was signed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one round, or round after round."""
        serving = Path(settings.JIYUE_OUTPUT_DIR)
        if options["verify"]:
            self._verify(serving)
            return
        if options["incoming"] is None:
            raise CommandError(_("Name the folder that the inner host pushes to."))
        if options["incoming"].resolve() == serving.resolve():
            raise CommandError(_("Pages are pushed to a folder of its own, not to the one that is shown."))
        while options["every"]:
            self._round(options["incoming"], serving)
            time.sleep(options["every"])
        if not self._round(options["incoming"], serving):
            raise CommandError(_("Some pages were not taken over."))

    def _round(self, incoming: Path, serving: Path) -> bool:
        is_complete = (incoming / FOLDER).is_dir()
        if not is_complete:
            self.stderr.write(f"{incoming / FOLDER} is missing: nothing was pushed yet")
        for done in take_over(incoming, serving):
            is_complete &= done.is_complete
            if done.refusal:
                self.stderr.write(f"{done.site_key}: {done.refusal}")
            elif done.written or done.removed or done.waiting:
                self.stdout.write(
                    f"{done.site_key}: {done.written} written, {done.removed} removed, "
                    f"{len(done.waiting)} not arrived as signed"
                )
            for path in done.waiting[:SHOWN]:
                self.stderr.write(f"  {path}")
        return is_complete

    def _verify(self, serving: Path) -> None:
        problems = 0
        for statement in sorted((serving / FOLDER).glob("*.json")):
            for problem in verify_export(serving, statement.stem):
                problems += 1
                self.stderr.write(f"{statement.stem}/{problem.path}: {problem.reason}")
        if problems:
            raise CommandError(_("%(count)d files differ from what was signed.") % {"count": problems})

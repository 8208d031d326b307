import json
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiyue.core.errors import DomainError
from jiyue.library.batch_import import ImportResult, Outcome, count_documents, import_paths
from jiyue.library.enums import ValidityStatus
from jiyue.library.models import Resource
from jiyue.library.services import ImportPlan, submission_blockers, submit_batch
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.models import Channel

DETAILED_FILES = 20  # up to so many files are reported one by one on the terminal
BAR_WIDTH = 30  # characters


class Command(BaseCommand):
    help = "Import documents (.txt .html .md .docx, folders, tar and zip archives) as drafts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to import, for whom and where to."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--unit", required=True, help="code of the owning unit")
        parser.add_argument(
            "--channel",
            action="append",
            required=True,
            metavar="SITE/KEY",
            help="channel the items are meant for; may be given several times",
        )
        parser.add_argument("--as", dest="login_name", required=True, help="entry clerk who imports")
        parser.add_argument(
            "--validity",
            dest="validity_status",
            choices=ValidityStatus.values,
            default="",
            help="validity of documents that don't state it",
        )
        for name in ("issuing_body", "source", "author"):
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, default="", help="used where a file doesn't state it")
        parser.add_argument("--report", type=Path, help="write one JSON line per file")
        parser.add_argument("--submit", metavar="TITLE", help="submit what is complete as one batch case")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, show progress, report; interrupting is safe."""
        actor = self._find_actor(options["login_name"])
        plan = ImportPlan(
            unit=self._find_unit(options["unit"]),
            channel_ids=tuple(self._find_channel(name).pk for name in options["channel"]),
            **{name: options[name] for name in ("validity_status", "issuing_body", "source", "author")},
        )
        started = time.monotonic()
        total = count_documents(options["paths"])
        results: list[ImportResult] = []
        self._counts: Counter[Outcome] = Counter()
        try:
            for result in import_paths(
                paths=options["paths"],
                plan=plan,
                actor=actor,
            ):
                self._take(result, results, options["report"], total)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        except KeyboardInterrupt:
            self._summarise(results, started)
            raise CommandError("Interrupted. Run the same command again to go on where it stopped.") from None
        self._summarise(results, started)
        if options["submit"]:
            self._submit(results, options["submit"], actor)

    def _find_actor(self, login_name: str) -> StaffAccount:
        account = StaffAccount.objects.select_related("person", "unit").filter(login_name=login_name).first()
        if account is None:
            raise CommandError(f"There is no account {login_name!r}.")
        return account

    def _find_unit(self, code: str) -> Organization:
        unit = Organization.objects.filter(code=code).first()
        if unit is None:
            codes = ", ".join(Organization.objects.order_by("code").values_list("code", flat=True)[:40])
            raise CommandError(f"There is no unit with the code {code!r}. Known: {codes}")
        return unit

    def _find_channel(self, name: str) -> Channel:
        site, _, key = name.partition("/")
        channel = Channel.objects.filter(site__key=site, key=key).first()
        if channel is None:
            known = ", ".join(
                f"{row.site.key}/{row.key}" for row in Channel.objects.select_related("site")[:60]
            )
            raise CommandError(f"There is no channel {name!r}. Known: {known}")
        return channel

    def _take(
        self, result: ImportResult, results: list[ImportResult], report: Path | None, total: int
    ) -> None:
        """Count one result; keep its lines for the summary, not its text."""
        self._counts[result.outcome] += 1
        if report:
            with report.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._as_json(result), ensure_ascii=False) + "\n")
        document = result.document if total <= DETAILED_FILES else None
        results.append(ImportResult(result.name, result.outcome, result.message, document, result.resource))
        done = sum(self._counts.values()) - self._counts[Outcome.SKIPPED]
        if self.stderr.isatty() and total:
            filled = round(BAR_WIDTH * done / total)
            bar = "█" * filled + "·" * (BAR_WIDTH - filled)
            self.stderr.write(f"\r{bar} {done}/{total}", ending="\n" if done == total else "")

    def _as_json(self, result: ImportResult) -> dict[str, object]:
        line: dict[str, object] = {"name": result.name, "outcome": result.outcome, "message": result.message}
        if result.document and result.resource:
            line |= {
                "resource": result.resource.pk,
                "title": result.document.title,
                "found": result.document.found,
                "guessed": result.document.guessed,
                "missing": result.document.missing,
                "notes": [str(note.message) for note in result.document.notes],
            }
        return line

    def _summarise(self, results: list[ImportResult], started: float) -> None:
        seconds = time.monotonic() - started
        for result in results:
            self._print_result(result)
        read = self._counts[Outcome.IMPORTED] + self._counts[Outcome.FAILED]
        # the parent's peak; ru_maxrss counts KiB on Linux
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        counts = ", ".join(f"{self._counts[outcome]} {outcome}" for outcome in Outcome)
        self.stdout.write(
            f"{counts}; {seconds:.1f} s, {read / seconds:.0f} documents/s, peak memory {peak_mib:.0f} MiB"
        )

    def _print_result(self, result: ImportResult) -> None:
        if result.outcome in (Outcome.FAILED, Outcome.SKIPPED):
            self.stdout.write(f"{result.outcome}: {result.name}: {result.message}")
        if result.document is None or result.resource is None:
            return
        self.stdout.write(f"{result.name} → #{result.resource.pk} {result.document.title}")
        self.stdout.write(f"  found:   {', '.join(result.document.found) or '-'}")
        self.stdout.write(f"  guessed: {', '.join(result.document.guessed) or '-'}")
        self.stdout.write(f"  missing: {', '.join(result.document.missing) or '-'}")
        for note in result.document.notes:
            self.stdout.write(f"  note:    {note.message}")

    def _submit(self, results: list[ImportResult], title: str, actor: StaffAccount) -> None:
        ready: list[Resource] = []
        for result in results:
            if result.resource is None:
                continue
            reasons = submission_blockers(result.resource, actor=actor)
            if reasons:
                listed = " ".join(str(reason) for reason in reasons)
                self.stdout.write(f"not submitted: {result.name}: {listed}")
            else:
                ready.append(result.resource)
        try:
            case = submit_batch(resources=ready, title=title, actor=actor)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        self.stdout.write(f"batch case {case.pk} with {case.item_count} items waits for review")

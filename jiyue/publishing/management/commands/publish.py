import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.publishing.dependencies import (
    Dependent,
    count_channel_outputs,
    count_site_outputs,
    count_theme_outputs,
    explain_change,
    explain_publication,
    find_resource,
)
from jiyue.publishing.progress import ProgressLine, bar_line
from jiyue.publishing.rebuild import count_pages, rebuild_site
from jiyue.publishing.services import refresh_all_sites
from jiyue.publishing.work.enums import BatchState
from jiyue.publishing.work.models import PublishingBatch
from jiyue.publishing.work.rebuilding import carry_out, open_rebuild
from jiyue.publishing.work.selectors import (
    BatchProgress,
    list_batches,
    list_failures,
    progress_of,
    queue_depth,
)
from jiyue.publishing.work.wording import LANES, title_of
from jiyue.sites.models import Channel, Site

SHOWN_BATCHES = 10
SHOWN_FAILURES = 20


class Command(BaseCommand):
    """`jiyue publish`: what an operator asks of the publisher."""

    help = "Write all pages anew, bring sites up to date, show the queue, or say which files depend on what."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--all", action="store_true", help="write every page of every site")
        what.add_argument(
            "--refresh", action="store_true", help="have the worker bring changed sites up to date"
        )
        what.add_argument("--status", action="store_true", help="show lanes and batches")
        what.add_argument("--explain", type=int, metavar="ID", help="name the files an item changes")
        what.add_argument("--explain-edition", type=int, metavar="ID", help="the same for an edition's item")
        what.add_argument(
            "--explain-site", metavar="KEY", help="count the files that a site's settings change"
        )
        what.add_argument(
            "--explain-channel", type=int, metavar="ID", help="count the files that a channel's change writes"
        )
        what.add_argument(
            "--explain-theme", metavar="NAME", help="count the files that a theme's change writes"
        )
        parser.add_argument("--site", help="with --all: only the site with this key")
        parser.add_argument("--workers", type=int, help="with --all: processes (default: one per core)")
        parser.add_argument(
            "--direct", action="store_true", help="with --all: without the queue, while no worker runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for."""
        if options["all"]:
            self._write_all(options)
        elif options["refresh"]:
            refresh_all_sites()
            self.stdout.write(_("The worker brings every site whose pages look different up to date."))
        elif options["status"]:
            self._status()
        elif options["explain_site"] is not None:
            self._counts(count_site_outputs(self._site(options["explain_site"])))
        elif options["explain_theme"] is not None:
            self._counts(count_theme_outputs(options["explain_theme"]))
        elif options["explain_channel"] is not None:
            self._counts(count_channel_outputs(self._channel(options["explain_channel"])))
        else:
            self._explain(options["explain"], options["explain_edition"])

    def _site(self, key: str) -> Site:
        site = Site.objects.filter(key=key).first()
        if site is None:
            raise CommandError(_("There is no site with the key “%(key)s”.") % {"key": key})
        return site

    def _channel(self, pk: int) -> Channel:
        channel = Channel.objects.select_related("site").filter(pk=pk).first()
        if channel is None:
            raise CommandError(_("There is no channel %(id)s.") % {"id": pk})
        return channel

    def _write_all(self, options: dict[str, Any]) -> None:
        sites = [self._site(options["site"])] if options["site"] else list(Site.objects.order_by("pk"))
        if options["direct"]:
            for site in sites:
                self._rebuild_directly(site, options["workers"])
            return
        workers = options["workers"] or len(os.sched_getaffinity(0))
        batches = [open_rebuild(site_id=site.pk) for site in sites]
        progress = BatchLines(batches)
        carry_out(batches, processes=workers, report=progress.report)
        progress.finish()
        for batch in PublishingBatch.objects.filter(pk__in=[batch.pk for batch in batches]).order_by("pk"):
            self._tell(batch)
        if any(progress_of(batch).failed for batch in batches):
            raise CommandError(_("Some pages couldn't be written; the others are."))

    def _rebuild_directly(self, site: Site, workers: int | None) -> None:
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

    def _status(self) -> None:
        for lane, depth in queue_depth().items():
            self.stdout.write(
                _("%(lane)s: %(count)s waiting, the oldest for %(seconds)s s")
                % {"lane": LANES[lane], "count": f"{depth.count:,}", "seconds": round(depth.oldest_seconds)}
            )
        batches = list_batches(SHOWN_BATCHES)
        if not batches:
            self.stdout.write(_("There was no batch yet."))
        for batch in batches:
            self._tell(batch)

    def _tell(self, batch: PublishingBatch) -> None:
        state = BatchState(batch.state).label
        self.stdout.write(f"{batch.pk}  {state}  {_line(batch, progress_of(batch))}")
        for failure in list_failures(batch)[:SHOWN_FAILURES]:
            where = failure.placement.path if failure.placement else failure.step.key
            self.stdout.write(f"    {where}: {failure.reason}")

    def _explain(self, resource_id: int | None, edition_id: int | None) -> None:
        if resource_id is None:
            resource_id = find_resource(edition_id or 0)
            if resource_id is None:
                raise CommandError(_("There is no edition %(id)s.") % {"id": edition_id})
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

    def _counts(self, counts: list[tuple[str, int]]) -> None:
        for what, count in counts:
            self.stdout.write(f"{count:>12,}  {what}")
        self.stdout.write(f"{sum(count for _what, count in counts):>12,}  {_('files in all')}")


class BatchLines:
    """What a terminal shows while batches run: one line redrawn; elsewhere a plain line at every tenth."""

    def __init__(self, batches: list[PublishingBatch]):
        self._batches = batches
        self._is_terminal = sys.stderr.isatty()
        self._tenth = dict.fromkeys((batch.pk for batch in batches), 0)

    def report(self) -> None:
        """Show how far the first unfinished batch is."""
        wanted = PublishingBatch.objects.select_related("site").filter(pk__in=self._tenth)
        batch = wanted.filter(state=BatchState.OPEN).order_by("pk").first()
        if batch is None:
            return
        progress = progress_of(batch)
        if self._is_terminal:
            sys.stderr.write(f"\r{_line(batch, progress)}\x1b[K")
            sys.stderr.flush()
        elif progress.percent // 10 > self._tenth[batch.pk]:
            self._tenth[batch.pk] = progress.percent // 10
            sys.stderr.write(f"{_line(batch, progress)}\n")

    def finish(self) -> None:
        """Leave the line."""
        if self._is_terminal:
            sys.stderr.write("\n")


def _line(batch: PublishingBatch, progress: BatchProgress) -> str:
    return bar_line(
        title_of(batch),
        done=progress.done,
        total=progress.total,
        rate=progress.rate,
        left_seconds=progress.remaining_seconds,
        failed=progress.failed,
    )

"""What the worker does for stored media: leftovers removed, unscanned files scanned."""

from collections.abc import Iterator, Sequence
from datetime import time
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, leftovers, virus_scan
from jiyue.core.models import ScanState
from jiyue.core.schedule import JOBS, Job
from jiyue.library.models import MediaFile
from jiyue.library.services.media import media_path


def sweep_media() -> Iterator[object]:
    """Remove files whose upload was undone; each removal is in the running log, the number in the trail."""
    removed = 0
    for name in leftovers.sweep(Path(settings.JIYUE_MEDIA_DIR), _known):
        removed += 1
        yield name
    if removed:
        audit.record(
            actor=audit.PLATFORM,
            verb="media.swept",
            subject_type="media",
            subject_id="",
            removed=removed,
        )


def _known(names: Sequence[str]) -> set[str]:
    return set(MediaFile.objects.filter(name__in=list(names)).values_list("name", flat=True))


def rescan_media() -> Iterator[object]:
    """Scan files that came in while the scanner was away, one a step."""
    for media in MediaFile.objects.filter(scan_state=ScanState.NOT_SCANNED).order_by("pk").iterator():
        try:
            with media_path(media.name).open("rb") as file:
                verdict = virus_scan.scan(file)
        except FileNotFoundError:
            verdict = virus_scan.Verdict(ScanState.NOT_SCANNED, "the file is missing")
        save_verdict(media, verdict)
        yield media


@transaction.atomic
def save_verdict(media: MediaFile, verdict: virus_scan.Verdict) -> None:
    """Write down what the scanner said about a stored file.

    An infected one is neither sent to staff nor released any more; what is
    public already is taken down by the unit's leaders, who are told.

    Source: GL 七(一)3 (SEC-06).
    """
    is_scanned = verdict.state != ScanState.NOT_SCANNED
    MediaFile.objects.filter(pk=media.pk).update(
        scan_state=verdict.state, scan_note=verdict.note, scanned_at=clock.now() if is_scanned else None
    )
    if verdict.state == ScanState.INFECTED:
        virus_scan.report(
            virus_scan.Infection(
                media.original_name, verdict.note, audit.PLATFORM, media.unit_id, "media", str(media.pk)
            )
        )


def _count() -> dict[str, int]:
    return dict(MediaFile.objects.order_by().values_list("scan_state").annotate(number=Count("pk")))


def register() -> None:
    """Enter the sweep into the schedule and the store into the scanner's round."""
    JOBS.register("library.media_sweep", Job(sweep_media, at=time(3, 40)))
    virus_scan.STORES.register(
        "media", virus_scan.ScannedStore(_("pictures, recordings and attachments"), _count, rescan_media)
    )

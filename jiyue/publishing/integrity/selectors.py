"""The state of the tamper watch, for boards and pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from jiyue.core import clock, crypto
from jiyue.publishing.integrity.models import SignedManifest, Sweep, TamperEvent, TamperState, WatchSign
from jiyue.sites.models import Site

SILENT_SECONDS = 60  # a watch that gives no sign so long is gone


@dataclass(frozen=True)
class SiteIntegrity:
    """One site's signed state and last comparison; either may be missing still."""

    site: Site
    manifest: SignedManifest | None
    root: str  # digest of the signed statement, "" while there is none
    sweep: Sweep | None


def open_events() -> QuerySet[TamperEvent]:
    """Tampering that isn't put right yet, the newest first."""
    return list_events().filter(state=TamperState.OPEN)


def list_events() -> QuerySet[TamperEvent]:
    """All that was found, the newest first."""
    return TamperEvent.objects.select_related("site").order_by("-seen_at", "-pk")


def last_sweeps(site_ids: Iterable[int] | None = None) -> dict[int, Sweep]:
    """The newest full comparison by site id.

    Args:
        site_ids: Sites; all by default.
    """
    sweeps = Sweep.objects.all() if site_ids is None else Sweep.objects.filter(site__in=list(site_ids))
    newest = sweeps.order_by().values("site").annotate(newest=Max("pk")).values("newest")
    return {sweep.site_id: sweep for sweep in Sweep.objects.filter(pk__in=newest)}


def list_site_integrity(sites: QuerySet[Site]) -> list[SiteIntegrity]:
    """Sites with their signed state and last comparison, by name."""
    found = list(sites.order_by("name", "pk"))
    manifests = {row.site_id: row for row in SignedManifest.objects.filter(site__in=found)}
    sweeps = last_sweeps(site.pk for site in found)
    return [
        SiteIntegrity(site, manifest, _root(manifest), sweeps.get(site.pk))
        for site in found
        for manifest in [manifests.get(site.pk)]
    ]


def _root(manifest: SignedManifest | None) -> str:
    return crypto.sm3_hex(manifest.statement.encode()) if manifest and manifest.statement else ""


def running_watch(now: datetime | None = None) -> WatchSign | None:
    """The watch that gave a sign of life within the last minute, None when none did."""
    since = (now or clock.now()) - timedelta(seconds=SILENT_SECONDS)
    return WatchSign.objects.filter(seen_at__gte=since).order_by("-seen_at").first()

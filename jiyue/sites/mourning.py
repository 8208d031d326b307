"""Days of mourning: the pages of chosen sites in grey from one moment to another.

The grey is one stylesheet that every page links, so ordering it writes one
file per site and no page; prints stay as they are.

Source: product decision for days of national mourning ordered by the State Council.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount
from jiyue.sites.announcements import MOURNING_CHANGED
from jiyue.sites.keeping import keeper_refusal
from jiyue.sites.models import MourningPeriod, Site

MAX_DAYS = 31  # a longer period is a typing mistake
MAX_REASON_CHARS = 300


class MourningRefused(DomainError):
    """A period of mourning that can't be ordered, or can't be ended."""

    code = "mourning_refused"


def list_periods(site_ids: Collection[int]) -> QuerySet[MourningPeriod]:
    """Every period ordered for these sites, the latest first."""
    periods = MourningPeriod.objects.filter(site__in=site_ids)
    return periods.select_related("site", "ordered_by__person", "ended_by__person").order_by(
        "-starts_at", "-pk"
    )


def is_in_mourning(site_id: int, at: datetime | None = None) -> bool:
    """Whether a site is grey at a moment (default: now)."""
    at = at or clock.now()
    return MourningPeriod.objects.filter(site=site_id, starts_at__lte=at, ends_at__gt=at).exists()


def get_next_change(site_id: int) -> datetime | None:
    """When a site turns grey or back the next time, as far as that is ordered."""
    now = clock.now()
    moments = MourningPeriod.objects.filter(site=site_id, ends_at__gt=now).values_list("starts_at", "ends_at")
    return min((moment for pair in moments for moment in pair if moment > now), default=None)


def order_refusal(
    *, sites: Sequence[Site], starts_at: datetime, ends_at: datetime, reason: str, actor: StaffAccount
) -> DomainError | None:
    """Say why these sites can't be grey in that time, or None; feeds the service and the test."""
    if not sites:
        return MourningRefused(
            _("No site is chosen."), fix=_("Tick the sites that turn grey."), field="sites"
        )
    if not reason.strip():
        return MourningRefused(
            _("A reason is missing."), fix=_("Name the order that the mourning follows."), field="reason"
        )
    if ends_at <= max(starts_at, clock.now()):
        return MourningRefused(
            _("The end lies before the beginning, or in the past."),
            fix=_("Correct the times."),
            field="ends_at",
        )
    if ends_at - starts_at > timedelta(days=MAX_DAYS):
        return MourningRefused(
            _("A period of mourning lasts %(days)s days at most.") % {"days": MAX_DAYS},
            fix=_("Correct the times."),
            field="ends_at",
        )
    refusals = (keeper_refusal(site, actor) or _overlap(site, starts_at, ends_at) for site in sites)
    return next((refusal for refusal in refusals if refusal), None)


def _overlap(site: Site, starts_at: datetime, ends_at: datetime) -> MourningRefused | None:
    if not MourningPeriod.objects.filter(site=site, starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        return None
    return MourningRefused(
        _("%(site)s is in mourning in that time already.") % {"site": site.name},
        fix=_("End that period first, or leave the site out."),
        field="sites",
    )


@transaction.atomic
def order_mourning(
    *, sites: Iterable[Site], starts_at: datetime, ends_at: datetime, reason: str, actor: StaffAccount
) -> list[MourningPeriod]:
    """Have sites turn grey from one moment to another; all of them or none.

    Args:
        sites: Sites that the actor looks after.
        starts_at: When they turn grey; a moment in the past means now.
        ends_at: When they turn back.
        reason: The order that is followed.
        actor: Who orders it.

    Raises:
        NotSiteKeeper: The actor doesn't look after one of the sites.
        MourningRefused: No site, no reason, or times that don't fit.
    """
    wanted = sorted({site.pk for site in sites})
    locked = list(Site.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"))
    starts_at = max(starts_at, clock.now())
    refusal = order_refusal(sites=locked, starts_at=starts_at, ends_at=ends_at, reason=reason, actor=actor)
    if refusal:
        raise refusal
    periods = [
        MourningPeriod.objects.create(
            site=site,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason.strip(),
            ordered_by=actor,
            ordered_at=clock.now(),
        )
        for site in locked
    ]
    for period in periods:
        _record("site.mourning_ordered", period, actor)
        MOURNING_CHANGED.announce(period.site_id)
    return periods


def end_refusal(period: MourningPeriod, actor: StaffAccount) -> DomainError | None:
    """Say why a period can't be ended by this account now, or None; feeds button, service and test."""
    if refusal := keeper_refusal(period.site, actor):
        return refusal
    if period.ends_at <= clock.now():
        return MourningRefused(_("This period is over."), fix=_("Load the page again."))
    return None


@transaction.atomic
def end_mourning(*, period: MourningPeriod, actor: StaffAccount) -> MourningPeriod:
    """End a period now, or take it back before it begins; the row stays for the history.

    Raises:
        NotSiteKeeper: The actor doesn't look after the site.
        MourningRefused: It is over.
    """
    found = MourningPeriod.objects.select_for_update(of=("self",)).select_related("site").get(pk=period.pk)
    if refusal := end_refusal(found, actor):
        raise refusal
    now = clock.now()
    found.starts_at, found.ends_at = min(found.starts_at, now), now
    found.ended_by, found.ended_at = actor, now
    found.save(update_fields=["starts_at", "ends_at", "ended_by", "ended_at"])
    _record("site.mourning_ended", found, actor)
    MOURNING_CHANGED.announce(found.site_id)
    return found


def _record(verb: str, period: MourningPeriod, actor: StaffAccount) -> None:
    facts = {
        "period": period.pk,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
    }
    audit.record_many(actor=actor.audit_actor(), verb=verb, facts=[audit.Fact("site", period.site_id, facts)])

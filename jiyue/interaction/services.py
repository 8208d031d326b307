"""Turns opened inbox rows into records, one transaction each, harmless when repeated."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F

from jiyue.core import audit, clock, crypto
from jiyue.core.inbox import HANDLERS, Submission
from jiyue.interaction import view_totals
from jiyue.interaction.models import (
    CitizenInput,
    CitizenMessage,
    CorrectionReport,
    CountedSubmission,
    PageViews,
)
from jiyue.library.models import Resource
from jiyue.publishing.visits.services import add_referrals
from jiyue.sites.models import Site
from jiyue.sites.selectors import list_sites

CORRECTION_TOPIC = "correction"
COMMENT_TOPIC = "comment"
VIEWS_TOPIC = "views"
# Sums of readers by the website that sent them travel in the same batch: `referral:<day>:<site key>:<host>`.
REFERRAL_PREFIX = "referral:"
FORGET_COUNTED_AFTER = timedelta(days=7)  # an inbox row is handled again within minutes or never


def register() -> None:
    """Tell the inbox who handles which topic."""
    HANDLERS.register(CORRECTION_TOPIC, receive_correction_report)
    HANDLERS.register(COMMENT_TOPIC, receive_citizen_message)
    HANDLERS.register(VIEWS_TOPIC, count_views)


def receive_correction_report(submission: Submission) -> None:
    """Record a report of an error on a page, with its audit entry.

    Raises:
        Site.DoesNotExist: The site was removed meanwhile; the inbox keeps the row.

    Source: NT 18; GL 八(一)1 (IAX-17).
    """
    _receive(CorrectionReport, submission, subject_type="correction_report")


def receive_citizen_message(submission: Submission) -> None:
    """Record a comment on a page, with its audit entry.

    Raises:
        Site.DoesNotExist: The site was removed meanwhile; the inbox keeps the row.
    """
    _receive(CitizenMessage, submission, subject_type="citizen_message")


@transaction.atomic
def _receive(model: type[CitizenInput], submission: Submission, *, subject_type: str) -> None:
    fields = submission.fields
    row, is_new = model._default_manager.get_or_create(
        submission_id=submission.id,
        defaults={
            "site": Site.objects.get(key=submission.site_key),
            "page_url": fields["page"],
            "page_title": fields["page_title"],
            "text": fields["text"],
            "contact": fields["contact"],
            "code_hash": submission.code_hash,
            "received_at": submission.received_at,
        },
    )
    if is_new:
        audit.record(
            actor=audit.PLATFORM,
            verb=f"{subject_type}.received",
            subject_type=subject_type,
            subject_id=row.pk,
            site=submission.site_key,
            page=row.page_url,
            text_sm3=crypto.sm3_hex(row.text.encode()),  # the words themselves may have to be erased
        )


@transaction.atomic
def count_views(submission: Submission) -> None:
    """Add one batch of views and referrals to the totals and refresh the public totals of views.

    Views of what isn't public are dropped. The public files follow after
    commit; a crash in between leaves them one batch behind until the resource
    is read again, which a view count can bear.

    Source: NT 页首; NB 页面 (PUB-14); CQ (十一) (PUB-20).
    """
    _, is_new = CountedSubmission.objects.get_or_create(
        submission_id=submission.id, defaults={"counted_at": clock.now()}
    )
    if not is_new:
        return
    sums = {key: int(number) for key, number in submission.fields.items()}
    _count_referrals({key: number for key, number in sums.items() if key.startswith(REFERRAL_PREFIX)})
    views = {int(key): number for key, number in sums.items() if not key.startswith(REFERRAL_PREFIX)}
    live = Resource.objects.filter(pk__in=views, live__isnull=False).values_list("pk", flat=True)
    counted = {pk: views[pk] for pk in live}
    PageViews.objects.bulk_create([PageViews(resource_id=pk) for pk in counted], ignore_conflicts=True)
    for pk, number in sorted(counted.items()):
        PageViews.objects.filter(pk=pk).update(count=F("count") + number)
    CountedSubmission.objects.filter(counted_at__lt=clock.now() - FORGET_COUNTED_AFTER).delete()
    transaction.on_commit(lambda: view_totals.publish(counted))


def _count_referrals(sums: Mapping[str, int]) -> None:
    """Hand the sums over by site and day; a site that was removed meanwhile is left out."""
    by_site: defaultdict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    for key, number in sums.items():
        day, site_key, host = key.removeprefix(REFERRAL_PREFIX).split(":", 2)
        by_site[site_key, date.fromisoformat(day)][host] = number
    known = {site.key for site in list_sites()} if by_site else set()
    for (site_key, on_day), counts in by_site.items():
        if site_key in known:
            add_referrals(site_key, on_day, counts)

"""Who sees captured pages of former sites in the back office, and withdrawing a single one."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jiyue.core import audit, clock, outbox
from jiyue.core.models import OutboxPriority
from jiyue.core.text import storable
from jiyue.library.permissions import WITHDRAWING_ROLES
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_unit_ids
from jiyue.publishing import topics
from jiyue.publishing.webarchive.announcements import CAPTURED_SHOWN
from jiyue.publishing.webarchive.capture_sources import CaptureRefused
from jiyue.publishing.webarchive.models import Capture, CapturedPage
from jiyue.sites.keeping import list_kept_sites
from jiyue.sites.selectors import get_site_units, list_footer_roles

MAX_REASON_CHARS = 500


def list_seen_captures(actor: StaffAccount) -> QuerySet[Capture]:
    """Captures of the sites that somebody looks after, or whose pages they may withdraw; the newest first."""
    kept = list_kept_sites(actor).order_by().values("pk")
    withdrawn = list_footer_roles(get_unit_ids(actor, WITHDRAWING_ROLES)).values("site_id")
    rows = Capture.objects.filter(Q(site__in=kept) | Q(site__in=withdrawn))
    return rows.select_related("site", "change").order_by("-pk")


def withdrawal_refusal(page: CapturedPage, actor: StaffAccount) -> CaptureRefused | None:
    """Say why somebody can't withdraw a page, or None. Feeds the button, the service and the test."""
    if page.archived_on is None or page.withdrawn_on is not None:
        return CaptureRefused(_("This captured page isn't public."), fix=_("Reload the page."))
    units = get_site_units(page.site_id)
    own = {unit.pk for unit in (*units.sponsors, *units.operators)}
    if own & set(get_unit_ids(actor, WITHDRAWING_ROLES)):
        return None
    return CaptureRefused(
        _("Only a leader of the site's sponsor or operator withdraws a captured page."),
        fix=_("Please ask the leader in charge."),
    )


@transaction.atomic
def withdraw_captured(*, page: CapturedPage, reason: str, actor: StaffAccount) -> CapturedPage:
    """Take one captured page off the site at once; it stays in the records.

    Raises:
        CaptureRefused: See `withdrawal_refusal`, or the reason is missing.

    Source: GL 三(二)3 (SITE-23); LIB-16 (withdrawal overtakes everything).
    """
    page = CapturedPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if refusal := withdrawal_refusal(page, actor):
        raise refusal
    reason = storable(reason).strip()[:MAX_REASON_CHARS]
    if not reason:
        raise CaptureRefused(
            _("The reason is missing."), fix=_("Write why the page is withdrawn."), field="reason"
        )
    page.withdrawn_on, page.withdrawal_reason = clock.today(), reason
    page.withdrawn_by_person_id = actor.person_id
    page.save(update_fields=["withdrawn_on", "withdrawal_reason", "withdrawn_by_person_id"])
    outbox.request(topics.CAPTURED, topics.pair(page.site_id, 0), priority=OutboxPriority.WITHDRAWAL)
    CAPTURED_SHOWN.announce([page.pk])
    audit.record(
        actor=actor.audit_actor(),
        verb="webarchive.capture_withdrawn",
        subject_type="captured_page",
        subject_id=page.pk,
        path=page.path,
        reason=reason,
    )
    return page

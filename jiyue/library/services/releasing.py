"""From a completed case to the live edition. The only writer of editions in the product."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority
from jiyue.library.announcements import EDITION_RELEASED, ITEM_IS_OUT, EditionReleased
from jiyue.library.checks import Moment, run_checks
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, IndexCounter, LiveEdition, Resource, ResourceRevision
from jiyue.library.richtext import html_to_text
from jiyue.library.services.editing import ChannelNotOpen, require_open_channels
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import value
from jiyue.review.models import ReviewCase


class NotReleasable(DomainError):
    """An approved item that can't go out as it is."""

    code = "not_releasable"


def release_revision(*, revision: ResourceRevision, case: ReviewCase, moment: datetime) -> Edition | None:
    """Freeze a reviewed revision into an edition, in review's transaction.

    The publication time is the server's at the release, as review took it: the
    same for all items that go out together. Nobody hands one in. Whoever
    changes what is public locks the resource's row first.

    Returns:
        The new live edition, or None when the item was withdrawn after the case
        was approved: the withdrawal stands until a later review.

    Raises:
        NotReleasable: One of its channels isn't open to the unit any more, or a check stops it.

    Source: GL 五(三)1; HT 附件(单项否决7) (LIB-02, REV-29).
    """
    resource = (
        Resource.objects.select_for_update(of=("self",)).select_related("unit").get(pk=revision.resource_id)
    )
    if resource.withdrawals.filter(withdrawn_at__gte=case.closed_at).exists():
        _hold_back(resource, case)
        return None
    _require_open_channels(revision, resource.unit)
    _require_checks(resource, revision)
    live = LiveEdition.objects.filter(resource=resource).first()
    newest = resource.editions.order_by("-number").only("number", "index_number").first()
    content = revision.content
    if not content.index_number:
        number = newest.index_number if newest else ""
        content = content.with_values(index_number=number or _next_index_number(resource.unit))
    edition = Edition.objects.create(
        resource=resource,
        number=newest.number + 1 if newest else 1,
        revision=revision,
        case=case,
        kind=content.kind,
        title=content.title,
        index_number=content.index_number,
        content_json=content.as_json(),
        body_text=html_to_text(content.body_html),
        digest=content.digest(),
        published_at=moment,
    )
    _make_live(edition, live)
    Resource.objects.filter(pk=resource.pk).update(status=ResourceStatus.APPROVED)
    audit.record(
        actor=audit.PLATFORM,
        verb="edition.released",
        subject_type="resource",
        subject_id=resource.pk,
        edition=edition.pk,
        case=case.pk,
        digest=edition.digest,
    )
    priority = OutboxPriority.BULK if case.is_batch else OutboxPriority.URGENT
    EDITION_RELEASED.announce(EditionReleased(edition, is_first=live is None, priority=priority))
    return edition


def _hold_back(resource: Resource, case: ReviewCase) -> None:
    Resource.objects.filter(pk=resource.pk).update(status=ResourceStatus.WITHDRAWN)
    audit.record(
        actor=audit.PLATFORM,
        verb="edition.held_back",
        subject_type="resource",
        subject_id=resource.pk,
        case=case.pk,
        reason="withdrawn after the approval",
    )


def _require_open_channels(revision: ResourceRevision, unit: Organization) -> None:
    try:
        require_open_channels(revision.content.channel_ids, unit)
    except ChannelNotOpen:
        raise NotReleasable(
            _("At least one of the channels of “%(title)s” isn't open to %(unit)s any more.")
            % {"title": revision.content.title, "unit": unit.name},
            fix=_("Return the item, so that the clerk chooses other channels."),
        ) from None


def _require_checks(resource: Resource, revision: ResourceRevision) -> None:
    """Run the checks again: rules may have changed since the submission (REV-25)."""
    content = revision.content
    remarks = run_checks(resource, content, unit=resource.unit, moment=Moment.RELEASE)
    reasons = [str(remark.text) for remark in remarks if remark.is_blocking]
    if reasons:
        raise NotReleasable(
            _("“%(title)s” can't be released. %(reasons)s")
            % {"title": content.title, "reasons": " ".join(reasons)},
            fix=_("Return the item, so that the clerk mends it."),
        )


def _make_live(edition: Edition, live: LiveEdition | None) -> None:
    if live is None:
        LiveEdition.objects.create(
            resource_id=edition.resource_id, edition=edition, first_published_at=edition.published_at
        )
    else:
        LiveEdition.objects.filter(pk=live.pk).update(edition=edition)


def _next_index_number(unit: Organization) -> str:
    """Next number after the profile's pattern, without double (LIB-04; NT 页首, NB 页首).

    A number that an imported document brought along is passed over.
    """
    pattern = str(value("library.index_number_pattern", unit).value)
    year = clock.today().year
    counter = IndexCounter.objects.filter(unit=unit, year=year)
    while True:
        if not counter.update(last_serial=F("last_serial") + 1):  # locks the row until the transaction ends
            IndexCounter.objects.get_or_create(unit=unit, year=year)
            continue
        serial = counter.values_list("last_serial", flat=True).get()
        number = pattern.format(unit=unit.code, year=year, serial=serial)
        if not Edition.objects.filter(index_number=number).exists():
            return number


@transaction.atomic
def confirm_published(*, resource_id: int) -> None:
    """Record that every page of an approved item is out; called by publishing."""
    approved = Resource.objects.filter(pk=resource_id, status=ResourceStatus.APPROVED)
    if approved.update(status=ResourceStatus.PUBLISHED):
        ITEM_IS_OUT.announce(resource_id)

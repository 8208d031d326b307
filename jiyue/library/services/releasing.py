"""From a completed case to the live edition. The only writer of editions in the product."""

from django.db import transaction
from django.db.models import F

from jiyue.core import audit, clock
from jiyue.core.models import OutboxPriority
from jiyue.library.announcements import EDITION_RELEASED, EditionReleased
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, IndexCounter, LiveEdition, Resource, ResourceRevision
from jiyue.library.richtext import html_to_text
from jiyue.organizations.models import Organization
from jiyue.review.models import ReviewCase


def release_revision(*, revision: ResourceRevision, case: ReviewCase) -> Edition:
    """Freeze a reviewed revision into an edition, in review's transaction.

    The publication time is the server's; nobody hands one in.

    Source: GL 五(三)1; HT 附件(单项否决7) (LIB-02, REV-29).
    """
    resource = revision.resource
    now = clock.now()
    live = LiveEdition.objects.select_related("edition").filter(resource=resource).first()
    content = revision.content
    if not content.index_number:
        number = live.edition.index_number if live else _earlier_index_number(resource)
        content = content.with_values(index_number=number or _next_index_number(resource.unit))
    edition = Edition.objects.create(
        resource=resource,
        number=resource.editions.count() + 1,
        revision=revision,
        case=case,
        kind=content.kind,
        title=content.title,
        index_number=content.index_number,
        content_json=content.as_json(),
        body_text=html_to_text(content.body_html),
        digest=content.digest(),
        published_at=now,
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


def _make_live(edition: Edition, live: LiveEdition | None) -> None:
    if live is None:
        LiveEdition.objects.create(
            resource_id=edition.resource_id, edition=edition, first_published_at=edition.published_at
        )
    else:
        LiveEdition.objects.filter(pk=live.pk).update(edition=edition)


def _earlier_index_number(resource: Resource) -> str:
    earlier = resource.editions.order_by("-number").first()
    return earlier.index_number if earlier else ""


def _next_index_number(unit: Organization) -> str:
    """Unit code / year - serial of five digits, without gap or double (LIB-04; NT 页首, NB 页首)."""
    year = clock.today().year
    IndexCounter.objects.get_or_create(unit=unit, year=year)
    IndexCounter.objects.filter(unit=unit, year=year).update(last_serial=F("last_serial") + 1)
    serial = IndexCounter.objects.get(unit=unit, year=year).last_serial
    return f"{unit.code}/{year}-{serial:05d}"


@transaction.atomic
def confirm_published(*, resource_id: int) -> None:
    """Record that every page of an approved item is out; called by publishing."""
    Resource.objects.filter(pk=resource_id, status=ResourceStatus.APPROVED).update(
        status=ResourceStatus.PUBLISHED
    )

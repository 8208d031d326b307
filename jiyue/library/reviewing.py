"""The library as a client of review: what happens to an item when its case ends."""

from collections.abc import Sequence

from jiyue.core import audit
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource, ResourceRevision
from jiyue.review.models import CaseItem, ReviewCase
from jiyue.review.reviewable import REVIEWABLES

SUBJECT_TYPE = "resource"


class ResourceReviewable:
    """Callbacks for items of the library."""

    def released(self, item: CaseItem, case: ReviewCase) -> None:
        """Freeze the pinned revision into an edition and make it the live one."""
        from jiyue.library.services.releasing import release_revision  # noqa: PLC0415  # services import this module

        revision = ResourceRevision.objects.select_related("resource__unit").get(pk=item.pin)
        release_revision(revision=revision, case=case)

    def returned(self, items: Sequence[CaseItem], case: ReviewCase, reason: str) -> None:
        """Unlock the items for their clerks."""
        ids = [int(item.subject_key) for item in items]
        Resource.objects.filter(pk__in=ids, status=ResourceStatus.IN_REVIEW).update(
            status=ResourceStatus.RETURNED
        )
        for resource_id in ids:
            audit.record(
                actor=audit.PLATFORM,
                verb="resource.returned",
                subject_type="resource",
                subject_id=resource_id,
                case=case.pk,
                reason=reason,
            )


def register() -> None:
    """Tell review about items of the library."""
    REVIEWABLES.register(SUBJECT_TYPE, _REVIEWABLE)


_REVIEWABLE = ResourceReviewable()

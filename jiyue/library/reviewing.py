"""The library as a client of review: what happens to an item when its case ends."""

from collections.abc import Sequence

from jiyue.core import audit, clock, crypto
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource, ResourceRevision
from jiyue.review.models import CaseItem, ReviewCase
from jiyue.review.reviewable import REVIEWABLES

SUBJECT_TYPE = "resource"


class PinnedStateChanged(Exception):
    """The reviewed state was changed behind the platform's back; it is never released."""


class ResourceReviewable:
    """Callbacks for items of the library."""

    def released(self, item: CaseItem, case: ReviewCase) -> None:
        """Freeze the pinned revision into an edition and make it the live one.

        Raises:
            PinnedStateChanged: It isn't what the reviewers approved.
            NotReleasable: It can't go out as it is; the case has to be returned.
        """
        from jiyue.library.services.releasing import release_revision  # noqa: PLC0415  # services import this module

        revision = ResourceRevision.objects.get(pk=item.pin)
        if crypto.sm3_hex(crypto.canonical_json(revision.content_json)) != item.digest:
            raise PinnedStateChanged(item.title)
        release_revision(revision=revision, case=case, moment=item.released_at or clock.now())

    def returned(self, items: Sequence[CaseItem], case: ReviewCase, reason: str) -> None:
        """Unlock the items for their clerks."""
        ids = [int(item.subject_key) for item in items]
        Resource.objects.filter(pk__in=ids, status=ResourceStatus.IN_REVIEW).update(
            status=ResourceStatus.RETURNED
        )
        audit.record_many(
            actor=audit.PLATFORM,
            verb="resource.returned",
            facts=[audit.Fact("resource", pk, {"case": case.pk, "reason": reason}) for pk in ids],
        )


def register() -> None:
    """Tell review about items of the library."""
    REVIEWABLES.register(SUBJECT_TYPE, _REVIEWABLE)


_REVIEWABLE = ResourceReviewable()

"""Releasing the items of a completed batch case, one transaction each."""

from collections.abc import Sequence

from jiyue.core import outbox
from jiyue.core.errors import DomainError
from jiyue.review.models import CaseItem
from jiyue.review.services import RELEASE_TOPIC, ReviewRefused, hand_back_item, release_item


@outbox.handles(RELEASE_TOPIC, batch_size=1)
def release(keys: Sequence[str]) -> None:
    """Release the named case items; one that its room refuses goes back to its authors."""
    for item in CaseItem.objects.select_related("case__submitter").filter(pk__in=keys):
        try:
            release_item(item)
        except ReviewRefused:
            raise
        except DomainError as refusal:
            hand_back_item(item=item, refusal=refusal)

"""Releasing the items of a completed batch case, one transaction each."""

from collections.abc import Sequence

from jiyue.core import outbox
from jiyue.review.models import CaseItem
from jiyue.review.services import RELEASE_TOPIC, release_item


@outbox.handles(RELEASE_TOPIC, batch_size=1)
def release(keys: Sequence[str]) -> None:
    """Release the named case items."""
    for item in CaseItem.objects.select_related("case__submitter").filter(pk__in=keys):
        release_item(item)

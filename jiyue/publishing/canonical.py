"""Following a change of an item's canonical address on a site.

An item in several channels of one site has one canonical address there (see
`selectors.get_canonical_paths`). When that placement leaves, the pages that
stay, and the sitemap parts that name them, say another one.
"""

from collections.abc import Collection

from jiyue.core import outbox
from jiyue.core.models import OutboxPriority
from jiyue.publishing import topics
from jiyue.publishing.models import Placement


def ask_for_twins(leaving: Collection[int]) -> None:
    """Ask, in the caller's transaction, for the live placements beside those that left their channels.

    Args:
        leaving: Placements that aren't live any more.
    """
    gone = Placement.objects.filter(pk__in=leaving)
    for resource_id, site_id in gone.values_list("resource_id", "site_id").distinct():
        twins = Placement.objects.filter(resource=resource_id, site=site_id, is_live=True)
        for pk, shard in twins.order_by("pk").values_list("pk", "sitemap_shard"):
            outbox.request(topics.PLACEMENT, pk, priority=OutboxPriority.URGENT)
            outbox.request(topics.SITEMAP, topics.pair(site_id, shard), priority=OutboxPriority.URGENT)

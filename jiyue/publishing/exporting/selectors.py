"""What other rooms ask about an imported site."""

from collections.abc import Iterator

from jiyue.publishing.models import Placement


def list_live_resource_ids(site_id: int) -> Iterator[int]:
    """Resources that are public on a site, in the order of their keys."""
    live = Placement.objects.filter(site=site_id, is_live=True, resource__live__isnull=False)
    return live.order_by("resource_id").values_list("resource_id", flat=True).distinct().iterator()

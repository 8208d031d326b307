"""What the board asks about stores."""

from datetime import timedelta

from django.db.models import Count

from jiyue.core import clock
from jiyue.publishing.delivery.models import StoreError


def store_errors(hours: int) -> dict[str, int]:
    """Batches that the stores didn't take in the last hours, by site key; sites without trouble are left out.

    Args:
        hours: How far to look back.

    Source: GL 七(二)1 (SEC-14).
    """
    since = clock.now() - timedelta(hours=hours)
    rows = StoreError.objects.filter(failed_at__gte=since).values("site_key").annotate(count=Count("pk"))
    return dict(rows.order_by("site_key").values_list("site_key", "count"))

"""Sites and channels as other rooms see them."""

from collections.abc import Collection

from django.db.models import QuerySet

from jiyue.sites.models import Channel, Site


def list_sites() -> QuerySet[Site]:
    """Every site with the units its footer names."""
    return Site.objects.select_related("sponsor", "operator").order_by("id")


def list_channels(site: Site) -> QuerySet[Channel]:
    """The site's channels in menu order."""
    return Channel.objects.filter(site=site).select_related("parent").order_by("position", "id")


def list_open_channels(unit_ids: Collection[int]) -> QuerySet[Channel]:
    """Channels into which one of the units may have its items placed (CHAN-06)."""
    return (
        Channel.objects.filter(contributors__in=unit_ids)
        .distinct()
        .select_related("site", "parent")
        .order_by("site_id", "position", "id")
    )

"""Placements as lists, neighbours, feeds and other rooms see them. What is shown is decided here."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.library.content import ResourceContent
from jiyue.library.models import LiveEdition
from jiyue.publishing import topics
from jiyue.publishing.addresses import PAGE_SIZE, shard_of
from jiyue.publishing.details import PublicEdition
from jiyue.publishing.entries import Entry, ShownItem
from jiyue.publishing.models import MediaUse, Placement, PublishedChannel, PublishedSite
from jiyue.publishing.related_items import load_related_items
from jiyue.sites.models import Channel

NEWEST_PART = 250  # pages written in one step; an urgent publication waits a tenth of a second behind it
_KEYS = 500  # numbers in one query
_ITEM_FIELDS = ("pk", "resource_id", "sequence", "path", "entry_json")


def list_live_placements(resource_ids: Iterable[int]) -> QuerySet[Placement]:
    """Live placements of resources, oldest first, with site and channel."""
    return (
        Placement.objects.filter(resource_id__in=list(resource_ids), is_live=True)
        .select_related("site", "channel")
        .order_by("pk")
    )


def list_shown() -> QuerySet[Placement]:
    """Placements that lists, feeds and sitemaps may name: live, and their page is out."""
    return Placement.objects.filter(is_live=True, rendered_edition__isnull=False)


def _items(placements: QuerySet[Placement]) -> list[ShownItem]:
    return [_item(row) for row in placements.values_list(*_ITEM_FIELDS)]


def _item(row: Sequence[Any]) -> ShownItem:
    pk, resource_id, sequence, path, entry = row
    return ShownItem(pk, resource_id, sequence, path, Entry.from_json(entry))


def list_newer(channel_id: int, sequence: int, limit: int) -> list[ShownItem]:
    """The next newer items of a channel, the nearest first."""
    return _items(list_shown().filter(channel=channel_id, sequence__gt=sequence).order_by("sequence")[:limit])


def list_older(channel_id: int, sequence: int, limit: int) -> list[ShownItem]:
    """The next older items of a channel, the nearest first."""
    return _items(
        list_shown().filter(channel=channel_id, sequence__lt=sequence).order_by("-sequence")[:limit]
    )


def list_between(channel_id: int, first: int, last: int) -> list[ShownItem]:
    """Items of a channel from one sequence to another, the newest first."""
    shown = list_shown().filter(channel=channel_id, sequence__gte=first, sequence__lte=last)
    return _items(shown.order_by("-sequence"))


def list_index_items(channel_id: int) -> list[ShownItem]:
    """Items of a channel's newest list page: the last full page and all that came after it."""
    newest_full = get_full_pages(channel_id)
    first = max(0, newest_full - 1) * PAGE_SIZE + 1
    shown = list_shown().filter(channel=channel_id, sequence__gte=first)
    return _items(shown.order_by("-sequence"))


def list_page_items(channel_id: int, number: int) -> list[ShownItem]:
    """Items of one frozen list page, the newest first."""
    return _items(list_shown().filter(channel=channel_id, list_page=number).order_by("-sequence"))


def list_newest_of_channels(channel_ids: Sequence[int], limit: int) -> list[ShownItem]:
    """The newest items of several channels of one site, each resource once."""
    found = [item for channel in channel_ids for item in list_older(channel, 2**31 - 1, limit)]
    return _without_repeats(sorted(found, key=lambda item: item.placement_id, reverse=True))[:limit]


def list_newest_of_site(site_id: int, limit: int) -> list[ShownItem]:
    """The newest items of a site, each resource once; looks at the last `2 * limit` placements."""
    shown = list_shown().filter(site=site_id).order_by("-site_sequence")[: 2 * limit]
    return _without_repeats(_items(shown))[:limit]


def list_newest_placements(site_id: int, part: int) -> list[int]:
    """Ids of a site's newest live placements: `NEWEST_PART` of them, part 0 being the newest."""
    live = Placement.objects.filter(site=site_id, is_live=True).order_by("-site_sequence")
    start = part * NEWEST_PART
    return list(live.values_list("pk", flat=True)[start : start + NEWEST_PART])


def _without_repeats(items: Iterable[ShownItem]) -> list[ShownItem]:
    return list({item.resource_id: item for item in reversed(list(items))}.values())[::-1]


def get_full_pages(channel_id: int) -> int:
    """How many frozen list pages a channel has."""
    last = PublishedChannel.objects.filter(channel=channel_id).values_list("last_sequence", flat=True).first()
    return (last or 0) // PAGE_SIZE


def get_last_shard(site_id: int) -> int:
    """Number of the newest sitemap shard of a site; 0 while nothing was placed."""
    last = PublishedSite.objects.filter(site=site_id).values_list("last_sequence", flat=True).first()
    return shard_of(last) if last else 0


def get_public_editions(placements: QuerySet[Placement]) -> dict[int, PublicEdition]:
    """Live editions of placed resources with what their pages need, by resource id."""
    rows = list(_public_rows(placements))
    own = {row[0]: row[7].get("validity_status", "") for row in rows}
    related = load_related_items(own)
    return {
        row[0]: PublicEdition(
            resource_id=row[0],
            edition_id=row[1],
            number=row[2],
            index_number=row[3],
            released_at=row[4],
            first_published_at=row[5],
            content=ResourceContent.from_json(row[7]),
            unit_name=row[6],
            validity=related.validities[row[0]],
            related_items=related.items.get(row[0], ()),
        )
        for row in rows
    }


def _public_rows(placements: QuerySet[Placement]) -> QuerySet[LiveEdition, tuple[Any, ...]]:
    return LiveEdition.objects.filter(resource_id__in=placements.values("resource_id")).values_list(
        "resource_id",
        "edition_id",
        "edition__number",
        "edition__index_number",
        "edition__published_at",
        "first_published_at",
        "resource__unit__name",
        "edition__content_json",
    )


def list_sitemap_rows(site_id: int, shard: int) -> list[tuple[str, dict[str, Any]]]:
    """Path and stored entry of the pages in one sitemap part, oldest first.

    An item in several channels of the site is named once, by its canonical address.
    """
    shown = list_shown().filter(site=site_id, sitemap_shard=shard).order_by("site_sequence")
    rows = list(shown.values_list("resource_id", "path", "entry_json"))
    canonical = get_canonical_paths(site_id, {row[0] for row in rows})
    return [(path, entry) for pk, path, entry in rows if entry is not None and canonical.get(pk) == path]


def get_canonical_paths(site_id: int, resource_ids: Collection[int]) -> dict[int, str]:
    """Canonical path by resource: that of its oldest live placement on a site.

    An item in several channels of one site has one canonical address there, so
    that search engines count it once. The oldest placement never changes while
    it is live. Other sites have their own.

    Source: CQ (十一) (PUB-20); product decision.
    """
    # Without the site in the condition: a database might read a whole site instead of these items.
    live = Placement.objects.filter(is_live=True, resource_id__in=resource_ids).order_by("-pk")
    rows = live.values_list("resource_id", "site_id", "path")
    return {resource_id: path for resource_id, site, path in rows if site == site_id}


def list_resources_with_media(name: str) -> list[int]:
    """Resources whose pages need a file of the media store."""
    rows = MediaUse.objects.filter(name=name).values_list("placement__resource_id", flat=True)
    return sorted(set(rows))


def has_waiting_files(site_id: int) -> bool:
    """Whether files of a site are still to be written or removed: a list may name what was withdrawn.

    What failed on behalf of a withdrawal waits for a person and counts as well.
    """
    waiting = OutboxMessage.objects.filter(
        Q(status__in=(OutboxStatus.PENDING, OutboxStatus.RUNNING))
        | Q(status=OutboxStatus.FAILED, priority=OutboxPriority.WITHDRAWAL)
    )
    of_site = waiting.filter(topic__in=(topics.HOME, topics.SITE), key=site_id)
    parts = waiting.filter(
        topic__in=(topics.SITEMAP, topics.NEWEST, topics.CAPTURED), key__startswith=f"{site_id}/"
    )
    if of_site.exists() or parts.exists():
        return True
    rows = waiting.filter(topic__in=(topics.CHANNEL, topics.LIST, topics.ARCHIVE)).values_list(
        "key", flat=True
    )
    channels = {int(key.partition("/")[0]) for key in rows}
    if channels & set(Channel.objects.filter(site=site_id).values_list("pk", flat=True)):
        return True
    placements = [int(key) for key in waiting.filter(topic=topics.PLACEMENT).values_list("key", flat=True)]
    return any(
        Placement.objects.filter(site=site_id, pk__in=placements[start : start + _KEYS]).exists()
        for start in range(0, len(placements), _KEYS)
    )

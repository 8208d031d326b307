"""Placing editions in channels and taking them out; asking for sites to be brought up to date.

Everything here only writes rows, in the transaction of whoever calls it; pages
follow from the outbox.
"""

from django.db import transaction
from django.db.models import F

from jiyue.core import clock, outbox
from jiyue.core.models import OutboxPriority
from jiyue.library.announcements import EditionReleased, ResourceWithdrawn
from jiyue.library.catalogue.announcements import RelationsChanged
from jiyue.library.selectors import get_live_edition
from jiyue.library.services.releasing import confirm_published
from jiyue.library.use.announcements import PicksChanged
from jiyue.library.use.picks import get_picked_channel_ids
from jiyue.library.use.recording import record_placed
from jiyue.publishing import topics
from jiyue.publishing.addresses import PAGE_SIZE, SHARD_SIZE, detail_path, list_page_of, shard_of
from jiyue.publishing.canonical import ask_for_twins
from jiyue.publishing.models import Placement, PublishedChannel, PublishedSite
from jiyue.publishing.selectors import get_full_pages
from jiyue.sites.models import Channel, Site


def place_edition(fact: EditionReleased) -> None:
    """Bring the placements of a resource in line with its new edition's channels.

    The channels into which other units picked it keep showing it. A placement
    keeps its place and address for ever: one that leaves the channel list stops
    being live, one that comes back is the same again.

    Raises:
        DomainError: A channel's address can't carry pages; nothing is released then.

    Source: GL 五(三)1; NB 19 (LIB-02).
    """
    edition = fact.edition
    own = set(edition.content.channel_ids)
    wanted = own | get_picked_channel_ids(edition.resource_id)
    existing = {row.channel_id: row for row in Placement.objects.filter(resource_id=edition.resource_id)}
    shown = {row.channel_id for row in existing.values() if row.is_live}
    channels = Channel.objects.filter(pk__in=wanted - shown).select_related("site").order_by("pk")
    coming = list(channels)
    new = [
        _place(edition.resource_id, channel, fact.priority)
        for channel in coming
        if channel.pk not in existing
    ]
    record_placed(
        resource_id=edition.resource_id,
        edition_id=edition.pk,
        unit_id=edition.resource.unit_id,
        channels=[channel for channel in coming if channel.pk in own],
    )
    leaving = [row.pk for row in existing.values() if row.is_live and row.channel_id not in wanted]
    staying = [row.pk for row in existing.values() if row.channel_id in wanted]
    Placement.objects.filter(pk__in=leaving).update(is_live=False)
    Placement.objects.filter(pk__in=staying).update(is_live=True)
    for placement_id in (*staying, *(placement.pk for placement in new)):
        outbox.request(topics.PLACEMENT, placement_id, priority=fact.priority)
    for placement_id in leaving:
        outbox.request(topics.PLACEMENT, placement_id, priority=OutboxPriority.WITHDRAWAL)
    ask_for_twins(leaving)
    if not staying and not new:
        confirm_published(resource_id=edition.resource_id)


def place_picks(fact: PicksChanged) -> None:
    """Place a public item in the channels it was picked into, and take it out of those it left.

    Raises:
        DomainError: A channel's address can't carry pages; nothing is confirmed then.

    Source: GL 五(三)2; GL 八(二)3 (LIB-10).
    """
    edition = get_live_edition(fact.resource_id)
    if edition is None:
        return
    wanted = set(edition.content.channel_ids) | get_picked_channel_ids(fact.resource_id)
    placements = {row.channel_id: row for row in Placement.objects.filter(resource_id=fact.resource_id)}
    coming = [row.pk for row in placements.values() if row.channel_id in wanted and not row.is_live]
    leaving = [row.pk for row in placements.values() if row.channel_id not in wanted and row.is_live]
    channels = Channel.objects.filter(pk__in=wanted - set(placements)).select_related("site").order_by("pk")
    coming += [_place(fact.resource_id, channel, OutboxPriority.URGENT).pk for channel in channels]
    Placement.objects.filter(pk__in=coming).update(is_live=True)
    Placement.objects.filter(pk__in=leaving).update(is_live=False)
    for placement_id in coming:
        outbox.request(topics.PLACEMENT, placement_id, priority=OutboxPriority.URGENT)
    for placement_id in leaving:
        outbox.request(topics.PLACEMENT, placement_id, priority=OutboxPriority.WITHDRAWAL)
    ask_for_twins(leaving)


def _place(resource_id: int, channel: Channel, priority: OutboxPriority) -> Placement:
    now = clock.now()
    sequence = _next_in_channel(channel)
    site_sequence = _next_on_site(channel.site)
    placement = Placement.objects.create(
        resource_id=resource_id,
        channel=channel,
        site_id=channel.site_id,
        sequence=sequence,
        list_page=list_page_of(sequence),
        site_sequence=site_sequence,
        sitemap_shard=shard_of(site_sequence),
        path=detail_path(channel.path, now, resource_id),
        placed_at=now,
    )
    if sequence % PAGE_SIZE == 0:  # the page is full, even if this item never gets on it
        outbox.request(topics.LIST, topics.pair(channel.pk, placement.list_page), priority=priority)
    if site_sequence % SHARD_SIZE == 1:
        outbox.request(
            topics.SITEMAP, topics.pair(channel.site_id, placement.sitemap_shard), priority=priority
        )
    return placement


def _next_in_channel(channel: Channel) -> int:
    row = PublishedChannel.objects.filter(channel=channel)
    following = F("last_sequence") + 1
    if not row.update(last_sequence=following):  # locks the row until the transaction ends
        PublishedChannel.objects.get_or_create(channel=channel)
        row.update(last_sequence=following)
    return row.values_list("last_sequence", flat=True).get()


def _next_on_site(site: Site) -> int:
    row = PublishedSite.objects.filter(site=site)
    following = F("last_sequence") + 1
    if not row.update(last_sequence=following):
        _row, is_new = PublishedSite.objects.get_or_create(site=site)
        if is_new:
            refresh_site(site_id=site.pk)
        row.update(last_sequence=following)
    return row.values_list("last_sequence", flat=True).get()


def take_down(fact: ResourceWithdrawn) -> None:
    """Take a withdrawn resource off every site, before everything else that waits.

    Lists are asked for at once and not only after the page is gone, so that no
    single failure leaves the item standing anywhere.

    Source: GL 八(二)2; NT 23 (LIB-16).
    """
    placements = list(
        Placement.objects.filter(resource_id=fact.resource.pk, is_live=True).select_related("channel")
    )
    Placement.objects.filter(pk__in=[placement.pk for placement in placements]).update(is_live=False)
    requests = topics.Requests()
    for placement in placements:
        requests.add(topics.PLACEMENT, placement.pk, OutboxPriority.WITHDRAWAL)
    for placement in placements:
        ask_for_lists(
            requests,
            placement.channel,
            list_page=placement.list_page,
            sitemap_shard=placement.sitemap_shard,
            priority=OutboxPriority.WITHDRAWAL,
        )
    requests.send()


def ask_for_lists(
    requests: topics.Requests,
    channel: Channel,
    *,
    list_page: int,
    sitemap_shard: int,
    priority: OutboxPriority,
) -> None:
    """Ask for every list, feed and sitemap part that names one placement in a channel."""
    if list_page <= get_full_pages(channel.pk):
        requests.add(topics.LIST, topics.pair(channel.pk, list_page), priority)
    requests.add(topics.CHANNEL, channel.pk, priority)
    if channel.parent_id:
        requests.add(topics.CHANNEL, channel.parent_id, priority)
    requests.add(topics.HOME, channel.site_id, priority)
    requests.add(topics.SITEMAP, topics.pair(channel.site_id, sitemap_shard), priority)


def show_relations(fact: RelationsChanged) -> None:
    """Have the pages follow that name a changed relation; lists follow where a validity mark changed.

    Source: GL 四(一)4; NT 30 (LIB-07).
    """
    live = Placement.objects.filter(resource_id__in=fact.resource_ids, is_live=True)
    for placement_id in live.order_by("pk").values_list("pk", flat=True):
        outbox.request(topics.PLACEMENT, placement_id, priority=fact.priority)


@transaction.atomic
def refresh_site(*, site_id: int, priority: OutboxPriority = OutboxPriority.URGENT) -> None:
    """Ask for a site's shared files; call it after any change to the site or its channels.

    If the pages would look different, all of them are written again: home page
    and newest lists first, the archive behind them.
    """
    outbox.request(topics.SITE, site_id, priority=priority)


def refresh_changed_site(site_id: int) -> None:
    """Have a site that is public look at its pages again; one that isn't has none."""
    if PublishedSite.objects.filter(site=site_id).exists():
        refresh_site(site_id=site_id)


def refresh_all_sites() -> None:
    """Ask for the shared files of every site, for instance after an upgrade; cheap when nothing changed."""
    for site_id in Site.objects.order_by("pk").values_list("pk", flat=True):
        refresh_site(site_id=site_id)

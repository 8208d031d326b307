"""What the worker does for the publisher: one handler per topic.

Every handler reads the present state under the site's lock, writes files, and
then records them together with its follow-up requests in one transaction. So a
handler may be killed at any instant and run again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction

from jiyue.core.models import OutboxPriority
from jiyue.core.outbox import handles
from jiyue.publishing import topics
from jiyue.publishing.archive import publish_archive_stretch
from jiyue.publishing.lists import write_channel, write_home, write_list_page
from jiyue.publishing.locks import stretches_of_pages
from jiyue.publishing.media import copy_media, remove_unused
from jiyue.publishing.models import Placement
from jiyue.publishing.mourning import MOURNING_PATH, await_next_change, mourning_stylesheet
from jiyue.publishing.publisher import SitePublisher, publishing
from jiyue.publishing.rendering import follow_up, load_batch, save_batch, write_pages
from jiyue.publishing.selectors import list_newest_placements
from jiyue.publishing.shared_files import ask_for_new_frame, write_shared_files
from jiyue.publishing.sitemaps import write_shard
from jiyue.publishing.sites_file import write_sites_file
from jiyue.sites.models import Channel

PLACEMENT_BATCH = 100  # pages; a single urgent item waits a few tenths of a second behind it
LIST_BATCH = 50  # pages


Lanes = Mapping[int, OutboxPriority]


@handles(topics.PLACEMENT, batch_size=PLACEMENT_BATCH)
def publish_placements(keys: Sequence[str]) -> None:
    """Bring placements up to date: page and media written or removed, then lists and neighbours asked for."""
    lanes = {int(key): lane for key, lane in topics.lane_of(topics.PLACEMENT, keys).items()}
    for site_id, placements in _by_site(lanes).items():
        with publishing(site_id) as publisher:
            publish_now(publisher, placements, lanes)


def _by_site(placement_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for site_id, pk in Placement.objects.filter(pk__in=placement_ids).values_list("site_id", "pk"):
        found[site_id].append(pk)
    return found


def publish_now(publisher: SitePublisher, placement_ids: Collection[int], lanes: Lanes) -> None:
    """Bring placements of one site up to date, the site being locked by `publishing`."""
    selection = Placement.objects.filter(pk__in=placement_ids)
    list_pages = selection.values_list("channel_id", "list_page")
    with stretches_of_pages(publisher.pages.site.key, list_pages):
        batch = load_batch(selection)
        copy_media(publisher, {name for names in batch.needs.values() for name in names})
        write_pages(publisher, batch)
        remove_unused(publisher, batch.needs, batch.replaced_resources())
        publisher.flush()
        with transaction.atomic():
            follow_up(publisher.pages, batch, lanes).send()
            save_batch(publisher, batch)  # says that items are out: after what is asked for because of it


@handles(topics.LIST, batch_size=LIST_BATCH)
def publish_list_pages(keys: Sequence[str]) -> None:
    """Write frozen list pages."""
    pairs = [topics.parse_pair(key) for key in keys]
    for site_id, channels in _channels_by_site({channel for channel, _ in pairs}).items():
        own = [pair for pair in pairs if pair[0] in channels]
        before = [(channel, number - 1) for channel, number in own if number > 1]  # it links to a new one
        with publishing(site_id) as publisher, stretches_of_pages(publisher.pages.site.key, own + before):
            for channel_id, number in own:
                write_list_page(publisher, channel_id, number)
            _save(publisher)


@handles(topics.CHANNEL, batch_size=LIST_BATCH)
def publish_channels(keys: Sequence[str]) -> None:
    """Write the newest list pages and feeds of channels."""
    for site_id, channels in _channels_by_site({int(key) for key in keys}).items():
        with publishing(site_id) as publisher:
            for channel_id in channels:
                write_channel(publisher, channel_id)
            _save(publisher)


def _channels_by_site(channel_ids: Collection[int]) -> dict[int, list[int]]:
    by_site: dict[int, list[int]] = defaultdict(list)
    for site_id, pk in Channel.objects.filter(pk__in=channel_ids).values_list("site_id", "pk"):
        by_site[site_id].append(pk)
    return by_site


def _save(publisher: SitePublisher) -> None:
    publisher.flush()
    with transaction.atomic():
        publisher.save_manifest()


@handles(topics.HOME)
def publish_home(keys: Sequence[str]) -> None:
    """Write a site's home page and feed."""
    for key in keys:
        with publishing(int(key)) as publisher:
            write_home(publisher)
            _save(publisher)


@handles(topics.SITEMAP)
def publish_sitemap(keys: Sequence[str]) -> None:
    """Write parts of sitemaps."""
    for key in keys:
        site_id, shard = topics.parse_pair(key)
        with publishing(site_id) as publisher:
            write_shard(publisher, shard)
            _save(publisher)


@handles(topics.SITE)
def publish_site(keys: Sequence[str]) -> None:
    """Write what all pages of a site share; if they look different now, ask for all of them."""
    for key in keys:
        with publishing(int(key)) as publisher:
            write_shared_files(publisher)
            publisher.flush()
            with transaction.atomic():
                publisher.save_manifest()
                ask_for_new_frame(publisher)
    write_sites_file()


@handles(topics.MOURNING)
def publish_mourning(keys: Sequence[str]) -> None:
    """Write a site's stylesheet of mourning, and come back when it changes next."""
    for key in keys:
        with publishing(int(key)) as publisher:
            publisher.write(MOURNING_PATH, mourning_stylesheet(publisher.pages.site))
            publisher.flush()
            with transaction.atomic():
                publisher.save_manifest()
                await_next_change(publisher.site_id)


@handles(topics.ARCHIVE)
def publish_archive(keys: Sequence[str]) -> None:
    """Write a stretch of a channel's pages again, in the site's new frame."""
    for key in keys:
        channel_id, first = topics.parse_pair(key)
        site_id = Channel.objects.values_list("site_id", flat=True).get(pk=channel_id)
        publish_archive_stretch(site_id, channel_id, first)


@handles(topics.NEWEST)
def publish_newest(keys: Sequence[str]) -> None:
    """Write some of a site's newest pages again, in its new frame, before the archive behind them."""
    for key in keys:
        site_id, part = topics.parse_pair(key)
        placements = list_newest_placements(site_id, part)
        with publishing(site_id, is_durable=False) as publisher:  # news among them come by their own rows
            publish_now(publisher, placements, dict.fromkeys(placements, OutboxPriority.URGENT))

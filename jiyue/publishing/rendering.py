"""Bringing placements up to date: their pages, their media, and who has to follow."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.db.models import F, QuerySet

from jiyue.core import clock
from jiyue.core.models import OutboxPriority
from jiyue.library.services.releasing import confirm_published
from jiyue.publishing.delivery.enums import KeptReason
from jiyue.publishing.delivery.keeping import Ending
from jiyue.publishing.details import PublicEdition, build_detail
from jiyue.publishing.entries import Entry, ShownItem
from jiyue.publishing.frames import ChannelFrame, SitePages
from jiyue.publishing.media import record_uses
from jiyue.publishing.models import Placement
from jiyue.publishing.neighbours import Neighbourhood, load_neighbourhoods
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import get_canonical_paths, get_public_editions
from jiyue.publishing.services import ask_for_lists
from jiyue.publishing.splice import DetailWriter, detail_writer
from jiyue.publishing.theme import DetailChannel
from jiyue.publishing.topics import PLACEMENT, SITEMAP, Requests, pair
from jiyue.publishing.webarchive.announcements import ARCHIVE_SHOWN
from jiyue.publishing.webarchive.selectors import get_archive_days


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement as it is stored: the columns that a batch works with."""

    pk: int
    resource_id: int
    channel_id: int
    sequence: int
    list_page: int
    sitemap_shard: int
    path: str
    is_live: bool
    rendered_edition_id: int | None
    entry_json: dict[str, Any] | None


_COLUMNS = tuple(field.name for field in fields(Placed))


@dataclass
class Batch:
    """Placements of one site, before and after.

    Attributes:
        selection: Selects the placements.
        live: Placements that have a page when the batch is done, with their items.
        gone: Placements that have none.
        editions: Live editions by resource.
        changed: Placements whose line in lists appeared, disappeared or reads differently.
        mentions: Placements outside the batch whose pages name a changed one,
            with the changed one's id.
        needs: Media names by placement.
    """

    selection: QuerySet[Placement]
    live: list[tuple[Placed, ShownItem]]
    gone: list[Placed]
    editions: dict[int, PublicEdition]
    changed: list[Placed] = field(default_factory=list)
    mentions: list[tuple[int, int]] = field(default_factory=list)
    needs: dict[int, frozenset[str]] = field(default_factory=dict)

    def redated(self) -> list[Placed]:
        """Placements of which only the sitemap says something new."""
        return [
            placement
            for placement, item in self.live
            if placement.entry_json
            and placement.entry_json["changed_at"] != item.entry.changed_at
            and placement not in self.changed
        ]

    def endings(self) -> list[Ending]:
        """Pages that show another edition so far, or go."""
        found = [
            Ending(placement.path, placement.rendered_edition_id, KeptReason.REMOVED)
            for placement in self.gone
            if placement.rendered_edition_id is not None
        ]
        for placement, _ in self.live:
            before = placement.rendered_edition_id
            if before is not None and before != self.editions[placement.resource_id].edition_id:
                found.append(Ending(placement.path, before, KeptReason.REPLACED))
        return found

    def remarked_resources(self) -> set[int]:
        """Resources whose pages were written with another mark of the web archive than before."""
        return {
            placement.resource_id
            for placement, item in self.live
            if (placement.entry_json or {}).get("archived_on", "") != item.entry.archived_on
        }

    def replaced_resources(self) -> set[int]:
        """Resources withdrawn, or shown in a later edition than their first."""
        later = {edition.resource_id for edition in self.editions.values() if edition.number > 1}
        return later | {placement.resource_id for placement in self.gone}


def load_batch(selection: QuerySet[Placement]) -> Batch:
    """Read the present state of placements of one site."""
    placements = [Placed(*row) for row in selection.values_list(*_COLUMNS)]
    editions = get_public_editions(selection)
    live: list[tuple[Placed, ShownItem]] = []
    gone: list[Placed] = []
    for placement in placements:
        edition = editions.get(placement.resource_id)
        if edition is None or not placement.is_live:
            gone.append(placement)
        else:
            live.append((placement, _item(placement, edition)))
    live = _with_archive_days(live)
    batch = Batch(selection, live, gone, editions)
    for placement, _ in live:
        batch.needs[placement.pk] = editions[placement.resource_id].content.media_names()
    batch.needs.update((placement.pk, frozenset()) for placement in gone)
    batch.changed = [placement for placement, item in live if not item.entry.reads_like(placement.entry_json)]
    batch.changed += [placement for placement in gone if placement.entry_json]
    return batch


def _item(placement: Placed, edition: PublicEdition) -> ShownItem:
    entry = Entry.of(
        edition.content,
        first_published_at=edition.first_published_at,
        released_at=edition.released_at,
        validity=edition.validity,
    )
    return ShownItem(placement.pk, placement.resource_id, placement.sequence, placement.path, entry)


def _with_archive_days(live: list[tuple[Placed, ShownItem]]) -> list[tuple[Placed, ShownItem]]:
    """Items that know since when their pages are in the web archive (SITE-23)."""
    placements = {placement.pk: placement.channel_id for placement, _ in live}
    days = get_archive_days(channel_ids=set(placements.values()), placement_ids=placements)
    if not days.has_any:
        return live
    return [
        (
            placement,
            replace(
                item, entry=replace(item.entry, archived_on=days.of_page(placement.channel_id, placement.pk))
            ),
        )
        for placement, item in live
    ]


def write_pages(publisher: SitePublisher, batch: Batch, *, is_complete: bool = False) -> None:
    """Write the pages of live placements, remove the others, and note whose pages must follow.

    Args:
        publisher: The site, locked.
        batch: What to write.
        is_complete: The batch holds all live placements of a stretch of one channel.
    """
    publisher.keep(batch.endings())
    shown = {placement.pk: item for placement, item in batch.live}
    by_channel: dict[int, list[Placed]] = defaultdict(list)
    for placement in (*(placement for placement, _ in batch.live), *batch.gone):
        by_channel[placement.channel_id].append(placement)
    for channel_id, placements in by_channel.items():
        around = load_neighbourhoods(
            channel_id,
            [placement.sequence for placement in placements],
            [shown[placement.pk] for placement in placements if placement.pk in shown],
            frozenset(batch.needs),
            is_complete=is_complete,
        )
        _write_channel_pages(publisher, batch, placements, around)
        _note_mentions(batch, channel_id, around)


def _write_channel_pages(
    publisher: SitePublisher,
    batch: Batch,
    placements: Sequence[Placed],
    around: Mapping[int, Neighbourhood],
) -> None:
    frame = publisher.pages.channels[placements[0].channel_id]
    writer = writer_of(frame, publisher.pages.site.theme)
    gone = {placement.pk for placement in batch.gone}
    archived = {placement.pk: item.entry.archived_on for placement, item in batch.live}
    canonical = get_canonical_paths(publisher.site_id, {each.resource_id for each in placements})
    for placement in placements:
        if placement.pk in gone:
            publisher.remove(placement.path)
            continue
        nearby = around[placement.sequence]
        page = build_detail(
            batch.editions[placement.resource_id],
            frame,
            placement.path,
            newer=next(iter(nearby.newer(placement.sequence)), None),
            older=nearby.older(placement.sequence),
            canonical_path=canonical.get(placement.resource_id, ""),
            archived_on=archived[placement.pk],
        )
        publisher.write(placement.path, writer.render(page))


def _note_mentions(batch: Batch, channel_id: int, around: Mapping[int, Neighbourhood]) -> None:
    batch.mentions += [
        (item.placement_id, placement.pk)
        for placement in batch.changed
        if placement.channel_id == channel_id
        for item in around[placement.sequence].mentioning(placement.sequence)
        if item.placement_id not in batch.needs
    ]


def writer_of(frame: ChannelFrame, theme: str) -> DetailWriter:
    """Return the writer of a channel's detail pages."""
    last = frame.breadcrumbs[-1]
    channel = DetailChannel(
        name=last.name, url=last.url, breadcrumbs=frame.breadcrumbs, column_type=frame.column_type
    )
    return detail_writer(frame.frame, channel, theme)


def follow_up(pages: SitePages, batch: Batch, lanes: Mapping[int, OutboxPriority]) -> Requests:
    """Return what has to be brought up to date after the batch.

    Args:
        pages: The site.
        batch: What was written.
        lanes: Priority by placement; `BULK` for others.
    """
    requests = Requests()
    for placement in batch.changed:
        ask_for_lists(
            requests,
            pages.channels[placement.channel_id].channel,
            list_page=placement.list_page,
            sitemap_shard=placement.sitemap_shard,
            priority=lanes.get(placement.pk, OutboxPriority.BULK),
        )
    for placement in batch.redated():
        shard = pair(pages.site.pk, placement.sitemap_shard)
        requests.add(SITEMAP, shard, lanes.get(placement.pk, OutboxPriority.BULK))
    for placement_id, cause in batch.mentions:
        requests.add(PLACEMENT, placement_id, lanes.get(cause, OutboxPriority.BULK))
    return requests


def save_batch(publisher: SitePublisher, batch: Batch) -> None:
    """Record what was written, in the caller's transaction."""
    publisher.save_manifest()
    record_uses(publisher.site_id, batch.needs, batch.selection)
    now = clock.now()
    fresh = set()
    for placement, item in batch.live:
        edition_id = batch.editions[placement.resource_id].edition_id
        entry = item.entry.as_json()
        if placement.rendered_edition_id != edition_id:
            fresh.add(placement.resource_id)
        elif placement.entry_json == entry:
            continue
        Placement.objects.filter(pk=placement.pk).update(
            rendered_edition=edition_id, rendered_at=now, entry_json=entry
        )
    Placement.objects.filter(pk__in=[placement.pk for placement in batch.gone]).update(
        rendered_edition=None, rendered_at=None, entry_json=None
    )
    remarked = batch.remarked_resources()
    if remarked:
        ARCHIVE_SHOWN.announce(remarked)
    _confirm(fresh | {placement.resource_id for placement in batch.gone})


def _confirm(resource_ids: Iterable[int]) -> None:
    """Tell the library which approved items are out on all their pages."""
    wanted = set(resource_ids)
    if not wanted:
        return
    waiting = (
        Placement.objects.filter(resource_id__in=wanted, is_live=True)
        .exclude(rendered_edition_id=F("resource__live__edition_id"))
        .values_list("resource_id", flat=True)
    )
    for resource_id in sorted(wanted - set(waiting)):
        confirm_published(resource_id=resource_id)

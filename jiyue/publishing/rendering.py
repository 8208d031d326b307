"""Bringing placements up to date: their pages, their media, and who has to follow."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import F

from jiyue.core import clock
from jiyue.library.services.releasing import confirm_published
from jiyue.publishing.details import PublicEdition, build_detail, media_names
from jiyue.publishing.entries import Entry, ShownItem
from jiyue.publishing.media import record_uses
from jiyue.publishing.models import Placement
from jiyue.publishing.neighbours import Neighbourhood, load_neighbourhoods
from jiyue.publishing.publisher import SitePublisher
from jiyue.publishing.selectors import get_public_editions
from jiyue.publishing.splice import render_spliced


@dataclass
class Batch:
    """Placements of one site, before and after.

    Attributes:
        live: Placements that have a page when the batch is done, with their items.
        gone: Placements that have none.
        editions: Live editions by resource.
        changed: Placements whose line in lists appeared, disappeared or reads differently.
        mentions: Placements outside the batch whose pages name a changed one,
            with the changed one's id.
        needs: Media names by placement.
    """

    live: list[tuple[Placement, ShownItem]]
    gone: list[Placement]
    editions: dict[int, PublicEdition]
    changed: list[Placement] = field(default_factory=list)
    mentions: list[tuple[int, int]] = field(default_factory=list)
    needs: dict[int, frozenset[str]] = field(default_factory=dict)

    def redated(self) -> list[Placement]:
        """Placements of which only the sitemap says something new."""
        return [
            placement
            for placement, item in self.live
            if placement.entry_json
            and placement.entry_json["changed_on"] != item.entry.changed_on
            and placement not in self.changed
        ]

    def replaced_resources(self) -> set[int]:
        """Resources withdrawn, or shown in a later edition than their first."""
        later = {edition.resource_id for edition in self.editions.values() if edition.number > 1}
        return later | {placement.resource_id for placement in self.gone}


def load_batch(placements: Sequence[Placement]) -> Batch:
    """Read the present state of placements of one site (with `channel` joined)."""
    editions = get_public_editions({placement.resource_id for placement in placements})
    live: list[tuple[Placement, ShownItem]] = []
    gone: list[Placement] = []
    for placement in placements:
        edition = editions.get(placement.resource_id)
        if edition is None or not placement.is_live:
            gone.append(placement)
            continue
        entry = Entry.of(
            edition.content,
            first_published_at=edition.first_published_at,
            released_at=edition.released_at,
        )
        live.append(
            (
                placement,
                ShownItem(placement.pk, placement.resource_id, placement.sequence, placement.path, entry),
            )
        )
    batch = Batch(live, gone, editions)
    batch.needs = {
        placement.pk: media_names(editions[placement.resource_id].content) for placement, _ in live
    }
    batch.needs.update((placement.pk, frozenset()) for placement in gone)
    batch.changed = [placement for placement, item in live if not _reads_alike(placement, item)]
    batch.changed += [placement for placement in gone if placement.entry_json]
    return batch


def _reads_alike(placement: Placement, item: ShownItem) -> bool:
    stored = placement.entry_json
    return stored is not None and item.entry.is_shown_alike(Entry.from_json(stored))


def write_pages(publisher: SitePublisher, batch: Batch) -> None:
    """Write the pages of live placements, remove the others, and note whose pages must follow."""
    changed_ids = {placement.pk for placement in batch.changed}
    batch_ids = frozenset(batch.needs)
    shown = {placement.pk: item for placement, item in batch.live}
    by_channel: dict[int, list[Placement]] = defaultdict(list)
    for placement in (*(placement for placement, _ in batch.live), *batch.gone):
        by_channel[placement.channel_id].append(placement)
    for channel_id, placements in by_channel.items():
        around = load_neighbourhoods(
            channel_id,
            [placement.sequence for placement in placements],
            [shown[placement.pk] for placement in placements if placement.pk in shown],
            batch_ids,
        )
        for placement in placements:
            nearby = around[placement.sequence]
            if placement.pk in shown:
                _write_page(publisher, placement, batch.editions[placement.resource_id], nearby)
            else:
                publisher.remove(placement.path)
            if placement.pk in changed_ids:
                batch.mentions += [
                    (item.placement_id, placement.pk)
                    for item in nearby.mentioning(placement.sequence)
                    if item.placement_id not in batch_ids
                ]


def _write_page(
    publisher: SitePublisher, placement: Placement, edition: PublicEdition, nearby: Neighbourhood
) -> None:
    pages = publisher.pages
    page = build_detail(
        edition,
        pages.channels[placement.channel_id],
        placement.path,
        newer=next(iter(nearby.newer(placement.sequence)), None),
        older=nearby.older(placement.sequence),
    )
    publisher.write(placement.path, render_spliced(page, theme=pages.site.theme))


def save_batch(publisher: SitePublisher, batch: Batch) -> None:
    """Record what was written, in the caller's transaction."""
    publisher.save_manifest()
    record_uses(publisher.site_id, batch.needs)
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

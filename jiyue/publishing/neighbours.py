"""Who stands beside whom in a channel, as a batch of placements sees it.

A page names its next newer item, its next older item and a few more older ones
as related. Nothing names an item that is newer by more than one place, so that
a publication changes one other page, and a withdrawal or a new title changes
`OLDER_ITEMS` newer pages and one older page, wherever in the archive it lies.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from jiyue.publishing.details import OLDER_ITEMS
from jiyue.publishing.entries import ShownItem
from jiyue.publishing.selectors import list_between, list_newer, list_older

RUN_GAP = 50  # places; nearer placements share one look at the channel


class Neighbourhood:
    """The shown items around some placements of one channel, the batch's own changes included."""

    def __init__(self, items: Iterable[ShownItem]):
        self._items = sorted(items, key=lambda item: item.sequence)
        self._sequences = [item.sequence for item in self._items]

    def newer(self, sequence: int, limit: int = 1) -> list[ShownItem]:
        """The next newer items, the nearest first."""
        place = bisect_left(self._sequences, sequence + 1)
        return self._items[place : place + limit]

    def older(self, sequence: int) -> list[ShownItem]:
        """The next older items that a page names, the nearest first."""
        place = bisect_left(self._sequences, sequence)
        return self._items[max(0, place - OLDER_ITEMS) : place][::-1]

    def mentioning(self, sequence: int) -> list[ShownItem]:
        """The items whose pages name the item at `sequence`."""
        return self.newer(sequence, OLDER_ITEMS) + self.older(sequence)[:1]


def load_neighbourhoods(
    channel_id: int,
    sequences: Sequence[int],
    shown_now: Sequence[ShownItem],
    batch_ids: frozenset[int],
    *,
    is_complete: bool = False,
) -> dict[int, Neighbourhood]:
    """Return the surroundings of each place.

    Args:
        channel_id: The channel.
        sequences: Places of the batch in the channel.
        shown_now: Items of the batch that are shown when it is done.
        batch_ids: Every placement of the batch, also those that go.
        is_complete: The batch holds all live placements between its first and its last.
    """
    found: dict[int, Neighbourhood] = {}
    ordered = sorted(sequences)
    for run in [ordered] if is_complete and ordered else _runs(ordered):
        first, last = run[0], run[-1]
        around = [
            *list_older(channel_id, first, OLDER_ITEMS),
            *([] if is_complete else list_between(channel_id, first, last)),
            *list_newer(channel_id, last, OLDER_ITEMS),
        ]
        own = [item for item in shown_now if first <= item.sequence <= last]
        items = [item for item in around if item.placement_id not in batch_ids]
        neighbourhood = Neighbourhood([*items, *own])
        found.update((sequence, neighbourhood) for sequence in run)
    return found


def _runs(sequences: list[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for sequence in sequences:
        if run and sequence - run[-1] > RUN_GAP:
            yield run
            run = []
        run.append(sequence)
    if run:
        yield run

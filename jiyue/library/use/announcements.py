"""Facts of picking that higher rooms react to, inside the same transaction."""

from dataclasses import dataclass

from jiyue.core.registries import Announcement


@dataclass(frozen=True)
class PicksChanged:
    """The channels into which others picked an item aren't the same any more."""

    resource_id: int


PICKS_CHANGED: Announcement[PicksChanged] = Announcement("picks changed")

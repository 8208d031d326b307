"""Facts of the catalogue that higher rooms react to, inside the same transaction."""

from dataclasses import dataclass

from jiyue.core.models import OutboxPriority
from jiyue.core.registries import Announcement


@dataclass(frozen=True)
class RelationsChanged:
    """What other items say about these resources changed: their pages, lists and search entries follow."""

    resource_ids: frozenset[int]
    priority: OutboxPriority


RELATIONS_CHANGED: Announcement[RelationsChanged] = Announcement("relations between documents changed")

"""What higher rooms are told when a year changes."""

from dataclasses import dataclass
from datetime import date

from jiyue.core.audit import AuditActor
from jiyue.core.registries import Announcement


@dataclass(frozen=True)
class CalendarChanged:
    """A year has a new plan in force.

    Attributes:
        number: Version that is in force now.
        first_on: First day that the old or the new plan decides about.
        last_on: Last such day; a clock that runs outside both keeps its date.
        source: Document it rests on, for the record of a recomputed clock.
        is_provisional: Whether the new plan still is provisional.
    """

    year: int
    number: int
    first_on: date
    last_on: date
    source: str
    is_provisional: bool
    actor: AuditActor


CALENDAR_CHANGED: Announcement[CalendarChanged] = Announcement("calendar changed")

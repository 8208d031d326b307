"""How a room below `obligations` starts and stops a legal clock.

Such a room announces; `obligations` listens and writes its rows in the same
transaction. Rooms above call the services of `obligations` themselves.
"""

from dataclasses import dataclass, field
from datetime import datetime

from jiyue.core.audit import AuditActor
from jiyue.core.registries import Announcement


@dataclass(frozen=True)
class ClockStarted:
    """Something is owed from now on.

    Attributes:
        kind: Registered kind of obligation, e.g. `personnel.successor`.
        subject_type: What it is about, e.g. `personnel_change`.
        subject_key: Identifier of the subject; kind and subject together are unique.
        title: What is to be done, in the words of the to-do list.
        unit_id: Unit that owes it.
        person_id: Person who owes it, where it is one person's.
        path: Address of the page where it is done, inside the back office.
        opened_at: When the clock starts.
        due_at: Moment it is due where somebody set it; otherwise the policy value of the kind says.
    """

    kind: str
    subject_type: str
    subject_key: str
    title: str
    unit_id: int
    opened_at: datetime
    actor: AuditActor
    person_id: int | None = None
    path: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class ClockStopped:
    """What was owed is done, or owed no longer.

    Attributes:
        is_satisfied: True for done; False where the reason fell away.
        reason: Why, where it fell away.
    """

    kind: str
    subject_type: str
    subject_key: str
    actor: AuditActor
    is_satisfied: bool = True
    reason: str = field(default="")


CLOCK_STARTED: Announcement[ClockStarted] = Announcement("clock started")
CLOCK_STOPPED: Announcement[ClockStopped] = Announcement("clock stopped")

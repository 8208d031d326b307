"""Clocks for tests, started as the rooms below start them."""

from datetime import datetime

from jiyue.core import audit, clock
from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.obligations.models import Obligation
from jiyue.obligations.sweeping import sweep
from jiyue.organizations.models import Organization


def start_clock(
    unit: Organization,
    key: str = "1",
    *,
    kind: str = "personnel.successor",
    person_id: int | None = None,
    due_at: datetime | None = None,
    title: str = "报送接任的审核负责人",
    opened_at: datetime | None = None,
) -> Obligation:
    """Announce a clock and return its row."""
    CLOCK_STARTED.announce(
        ClockStarted(
            kind=kind,
            subject_type="thing",
            subject_key=key,
            title=title,
            unit_id=unit.pk,
            person_id=person_id,
            opened_at=opened_at or clock.now(),
            due_at=due_at,
            actor=audit.PLATFORM,
        )
    )
    return Obligation.objects.filter(kind=kind, subject_key=key).latest("pk")


def stop_clock(key: str = "1", *, kind: str = "personnel.successor", reason: str = "") -> None:
    """Announce that a clock stops: done, or its reason fell away where one is given."""
    CLOCK_STOPPED.announce(
        ClockStopped(
            kind=kind,
            subject_type="thing",
            subject_key=key,
            is_satisfied=not reason,
            reason=reason,
            actor=audit.PLATFORM,
        )
    )


def run_sweep() -> int:
    """Sweep to the end; return how many clocks were touched."""
    return sum(sweep())

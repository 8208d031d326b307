"""What this room hears from the rooms below: clocks that start and stop, calendars that change, reforms."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.recomputing import mark_for_recomputing
from jiyue.obligations.services import Owed, hand_over, lapse, open_obligation, satisfy
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization
from jiyue.policy.work_calendar.announcements import CALENDAR_CHANGED, CalendarChanged


@CLOCK_STARTED.listen
def start(fact: ClockStarted) -> None:
    """Start the clock that a room below announced, in its transaction."""
    owed = Owed(
        kind=fact.kind,
        subject_type=fact.subject_type,
        subject_key=fact.subject_key,
        title=fact.title,
        unit=Organization.objects.get(pk=fact.unit_id),
        person_id=fact.person_id,
        path=fact.path,
    )
    open_obligation(owed=owed, opened_at=fact.opened_at, actor=fact.actor, due_at=fact.due_at)


@CLOCK_STOPPED.listen
def stop(fact: ClockStopped) -> None:
    """Stop the clock that a room below announced, in its transaction; none may run."""
    if fact.is_satisfied:
        satisfy(
            kind=fact.kind,
            subject_type=fact.subject_type,
            subject_key=fact.subject_key,
            actor=fact.actor,
        )
    else:
        lapse(
            kind=fact.kind,
            subject_type=fact.subject_type,
            subject_key=fact.subject_key,
            reason=fact.reason,
            actor=fact.actor,
        )


@CALENDAR_CHANGED.listen
def mark(fact: CalendarChanged) -> None:
    """Mark the clocks that the changed days may concern."""
    mark_for_recomputing(fact.first_on, fact.last_on)


class OpenClocks:
    """What a unit still owes; what it did owe stays its own evidence."""

    label: Promise = _("open tasks with a due date")

    def count(self, unit: Organization) -> int:
        """Open clocks."""
        return Obligation.objects.filter(unit=unit, status=ObligationStatus.OPEN).count()

    def carry(self, handover: Handover) -> int:
        """Hand them to the unit their person goes to, with an event on each; their dates stay."""
        rows = Obligation.objects.filter(unit=handover.predecessor, status=ObligationStatus.OPEN)
        moved = 0
        for pk, person_id in rows.order_by("pk").values_list("pk", "person_id"):
            unit = handover.successor_of(person_id) if person_id else handover.successor
            if unit.pk != handover.predecessor.pk:
                hand_over(
                    obligation_id=pk,
                    unit=unit,
                    person_id=person_id,
                    actor=handover.actor,
                    note=gettext("Reform of units"),
                )
                moved += 1
        return moved


CARRIERS.register("obligations", OpenClocks())

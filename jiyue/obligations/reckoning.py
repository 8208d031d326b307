"""When a clock is due, which steps it will take, and how much of it is left.

Terms come from the policy profile of the unit at the start, dates from the
working-day calendar. The steps are worked out once, at the start, and again
only when the calendar changes; the sweep reads them and counts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from jiyue.obligations.kinds import KINDS
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import Rules, read_rules
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.values import PolicyValue
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.deadlines import (
    Deadline,
    deadline,
    end_of,
    working_days_before,
    working_days_between,
)
from jiyue.policy.work_calendar.steps import Step

AHEAD, LATE = "ahead", "late"
REMIND_AT = time(8)  # a reminder that counts days reaches people when they come to work
LEAD_KEY, ESCALATION_KEY = "reminder.lead", "reminder.escalation"
Plan = list[list[str | int]]


@dataclass(frozen=True)
class StepKey:
    """One step of a plan: which round of the clock, which direction, how far from the due moment."""

    round: int
    direction: str
    term: Term

    def __str__(self) -> str:
        return f"{self.round}:{self.direction}:{self.term.number}:{self.term.unit.value}"

    @classmethod
    def parse(cls, text: str) -> "StepKey":
        """Read what `str` wrote."""
        number_of_round, direction, number, unit = text.split(":")
        return cls(int(number_of_round), direction, Term(int(number), TermUnit(unit)))


@dataclass(frozen=True)
class ClockRules:
    """What the profile of a unit says about one kind of clock, read once at the start."""

    term: PolicyValue | None
    lead: tuple[Term, ...]
    escalation: tuple[Term, ...]


def rules_for(kind: str, unit: Organization) -> ClockRules:
    """Read term, reminders and escalation for a kind in a unit.

    Raises:
        LookupError: The kind isn't registered, or no profile states its term.
        TypeError: A profile states something else than a length of time.

    Source: PROF-06; HT 附件; NB 26.
    """
    entry, rules = KINDS.get(kind), read_rules(unit)
    return ClockRules(
        term=rules.value(entry.term_key) if entry.term_key else None,
        lead=tuple(rule_of_kind(rules, LEAD_KEY, kind).terms),
        escalation=tuple(rule_of_kind(rules, ESCALATION_KEY, kind).terms),
    )


def rule_of_kind(rules: Rules, general: str, kind: str) -> PolicyValue:
    """The rule for one kind of clock where a profile states one, otherwise the general rule."""
    stated = rules.stated(f"{general}.{kind}")
    return stated[0] if stated else rules.value(general)


def working_of(found: Deadline) -> dict[str, object]:
    """The working of a date as plain values for storing."""
    return {
        "steps": [step.as_json() for step in found.working],
        "versions": [[plan.year, plan.number, plan.is_provisional] for plan in found.versions],
    }


def stored_steps(working: dict[str, list[dict[str, object]]]) -> tuple[Step, ...]:
    """Read the stored working back."""
    return tuple(Step.from_json(step) for step in working.get("steps", ()))


def plan_steps(
    *,
    due_at: datetime,
    lead: Sequence[Term],
    escalation: Sequence[Term],
    calendar: WorkCalendar,
    round_number: int = 1,
) -> Plan:
    """Work out when to remind and when to escalate.

    Args:
        due_at: The due moment.
        lead: How long ahead reminders go out.
        escalation: How long after the due moment each step of escalation comes; 0 is the moment itself.
        calendar: Working days.
        round_number: Grows when somebody sets the date anew, so that its steps are taken again.

    Raises:
        CalendarMissing: A step lies in a year without calendar.
    """
    steps = [(_before(due_at, term, calendar), StepKey(round_number, AHEAD, term)) for term in lead]
    steps.sort(key=lambda step: (step[0], -step[1].term.average_days))
    late = [(_after(due_at, term, calendar), StepKey(round_number, LATE, term)) for term in escalation]
    late.sort(key=lambda step: (step[0], step[1].term.average_days))
    return [[str(key), int(moment.timestamp())] for moment, key in steps + late]


def replan(plan: Plan, *, due_at: datetime, calendar: WorkCalendar, is_next_round: bool = False) -> Plan:
    """The same steps around another due moment: the terms of the start stay (PROF-05)."""
    keys = [StepKey.parse(str(key)) for key, _moment in plan]
    return plan_steps(
        due_at=due_at,
        lead=[key.term for key in keys if key.direction == AHEAD],
        escalation=[key.term for key in keys if key.direction == LATE],
        calendar=calendar,
        round_number=(keys[0].round if keys else 1) + is_next_round,
    )


def first_position(plan: Plan, opened_at: datetime) -> int:
    """Steps that lie before the start of the clock are never taken; the first one that counts."""
    position = 0
    while (
        position < len(plan) and is_ahead(plan, position) and int(plan[position][1]) <= opened_at.timestamp()
    ):
        position += 1
    return position


def moment_at(plan: Plan, position: int) -> datetime | None:
    """When the step at a position is due; None after the last."""
    if position >= len(plan):
        return None
    return datetime.fromtimestamp(int(plan[position][1]), UTC)


def is_ahead(plan: Plan, position: int) -> bool:
    """Whether the step at a position is a reminder."""
    return StepKey.parse(str(plan[position][0])).direction == AHEAD


def due_day(due_at: datetime) -> datetime:
    """A moment within the last day: 24:00 belongs to the day it ends."""
    return timezone.localtime(due_at) - timedelta.resolution


@dataclass(frozen=True)
class Remaining:
    """How much of a clock is left, or by how much it is overdue.

    Attributes:
        is_late: The due moment has passed.
        length: Working days, or hours where the term counts hours; never negative.
    """

    is_late: bool
    length: Term


def remaining(*, due_at: datetime, term_unit: str, at: datetime, calendar: WorkCalendar) -> Remaining:
    """How much of a clock is left at a moment, in the unit its term counts."""
    is_late = at > due_at
    if term_unit == TermUnit.HOURS:
        seconds = abs((due_at - at).total_seconds())
        hours = int(-(-seconds // 3600)) if is_late else int(seconds // 3600)
        return Remaining(is_late, Term(hours, TermUnit.HOURS))
    days = working_days_between(timezone.localtime(at), due_day(due_at), calendar)
    return Remaining(is_late, Term(abs(days), TermUnit.WORKING_DAYS))


def compute_deadline(opened_at: datetime, term: Term, calendar: WorkCalendar) -> Deadline:
    """The due moment of a term that starts with `opened_at`.

    Raises:
        CalendarMissing: A year it would rest on has no calendar.
    """
    return deadline(opened_at, term, calendar)


def _before(due_at: datetime, term: Term, calendar: WorkCalendar) -> datetime:
    if term.unit == TermUnit.HOURS:
        return due_at - timedelta(hours=term.number)
    last = due_day(due_at)
    if term.unit == TermUnit.WORKING_DAYS:
        day = working_days_before(last, term.number, calendar)
    else:
        day = (last - timedelta(days=float(term.average_days))).date()
    return timezone.make_aware(datetime.combine(day, REMIND_AT))


def _after(due_at: datetime, term: Term, calendar: WorkCalendar) -> datetime:
    if term.unit == TermUnit.HOURS:
        return due_at + timedelta(hours=term.number)
    if not term.number:
        return due_at
    last = due_day(due_at).date()
    return deadline(end_of(last) - timedelta.resolution, term, calendar).due_at

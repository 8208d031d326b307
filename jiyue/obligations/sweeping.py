"""The sweep: new dates after a changed calendar, reminders ahead, escalation after the due date.

Each clock holds the plan of its steps and how many are taken, so the sweep
reads no calendar and no profile: it takes the rows whose next step is due
through a partial index, a batch at a time. The counter only grows; a system
clock that is set back takes no step back and repeats none.

Source: PROF-06; HT 附件; NB 26.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import audit, clock
from jiyue.core.schedule import JOBS, Job
from jiyue.obligations.audiences import Directory, directory_for
from jiyue.obligations.enums import EventVerb, ObligationStatus
from jiyue.obligations.kinds import KINDS
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.reckoning import AHEAD, StepKey, moment_at
from jiyue.obligations.recomputing import recompute_batch
from jiyue.organizations.services.notices import Message, notify_many

BATCH = 1_000  # clocks; one step of the job stays well below a second
SWEEP_EVERY = timedelta(minutes=5)  # terms may be counted in hours
NOTICE_TOPIC = "obligation"


@dataclass(frozen=True)
class _Taken:
    """What one clock's due steps come to."""

    obligation: Obligation
    steps_taken: int
    escalation_level: int
    next_step_at: datetime | None
    told: list[StepKey]


def sweep() -> Iterator[int]:
    """Bring dates, reminders and escalations up to date; yields after each batch.

    Yields:
        How many clocks the batch held.
    """
    while count := recompute_batch():
        yield count
    while count := take_due_steps():
        yield count


@transaction.atomic
def take_due_steps() -> int:
    """Take the due steps of up to `BATCH` open clocks; return how many clocks there were."""
    now = clock.now()
    rows = list(
        Obligation.objects.select_for_update()
        .filter(status=ObligationStatus.OPEN, needs_recomputing=False, next_step_at__lte=now)
        .order_by("next_step_at", "pk")
        .only(
            "kind",
            "unit_id",
            "person_id",
            "title",
            "path",
            "due_at",
            "plan",
            "steps_taken",
            "escalation_level",
        )[:BATCH]
    )
    if not rows:
        return 0
    taken = [_take(obligation, now) for obligation in rows]
    _tell(taken, directory_for(rows), now)
    _move_on(taken)
    return len(rows)


def _take(obligation: Obligation, now: datetime) -> _Taken:
    """Work out what is due: every escalation, and the latest reminder unless it is late already."""
    due: list[StepKey] = []
    position = obligation.steps_taken
    while position < len(obligation.plan) and obligation.plan[position][1] <= now.timestamp():
        due.append(StepKey.parse(obligation.plan[position][0]))
        position += 1
    escalations = [step for step in due if step.direction != AHEAD]
    reminders = [step for step in due if step.direction == AHEAD and obligation.due_at > now]
    return _Taken(
        obligation,
        position,
        obligation.escalation_level + len(escalations),
        moment_at(obligation.plan, position),
        escalations or reminders[-1:],
    )


def _tell(taken: Sequence[_Taken], directory: Directory, now: datetime) -> None:
    events, messages, facts = [], [], []
    for entry in taken:
        obligation, kind = entry.obligation, KINDS.get(entry.obligation.kind)
        first_level = entry.escalation_level - len([step for step in entry.told if step.direction != AHEAD])
        for number, step in enumerate(entry.told, start=1):
            is_escalation = step.direction != AHEAD
            level = first_level + number if is_escalation else 0
            people = directory.recipients(obligation, kind, level)
            events.append(
                ObligationEvent(
                    obligation=obligation,
                    verb=EventVerb.ESCALATED if is_escalation else EventVerb.REMINDED,
                    occurred_at=now,
                    step=str(step),
                    told=len(people),
                )
            )
            if number == len(entry.told):  # steps made up for at once are one message, the last
                messages.append(_message(obligation, step, people))
            if is_escalation:
                values: dict[str, object] = {"level": level, "people": len(people)}
                facts.append(audit.Fact("obligation", obligation.pk, values))
    ObligationEvent.objects.bulk_create(events, batch_size=BATCH)
    notify_many(topic=NOTICE_TOPIC, messages=messages)
    audit.record_many(actor=audit.PLATFORM, verb="obligation.escalated", facts=facts)


def _message(obligation: Obligation, step: StepKey, people: set[int]) -> Message:
    if step.direction == AHEAD:
        title = _("%(time)s left: %(title)s")
    elif step.term.number:
        title = _("Overdue for %(time)s: %(title)s")
    else:
        title = _("Overdue: %(title)s")
    return Message(
        person_ids=frozenset(people),
        title=title % {"time": step.term, "title": obligation.title},
        key=f"obligation:{obligation.pk}:{step}",
        path=obligation.path or f"/obligations/{obligation.pk}/",
    )


def _move_on(taken: Sequence[_Taken]) -> None:
    """Write the new positions: one statement for all clocks that stand alike."""
    alike: dict[tuple[int, int, datetime | None], list[int]] = defaultdict(list)
    for entry in taken:
        alike[entry.steps_taken, entry.escalation_level, entry.next_step_at].append(entry.obligation.pk)
    for (steps_taken, level, next_step_at), ids in alike.items():
        Obligation.objects.filter(pk__in=ids).update(
            steps_taken=steps_taken, escalation_level=level, next_step_at=next_step_at
        )


JOBS.register("obligations.sweep", Job(sweep, every=SWEEP_EVERY))

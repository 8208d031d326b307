"""Changing the calendar: two persons for what people enter, the program's own for the rest."""

from collections.abc import Iterator
from datetime import date, time

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, crypto, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.core.schedule import JOBS, Job
from jiyue.policy.work_calendar.announcements import CALENDAR_CHANGED, CalendarChanged
from jiyue.policy.work_calendar.days import Day, PlanStatus, YearPlan
from jiyue.policy.work_calendar.entry import EntryRefused, YearEntry, entry_blockers
from jiyue.policy.work_calendar.models import CalendarDay, CalendarVersion
from jiyue.policy.work_calendar.permissions import keeper_refusal
from jiyue.policy.work_calendar.selectors import (
    SUBJECT_TYPE,
    YEAR_TOPIC,
    as_plan,
    changed_days,
    get_calendar,
)
from jiyue.policy.work_calendar.sources import shipped_plan

YEARS_BACK = 1  # years that the program keeps in the table by itself: clocks that still run began there
YEARS_AHEAD = 2  # and those that deadlines reach into


class YearChangedMeanwhile(EntryRefused):
    code = "calendar_year_changed_meanwhile"


class NothingChanges(EntryRefused):
    code = "calendar_nothing_changes"


def propose_refusal(entry: YearEntry) -> EntryRefused | None:
    """Say why the entry can't be proposed or carried out now, or None."""
    blockers = entry_blockers(entry)
    if blockers:
        return blockers[0]
    present = get_calendar().plan(entry.year)
    if present.version.number != entry.base_number:
        return _changed_meanwhile(entry.year)
    if present.source == entry.source and _decides_the_same(present, entry.plan()):
        return NothingChanges(
            _("This is what the calendar of %(year)s says already.") % {"year": entry.year},
            fix=_("Change a day, the status or the source before you propose it."),
        )
    return None


def propose_year(*, entry: YearEntry, reason: str, actor: AuditActor) -> TwoPersonChange:
    """Ask for a new version of a year; another person must approve it.

    Raises:
        NotCalendarKeeper: The actor may not change the calendar.
        EntryRefused: The entry is wrong, outdated or says nothing new.
        ChangeRefused: See `two_person.propose`.

    Source: 《全国年节及纪念日放假办法》 (yearly notice of the State Council); PROF-04, PROF-05.
    """
    refusal = keeper_refusal(actor) or propose_refusal(entry)
    if refusal:
        raise refusal
    title = _("Working-day calendar of %(year)s after %(source)s")
    return two_person.propose(
        topic=YEAR_TOPIC,
        subject_type=SUBJECT_TYPE,
        subject_key=entry.year,
        title=title % {"year": entry.year, "source": entry.source},
        payload=entry.as_json(),
        reason=reason,
        actor=actor,
    )


class YearTopic:
    """The two-person change of one year."""

    label: Promise = gettext_lazy("working-day calendar")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only keepers of the calendar see and decide it."""
        return keeper_refusal(actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Source, status and every day that would change."""
        entry = YearEntry.from_json(change.payload)
        before, after = get_calendar().plan(entry.year), entry.plan()
        rows = [
            (_("Source"), before.source, after.source),
            (_("Status"), plan_status(before), plan_status(after)),
        ]
        rows += [
            (_date_of(old, new), day_words(old), day_words(new)) for old, new in changed_days(before, after)
        ]
        return [row for row in rows if row[1] != row[2]]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Store the version and tell the rooms whose clocks rest on it."""
        entry = YearEntry.from_json(change.payload)
        refusal = propose_refusal(entry)
        if refusal:
            raise refusal
        _store(entry.plan(), actor=actor, change=change)


def plan_status(plan: YearPlan) -> str:
    """Published or provisional, in words."""
    status = PlanStatus.PROVISIONAL if plan.version.is_provisional else PlanStatus.PUBLISHED
    return str(status.label)


def day_words(day: Day | None) -> str:
    """What a plan says about a day, in words; without a mark the week decides."""
    if day is None:
        return _("as the week has it")
    label = str(day.kind.label)
    return _("%(kind)s (%(name)s)") % {"kind": label, "name": day.name} if day.name else label


def bring_shipped_years() -> Iterator[int]:
    """Put into the table what the program knows of the years around today.

    A newer program that knows a notice replaces the provisional plan of an older
    one, and running clocks are recomputed. What two persons entered stays.
    """
    this_year = clock.today().year
    for year in range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1):
        bring_shipped_year(year=year)
        yield year


@transaction.atomic
def bring_shipped_year(*, year: int) -> CalendarVersion | None:
    """Store the program's own plan of a year where it is new; return the version, if any.

    Raises:
        CalendarMissing: The program has no plan for the year.
    """
    newest = CalendarVersion.objects.filter(year=year).order_by("-number").first()
    plan = shipped_plan(year)
    if newest and (newest.change_id is not None or _decides_the_same(as_plan(newest), plan)):
        return None
    return _store(plan, actor=audit.PLATFORM, change=None)


def _store(plan: YearPlan, *, actor: AuditActor, change: TwoPersonChange | None) -> CalendarVersion:
    year = plan.version.year
    before = get_calendar().plan(year)
    marks = sorted(plan.marks.values(), key=lambda day: day.on)
    status = PlanStatus.PROVISIONAL if plan.version.is_provisional else PlanStatus.PUBLISHED
    number = before.version.number + 1
    try:
        with transaction.atomic():
            version = CalendarVersion.objects.create(
                year=year,
                number=number,
                status=status,
                source=plan.source,
                digest=_digest(plan, number),
                change_id=change.pk if change else None,
                proposer_name=change.proposer_name if change else "",
                approver_name=actor.person_name if change else "",
                created_at=clock.now(),
            )
    except IntegrityError:
        raise _changed_meanwhile(year) from None
    CalendarDay.objects.bulk_create(
        CalendarDay(version=version, on=day.on, kind=day.kind, name=day.name) for day in marks
    )
    audit.record(
        actor=actor,
        verb="calendar.year_stored",
        subject_type="calendar_year",
        subject_id=year,
        number=version.number,
        status=status.value,
        source=plan.source,
    )
    days = [*before.marks, *plan.marks, date(year, 1, 1), date(year, 12, 31)]
    CALENDAR_CHANGED.announce(
        CalendarChanged(
            year=year,
            number=version.number,
            first_on=min(days),
            last_on=max(days),
            source=plan.source,
            is_provisional=plan.version.is_provisional,
            actor=actor,
        )
    )
    return version


def _changed_meanwhile(year: int) -> YearChangedMeanwhile:
    return YearChangedMeanwhile(
        _("The calendar of %(year)s has changed since this was written.") % {"year": year},
        fix=_("Open the present version and enter the difference again."),
    )


def _decides_the_same(one: YearPlan, other: YearPlan) -> bool:
    return one.version.is_provisional == other.version.is_provisional and one.marks == other.marks


def _digest(plan: YearPlan, number: int) -> str:
    marks = sorted((day.on.isoformat(), day.kind.value, day.name) for day in plan.marks.values())
    content = [plan.version.year, number, plan.version.is_provisional, plan.source, marks]
    return crypto.sm3_hex(crypto.canonical_json({"content": content}))


def _date_of(old: Day | None, new: Day | None) -> str:
    day = new or old
    return date_format(day.on, "DATE_FORMAT") if day else ""


def register() -> None:
    """Register what the room brings, at start-up."""
    two_person.TOPICS.register(YEAR_TOPIC, _TOPIC)
    JOBS.register("calendar.shipped_years", _JOB)


_TOPIC = YearTopic()
_JOB = Job(steps=bring_shipped_years, at=time(0, 20))  # after midnight, so that a new year is there at once

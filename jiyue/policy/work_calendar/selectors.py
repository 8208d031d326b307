"""Reading the calendar: the plan in force and its history."""

from functools import lru_cache

from django.db.models import QuerySet

from jiyue.core.acts import once
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import Day, DayKind, PlanStatus, PlanVersion, YearPlan
from jiyue.policy.work_calendar.models import CalendarVersion

YEAR_TOPIC = "calendar.year"
SUBJECT_TYPE = "calendar_year"


def get_calendar() -> WorkCalendar:
    """The working-day calendar in force: one small query, the arithmetic is kept in memory.

    A batch asks once and hands the calendar on; one act asks once, too.
    """
    return once("calendar", _read_calendar)


def _read_calendar() -> WorkCalendar:
    newest: dict[int, tuple[int, str]] = {}
    for year, pk, digest in CalendarVersion.objects.order_by("number").values_list("year", "pk", "digest"):
        newest[year] = (pk, digest)
    return _build(tuple(sorted(newest.values())))


@lru_cache(maxsize=8)  # a few states of the table; a version never changes
def _build(keys: tuple[tuple[int, str], ...]) -> WorkCalendar:
    versions = CalendarVersion.objects.filter(pk__in=[pk for pk, _digest in keys])
    return WorkCalendar([as_plan(version) for version in versions.prefetch_related("days")])


def as_plan(version: CalendarVersion) -> YearPlan:
    """A stored version as a plan."""
    is_provisional = version.status == PlanStatus.PROVISIONAL
    marks = {day.on: Day(day.on, DayKind(day.kind), day.name) for day in version.days.all()}
    return YearPlan(PlanVersion(version.year, version.number, is_provisional), version.source, marks)


def list_versions(year: int) -> QuerySet[CalendarVersion]:
    """All versions of a year, the one in force first."""
    return CalendarVersion.objects.filter(year=year).prefetch_related("days").order_by("-number")


def get_waiting_change(year: int) -> TwoPersonChange | None:
    """The proposal for a year that waits for a second person."""
    return TwoPersonChange.objects.filter(
        topic=YEAR_TOPIC, subject_key=str(year), status=ChangeStatus.WAITING
    ).first()


def list_waiting_changes() -> QuerySet[TwoPersonChange]:
    """Proposals for any year that wait for a second person."""
    return TwoPersonChange.objects.filter(topic=YEAR_TOPIC, status=ChangeStatus.WAITING).order_by("pk")


def changed_days(before: YearPlan, after: YearPlan) -> list[tuple[Day | None, Day | None]]:
    """Days that the two plans mark differently, in order; `None`: as the week has it."""
    return [
        (before.marks.get(on), after.marks.get(on))
        for on in sorted({*before.marks, *after.marks})
        if before.marks.get(on) != after.marks.get(on)
    ]

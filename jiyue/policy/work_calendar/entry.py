"""A year as a person enters it, holiday by holiday as in the notice, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jiyue.core import crypto
from jiyue.core.errors import DomainError
from jiyue.policy.work_calendar.days import Day, DayKind, PlanStatus, PlanVersion, YearPlan
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR, SATURDAY, days_between, statutory_days

DAYS_OUTSIDE = 10  # a notice may reach so far into the neighbouring year; New Year's days off did by three
LONGEST_HOLIDAY_DAYS = 16  # far longer than any so far; catches a wrong month
FARTHEST_MAKEUP_DAYS = 21  # a make-up day further from its holiday is probably a slip
MAX_NAME_CHARS = 40
MAX_SOURCE_CHARS = 200


class EntryRefused(DomainError):
    """A year that can't be entered like this."""

    code = "calendar_entry_refused"


@dataclass(frozen=True)
class HolidayEntry:
    """One paragraph of a notice: 春节：2月15日至23日放假，2月14日、28日上班."""

    name: str
    first: date
    last: date
    makeup: tuple[date, ...] = ()


@dataclass(frozen=True)
class YearEntry:
    """What one person enters for a year.

    Attributes:
        source: Number of the notice, or why the year is provisional.
        base_number: Version in force that the person started from.
    """

    year: int
    status: PlanStatus
    source: str
    base_number: int
    holidays: tuple[HolidayEntry, ...]

    @property
    def marks(self) -> list[Day]:
        """Every marked day, in order; of a valid entry each stands here once."""
        days = [
            Day(on, DayKind.HOLIDAY, holiday.name)
            for holiday in self.holidays
            for on in days_between(holiday.first, holiday.last)
        ]
        days += [Day(on, DayKind.MAKEUP, holiday.name) for holiday in self.holidays for on in holiday.makeup]
        return sorted(days, key=lambda day: day.on)

    def plan(self) -> YearPlan:
        """The plan as it would be in force."""
        version = PlanVersion(self.year, self.base_number + 1, self.status == PlanStatus.PROVISIONAL)
        return YearPlan(version, self.source, {day.on: day for day in self.marks})

    def as_json(self) -> dict[str, object]:
        """Plain values for the two-person change."""
        return {
            "year": self.year,
            "status": self.status.value,
            "source": self.source,
            "base_number": self.base_number,
            "holidays": [
                {
                    "name": holiday.name,
                    "first": holiday.first.isoformat(),
                    "last": holiday.last.isoformat(),
                    "makeup": [on.isoformat() for on in holiday.makeup],
                }
                for holiday in self.holidays
            ],
        }

    @classmethod
    def from_json(cls, stored: dict[str, object]) -> "YearEntry":
        """The entry that `as_json` stored."""
        holidays = stored["holidays"]
        if not isinstance(holidays, list):
            raise TypeError("the holidays of a stored year are a list")
        return cls(
            year=int(str(stored["year"])),
            status=PlanStatus(str(stored["status"])),
            source=str(stored["source"]),
            base_number=int(str(stored["base_number"])),
            holidays=tuple(
                HolidayEntry(
                    name=one["name"],
                    first=date.fromisoformat(one["first"]),
                    last=date.fromisoformat(one["last"]),
                    makeup=tuple(date.fromisoformat(on) for on in one["makeup"]),
                )
                for one in holidays
            ),
        )

    @property
    def digest(self) -> str:
        """SM3 of all of it: what was looked at is what is proposed."""
        return crypto.sm3_hex(crypto.canonical_json(self.as_json()))


def as_entry(plan: YearPlan) -> YearEntry:
    """A plan in force as an entry to start from: neighbouring days of one name together."""
    holidays: list[HolidayEntry] = []
    makeups: list[Day] = []
    for day in sorted(plan.marks.values(), key=lambda one: one.on):
        if day.kind == DayKind.MAKEUP:
            makeups.append(day)
        elif _continues(holidays, day):
            holidays[-1] = HolidayEntry(day.name, holidays[-1].first, day.on)
        else:
            holidays.append(HolidayEntry(day.name, day.on, day.on))
    return YearEntry(
        year=plan.version.year,
        status=PlanStatus.PROVISIONAL if plan.version.is_provisional else PlanStatus.PUBLISHED,
        source=plan.source,
        base_number=plan.version.number,
        holidays=tuple(_with_makeups(holidays, makeups)),
    )


def _continues(holidays: list[HolidayEntry], day: Day) -> bool:
    if not holidays:
        return False
    before = holidays[-1]
    return before.name == day.name and before.last + timedelta(days=1) == day.on


def _with_makeups(holidays: list[HolidayEntry], makeups: list[Day]) -> Iterable[HolidayEntry]:
    """Put every make-up day beside the holiday of its name, or else the nearest one."""
    homes: dict[int, list[date]] = {}
    for day in makeups:
        distances = [
            (day.name not in ("", holiday.name), abs((holiday.first - day.on).days), position)
            for position, holiday in enumerate(holidays)
        ]
        if distances:
            homes.setdefault(min(distances)[2], []).append(day.on)
    for position, holiday in enumerate(holidays):
        makeup = tuple(homes.get(position, ()))
        yield HolidayEntry(holiday.name, holiday.first, holiday.last, makeup)


def entry_blockers(entry: YearEntry) -> list[EntryRefused]:
    """Everything that keeps a year from being entered; empty when it may be proposed."""
    if not FIRST_YEAR <= entry.year <= LAST_YEAR:
        return [
            _refusal(
                _("The year %(year)s lies outside the calendar.") % {"year": entry.year},
                _("Choose a year between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
            )
        ]
    found = _header_blockers(entry)
    for holiday in entry.holidays:
        found += _holiday_blockers(entry.year, holiday)
    return found or _overlaps(entry)


def entry_warnings(entry: YearEntry) -> list[str]:
    """What is unusual and may still be right, for the person who enters it and the one who approves."""
    plan = entry.plan()
    found = []
    for on, name in statutory_days(entry.year):
        mark = plan.marks.get(on)
        is_rest = mark.kind == DayKind.HOLIDAY if mark else on.weekday() >= SATURDAY
        if not is_rest:
            text = _("%(day)s is a statutory holiday (%(name)s), but people would work on it.")
            found.append(text % {"day": show(on), "name": name})
    for holiday in entry.holidays:
        found += _holiday_warnings(holiday)
    return found


def show(on: date) -> str:
    """A date in the language of the reader, with its weekday."""
    return _("%(date)s (%(weekday)s)") % {
        "date": date_format(on, "DATE_FORMAT"),
        "weekday": date_format(on, "l"),
    }


def _header_blockers(entry: YearEntry) -> list[EntryRefused]:
    found = []
    if not entry.source.strip() or len(entry.source) > MAX_SOURCE_CHARS:
        found.append(
            _refusal(
                _("The source of the calendar is missing or too long."),
                _("Write the number of the notice, at most %(limit)d characters.")
                % {"limit": MAX_SOURCE_CHARS},
                field="source",
            )
        )
    if not entry.holidays:
        found.append(
            _refusal(
                _("The year has no holiday."), _("Enter each holiday of the notice in a line of its own.")
            )
        )
    return found


def _holiday_blockers(year: int, holiday: HolidayEntry) -> list[EntryRefused]:
    found = []
    values = {"name": holiday.name, "first": show(holiday.first), "last": show(holiday.last)}
    if not holiday.name.strip() or len(holiday.name) > MAX_NAME_CHARS:
        text = _("The holiday that begins on %(first)s has no name, or one that is too long.")
        found.append(_refusal(text % values, _("Write its name as in the notice.")))
    if holiday.last < holiday.first:
        text = _("%(name)s ends on %(last)s, before it begins on %(first)s.")
        found.append(_refusal(text % values, _("Correct the dates.")))
    elif (holiday.last - holiday.first).days >= LONGEST_HOLIDAY_DAYS:
        text = _("%(name)s would last from %(first)s to %(last)s; that is longer than any holiday.")
        found.append(_refusal(text % values, _("Correct the dates.")))
    for on in (holiday.first, holiday.last, *holiday.makeup):
        if not _is_near(year, on):
            text = _("%(name)s: %(day)s doesn't belong to the year %(year)s.")
            found.append(_refusal(text % {**values, "day": show(on), "year": year}, _("Correct the date.")))
    for on in holiday.makeup:
        if on.weekday() < SATURDAY:
            text = _("%(name)s: the make-up working day %(day)s is not on a weekend.")
            found.append(_refusal(text % {**values, "day": show(on)}, _("Compare it with the notice.")))
    return found


def _overlaps(entry: YearEntry) -> list[EntryRefused]:
    found = []
    seen: dict[date, Day] = {}
    for day in entry.marks:
        earlier = seen.setdefault(day.on, day)
        if earlier is not day:
            text = _("%(day)s is entered twice: for %(one)s and for %(other)s.")
            values = {"day": show(day.on), "one": earlier.name, "other": day.name}
            found.append(_refusal(text % values, _("Leave it at one of them.")))
    return found


def _holiday_warnings(holiday: HolidayEntry) -> list[str]:
    found = []
    if all(on.weekday() >= SATURDAY for on in days_between(holiday.first, holiday.last)):
        text = _("%(name)s falls on a weekend only, so it makes no working day free.")
        found.append(text % {"name": holiday.name})
    for on in holiday.makeup:
        distance = min(abs((holiday.first - on).days), abs((on - holiday.last).days))
        if distance > FARTHEST_MAKEUP_DAYS:
            text = _("%(name)s: the make-up working day %(day)s lies %(count)d days away from it.")
            found.append(text % {"name": holiday.name, "day": show(on), "count": distance})
    return found


def _is_near(year: int, on: date) -> bool:
    margin = timedelta(days=DAYS_OUTSIDE)
    return date(year, 1, 1) - margin <= on <= date(year, 12, 31) + margin


def _refusal(message: str | Promise, fix: str | Promise, field: str | None = None) -> EntryRefused:
    return EntryRefused(message, fix=fix, field=field)

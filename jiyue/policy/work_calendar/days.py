"""What a day is and what one year's plan says; no database, no arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError


class DayKind(models.TextChoices):
    """Why people work on a day, or don't."""

    ORDINARY = "ordinary", _("ordinary working day")
    WEEKEND = "weekend", _("weekend")
    HOLIDAY = "holiday", _("holiday")
    MAKEUP = "makeup", _("make-up working day")


class PlanStatus(models.TextChoices):
    """Whether the State Council has published the year, or the platform computed it."""

    PUBLISHED = "published", _("published")
    PROVISIONAL = "provisional", _("provisional")


WORKING_KINDS = frozenset({DayKind.ORDINARY, DayKind.MAKEUP})


class CalendarMissing(DomainError):
    """A date lies in a year for which no calendar can be given."""

    code = "calendar_missing"

    def __init__(self, year: int, first_year: int, last_year: int):
        super().__init__(
            _("There is no working-day calendar for the year %(year)s.") % {"year": year},
            fix=_("Choose dates between %(first)s and %(last)s, or enter the year in the calendar.")
            % {"first": first_year, "last": last_year},
        )
        self.year = year


@dataclass(frozen=True, slots=True)
class Day:
    """One day with the reason why it is a working day or not.

    Attributes:
        name: Name of the holiday, or of the one a make-up working day belongs to; blank otherwise.
    """

    on: date
    kind: DayKind
    name: str = ""

    @property
    def is_working(self) -> bool:
        """Whether people work on it."""
        return self.kind in WORKING_KINDS


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """Which plan of a year a result rests on.

    Attributes:
        number: Number of the version in the table; 0 where nothing is stored yet.
    """

    year: int
    number: int
    is_provisional: bool


@dataclass(frozen=True)
class YearPlan:
    """What differs from an ordinary week in one year.

    Attributes:
        version: Year, number, and whether it is provisional.
        source: Document or package it comes from.
        marks: Holidays and make-up working days by date. A notice also names
            days just outside its year: 2018-12-31 was given free by the one for 2019.
    """

    version: PlanVersion
    source: str
    marks: Mapping[date, Day]

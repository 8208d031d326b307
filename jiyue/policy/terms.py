"""Lengths of time as the regulations state them: 3 working days, 12 hours, 2 weeks (PROF-04)."""

from dataclasses import dataclass
from fractions import Fraction

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class TermUnit(models.TextChoices):
    """What a term counts; the calendar room turns a term into a date."""

    WORKING_DAYS = "working_days", _("working days")
    DAYS = "days", _("calendar days")
    HOURS = "hours", _("hours")
    WEEKS = "weeks", _("weeks")
    MONTHS = "months", _("months")


# Calendar days that one of each unit lasts on average: enough to tell which of two terms is longer.
_AVERAGE_DAYS = {
    TermUnit.WORKING_DAYS: Fraction(7, 5),
    TermUnit.DAYS: Fraction(1),
    TermUnit.HOURS: Fraction(1, 24),
    TermUnit.WEEKS: Fraction(7),
    TermUnit.MONTHS: Fraction(365, 12),
}
_WORDS: dict[TermUnit, object] = {
    TermUnit.WORKING_DAYS: ngettext_lazy("%(number)d working day", "%(number)d working days", "number"),
    TermUnit.DAYS: ngettext_lazy("%(number)d calendar day", "%(number)d calendar days", "number"),
    TermUnit.HOURS: ngettext_lazy("%(number)d hour", "%(number)d hours", "number"),
    TermUnit.WEEKS: ngettext_lazy("%(number)d week", "%(number)d weeks", "number"),
    TermUnit.MONTHS: ngettext_lazy("%(number)d month", "%(number)d months", "number"),
}


@dataclass(frozen=True)
class Term:
    """A length of time.

    Attributes:
        number: How many; zero or more.
        unit: Of what.
    """

    number: int
    unit: TermUnit

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"A term can't be negative: {self.number} {self.unit}")

    def __str__(self) -> str:
        words = _WORDS[self.unit]
        return str(words % {"number": self.number})  # type: ignore[operator]  # the lazy plural has no type

    @property
    def average_days(self) -> Fraction:
        """Calendar days it lasts on average: for comparing terms, never for a due date.

        A month counts 365/12 days, a working day 7/5, whatever the calendar says.
        """
        return self.number * _AVERAGE_DAYS[self.unit]


def term_unit_label(unit: str) -> str | Promise:
    """The word for a unit of a term, or the stored name where it isn't one."""
    return TermUnit(unit).label if unit in TermUnit.values else unit

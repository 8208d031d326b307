"""What is known about a rule before any profile states it: shape, unit, direction, words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class Shape(StrEnum):
    """What sort of thing a rule states."""

    TERM = "term"  # a length of time
    TERMS = "terms"  # several lengths of time of one unit
    NUMBER = "number"
    NUMBERS = "numbers"
    CHOICE = "choice"  # one word of an ordered list, the loosest first
    NAMES = "names"  # several words
    DAY_OF_YEAR = "day_of_year"  # "01-31"
    TEXT = "text"


class Stricter(StrEnum):
    """Which of two values binds more tightly."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


Words = Mapping[str, str | Promise]


@dataclass(frozen=True)
class Definition:
    """What is known about one rule.

    Attributes:
        label: What it governs, in words for people.
        shape: What sort of thing it states.
        stricter: Which of two values binds more tightly.
        unit: What a number or list counts; blank where the profile chooses a unit of time.
        choices: Stored word → words for people; the loosest first.
        is_zero_off: Zero means that there is no such rule.
        min_names: How many of the choices a profile has to name.
        note: How the value is read where the label doesn't say it.
    """

    label: str | Promise
    shape: Shape
    stricter: Stricter = Stricter.NONE
    unit: str = ""
    choices: Words = field(default_factory=dict)
    is_zero_off: bool = False
    min_names: int = 0
    note: str | Promise = ""


# Units of plain numbers, with the number; units of time stand in `TermUnit`.
NUMBER_WORDS: dict[str, object] = {
    "sites": ngettext_lazy("%(number)d website", "%(number)d websites", "number"),
    "digits": ngettext_lazy("%(number)d digit", "%(number)d digits", "number"),
    "times": ngettext_lazy("%(number)d time a year", "%(number)d times a year", "number"),
    "items": ngettext_lazy("%(number)d item", "%(number)d items", "number"),
    "levels": ngettext_lazy("%(number)d level", "%(number)d levels", "number"),
    "characters": ngettext_lazy("%(number)d character", "%(number)d characters", "number"),
    "accounts": ngettext_lazy("%(number)d account", "%(number)d accounts", "number"),
    "persons": ngettext_lazy("%(number)d person", "%(number)d persons", "number"),
    "factors": ngettext_lazy("%(number)d factor", "%(number)d factors", "number"),
    "passwords": ngettext_lazy("%(number)d password", "%(number)d passwords", "number"),
    "failures": ngettext_lazy("%(number)d failure", "%(number)d failures", "number"),
    "minutes": ngettext_lazy("%(number)d minute", "%(number)d minutes", "number"),
    "pixels": ngettext_lazy("%(number)d pixel", "%(number)d pixels", "number"),
    "pictures": ngettext_lazy("%(number)d picture", "%(number)d pictures", "number"),
    "kilobytes": _("%(number)d KB"),
    "megabytes": _("%(number)d MB"),
    "points": ngettext_lazy("%(number)d point", "%(number)d points", "number"),
    "percent": _("%(number)d %%"),
}


def term(label: Promise, stricter: Stricter = Stricter.LOWER, *, note: Promise | str = "") -> Definition:
    """A length of time; the profile chooses its unit."""
    return Definition(label, Shape.TERM, stricter, note=note)


def terms(label: Promise, *, note: Promise | str = "") -> Definition:
    """Several lengths of time of one unit."""
    return Definition(label, Shape.TERMS, note=note)


def number(
    label: Promise, unit: str, stricter: Stricter = Stricter.NONE, *, is_zero_off: bool = False
) -> Definition:
    """A whole number of `unit`, one of `NUMBER_WORDS`."""
    return Definition(label, Shape.NUMBER, stricter, unit, is_zero_off=is_zero_off)


def numbers(label: Promise, unit: str) -> Definition:
    """Several whole numbers of `unit`."""
    return Definition(label, Shape.NUMBERS, Stricter.NONE, unit)


def choice(label: Promise, choices: Words, *, is_ordered: bool = True) -> Definition:
    """One of `choices`, the loosest first."""
    stricter = Stricter.HIGHER if is_ordered else Stricter.NONE
    return Definition(label, Shape.CHOICE, stricter, "choice", choices)


def names(
    label: Promise, unit: str, choices: Words, stricter: Stricter = Stricter.NONE, *, at_least: int = 0
) -> Definition:
    """Several of `choices`; with HIGHER, naming more of them is stricter."""
    return Definition(label, Shape.NAMES, stricter, unit, choices, min_names=at_least)


def day_of_year(label: Promise) -> Definition:
    """A day that comes every year, as month and day."""
    return Definition(label, Shape.DAY_OF_YEAR, Stricter.LOWER, "month-day")


def text(label: Promise, unit: str) -> Definition:
    """A text as the profile states it."""
    return Definition(label, Shape.TEXT, Stricter.NONE, unit)

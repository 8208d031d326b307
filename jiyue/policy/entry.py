"""What a person may enter as a value: asked by the form and by the service alike."""

import re
from string import Formatter

from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.policy.keys import Definition, Shape, definition_of
from jiyue.policy.terms import TermUnit

MAX_NUMBER = 100_000  # a limit against slips of the finger, far above every rule
MAX_LIST = 20  # entries of one value
MAX_TEXT_CHARS = 200
MAX_CLAUSE_CHARS = 300  # as the column
_KEY = re.compile(r"[a-z0-9_.]{1,70}")
_DAY_OF_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_SHORT_MONTHS = {"02": 29, "04": 30, "06": 30, "09": 30, "11": 30}
_PATTERN_FIELDS = {"unit", "year", "serial"}


class ValueRefused(DomainError):
    """What was entered is no value of this rule."""

    code = "value_refused"


def value_refusal(key: str, value: object, unit: str, clause: str) -> DomainError | None:
    """Say why a profile may not state this, or None.

    Args:
        key: Key of the rule.
        value: What would be stated.
        unit: What a number counts.
        clause: Where the regulation says so, or why the place decides it.

    Source: PROF-01: each value has a unit and a clause.
    """
    try:
        definition = definition_of(key if _KEY.fullmatch(key) else "")
    except LookupError:
        return ValueRefused(
            _("There is no rule “%(key)s”.") % {"key": key}, fix=_("Choose one of the list."), field="key"
        )
    if not clause.strip() or len(clause) > MAX_CLAUSE_CHARS:
        return ValueRefused(
            _("The clause is missing or too long."),
            fix=_("Name document and article, or who decided it; at most %(limit)d characters.")
            % {"limit": MAX_CLAUSE_CHARS},
            field="clause",
        )
    return _unit_refusal(definition, unit) or _shape_refusal(definition, value)


def _unit_refusal(definition: Definition, unit: str) -> DomainError | None:
    allowed = TermUnit.values if definition.shape in {Shape.TERM, Shape.TERMS} else [definition.unit]
    if unit in allowed:
        return None
    return ValueRefused(
        _("This rule isn't counted in “%(unit)s”.") % {"unit": unit}, fix=_("Choose a unit."), field="unit"
    )


def _shape_refusal(definition: Definition, value: object) -> DomainError | None:
    match definition.shape:
        case Shape.TERM | Shape.NUMBER:
            return _number_refusal(value)
        case Shape.TERMS | Shape.NUMBERS:
            return _numbers_refusal(value)
        case Shape.CHOICE:
            return None if value in list(definition.choices) else _not_offered(value)
        case Shape.NAMES:
            return _names_refusal(definition, value)
        case Shape.DAY_OF_YEAR:
            return None if isinstance(value, str) and _is_day_of_year(value) else _no_day()
        case Shape.TEXT:
            return _text_refusal(definition, value)


def _number_refusal(value: object) -> DomainError | None:
    if type(value) is int and 0 <= value <= MAX_NUMBER:
        return None
    return ValueRefused(
        _("“%(value)s” is no whole number from 0 to %(limit)d.") % {"value": value, "limit": MAX_NUMBER},
        fix=_("Write digits only."),
        field="value",
    )


def _numbers_refusal(value: object) -> DomainError | None:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
        return ValueRefused(
            _("One to %(limit)d numbers are needed.") % {"limit": MAX_LIST},
            fix=_("Separate them with commas: 3, 1."),
            field="value",
        )
    return next((refusal for refusal in map(_number_refusal, value) if refusal), None)


def _names_refusal(definition: Definition, value: object) -> DomainError | None:
    if not isinstance(value, list) or len(set(map(str, value))) != len(value):
        return _not_offered(value)
    if any(name not in list(definition.choices) for name in value):
        return _not_offered(value)
    if len(value) < definition.min_names:
        return ValueRefused(
            _("At least %(count)d have to be chosen.") % {"count": definition.min_names},
            fix=_("Choose more of the list."),
            field="value",
        )
    return None


def _not_offered(value: object) -> DomainError:
    return ValueRefused(
        _("“%(value)s” is none of the possible answers.") % {"value": value},
        fix=_("Choose from the list."),
        field="value",
    )


def _is_day_of_year(value: str) -> bool:
    if not _DAY_OF_YEAR.fullmatch(value):
        return False
    month, day = value.split("-")
    return int(day) <= _SHORT_MONTHS.get(month, 31)


def _no_day() -> DomainError:
    return ValueRefused(_("This is no day of the year."), fix=_("Write month and day: 01-31."), field="value")


def _text_refusal(definition: Definition, value: object) -> DomainError | None:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT_CHARS:
        return ValueRefused(
            _("The text is missing or has more than %(limit)d characters.") % {"limit": MAX_TEXT_CHARS},
            fix=_("Write it again, shorter."),
            field="value",
        )
    if definition.unit == "pattern" and not _is_pattern(value):
        return ValueRefused(
            _("The pattern must contain {unit}, {year} and {serial}, and nothing else in braces."),
            fix=_("Write it like {unit}/{year}-{serial:05d}."),
            field="value",
        )
    return None


def _is_pattern(text: str) -> bool:
    """Whether the pattern can be filled and keeps numbers apart."""
    try:
        fields = [name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None]
        text.format(unit="A", year=2026, serial=1)
    except (ValueError, LookupError, AttributeError):
        return False
    return set(fields) == _PATTERN_FIELDS

"""One cell: from what the spreadsheet program stored to a typed value, and back."""

# ruff: noqa: ARG001  # every parser takes the column, whether it asks it or not

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jiyue.core.errors import Text
from jiyue.organizations.registers.columns import CellKind, Column

FIRST_YEAR, LAST_YEAR = 1900, 2199  # beyond, a date is a slip of the pen
MAX_DIGITS = 15  # spreadsheet programs keep no more
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：]\d{2})?")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_YES = frozenset({"是", "yes", "y", "true", "1", "✓", "√"})
_NO = frozenset({"否", "no", "n", "false", "0", "✗", "×"})


class CellError(Exception):
    """What is wrong with one cell, and what to do."""

    def __init__(self, message: Text, fix: Text):
        super().__init__(str(message))
        self.message = message
        self.fix = fix


def parse(value: Any, column: Column) -> Any:
    """Turn the stored value of a filled cell into what the column holds.

    Raises:
        CellError: It doesn't fit the column.
    """
    return _PARSERS[column.kind](value, column)


def _text(value: Any, column: Column) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a telephone number typed as a number
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    text = str(value)
    if len(text) > column.max_chars:
        raise CellError(
            _("The text has %(count)d characters; at most %(limit)d are possible.")
            % {"count": len(text), "limit": column.max_chars},
            _("Shorten it."),
        )
    return text


def _not_a_date(value: Any) -> CellError:
    return CellError(_("“%(text)s” isn't a date.") % {"text": str(value)[:40]}, _("Write it as 2026-11-21."))


def _date(value: Any, column: Column) -> date:
    if isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, date):
        found = value
    else:
        match = _DAY.fullmatch(str(value)) or _COMPACT_DAY.fullmatch(str(value))
        if match is None:
            raise _not_a_date(value)
        found = _calendar_day(match, value)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise _not_a_date(found)
    return found


def _calendar_day(match: re.Match[str], value: Any) -> date:
    try:
        return date(*(int(part) for part in match.groups()[:3]))
    except ValueError as error:
        raise _not_a_date(value) from error


def _moment(value: Any, column: Column) -> datetime:
    if isinstance(value, datetime):
        _date(value, column)
        return timezone.make_aware(value)
    text, _blank, clock_text = str(value).partition(" ")
    match = _TIME.fullmatch(clock_text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise CellError(
            _("“%(text)s” isn't a date with a time.") % {"text": str(value)[:40]},
            _("Write it as 2026-11-21 09:30."),
        )
    return timezone.make_aware(datetime.combine(_date(text, column), time(int(match[1]), int(match[2]))))


def _not_a_number(value: Any) -> CellError:
    return CellError(
        _("“%(text)s” isn't a number.") % {"text": str(value)[:40]},
        _("Write digits only, without units."),
    )


def _number(value: Any) -> Decimal:
    if isinstance(value, bool | datetime | date | time):
        raise _not_a_number(value)
    text = (
        f"{value:.{MAX_DIGITS}g}"
        if isinstance(value, float)
        else str(value).replace(",", "").replace("，", "")
    )
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise _not_a_number(value) from error
    if not found.is_finite() or found.adjusted() >= MAX_DIGITS:
        raise _not_a_number(value)
    return found


def _decimal(value: Any, column: Column) -> Decimal:
    found = _number(value)
    rounded = found.quantize(Decimal(1).scaleb(-column.places))
    if rounded != found:
        raise CellError(
            _("%(text)s has more than %(places)d decimal places.")
            % {"text": str(value)[:40], "places": column.places},
            _("Round it."),
        )
    _refuse_range(rounded, column)
    return rounded


def _whole(value: Any, column: Column) -> int:
    found = _number(value)
    if found != found.to_integral_value():
        raise CellError(_("%(text)s isn't a whole number.") % {"text": str(value)[:40]}, _("Round it."))
    _refuse_range(found, column)
    return int(found)


def _refuse_range(value: Decimal, column: Column) -> None:
    if column.minimum is not None and value < column.minimum:
        raise CellError(
            _("%(value)s is less than %(limit)s.") % {"value": value, "limit": column.minimum},
            _("Correct the number."),
        )
    if column.maximum is not None and value > column.maximum:
        raise CellError(
            _("%(value)s is more than %(limit)s.") % {"value": value, "limit": column.maximum},
            _("Correct the number."),
        )


def _flag(value: Any, column: Column) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _YES or word == _("yes").casefold():
        return True
    if word in _NO or word == _("no").casefold():
        return False
    raise CellError(
        _("“%(text)s” is neither yes nor no.") % {"text": str(value)[:40]},
        _("Write %(yes)s or %(no)s.") % {"yes": _("yes"), "no": _("no")},
    )


def _choice(value: Any, column: Column) -> str:
    word = str(value).strip().casefold()
    for stored, label in column.choices.items():
        if word in (stored.casefold(), str(label).casefold()):
            return stored
    names = _(", ").join(str(label) for label in list(column.choices.values())[:20])
    raise CellError(
        _("“%(text)s” isn't one of the words of this column.") % {"text": str(value)[:40]},
        _("Write one of: %(names)s.") % {"names": names},
    )


_PARSERS: dict[CellKind, Callable[[Any, Column], Any]] = {
    CellKind.TEXT: _text,
    CellKind.DATE: _date,
    CellKind.MOMENT: _moment,
    CellKind.DECIMAL: _decimal,
    CellKind.WHOLE: _whole,
    CellKind.FLAG: _flag,
    CellKind.CHOICE: _choice,
}


def show(value: Any, column: Column) -> Any:
    """What a cell of a written table holds for a typed value."""
    if value is None or value == "":
        return None
    if column.kind == CellKind.FLAG:
        return _("yes") if value else _("no")
    if column.kind == CellKind.CHOICE:
        return str(column.choices.get(str(value), value))
    if column.kind == CellKind.MOMENT:
        return timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0)
    if column.kind in (CellKind.DATE, CellKind.DECIMAL, CellKind.WHOLE):
        return value
    return _UNWRITABLE.sub("", str(value))

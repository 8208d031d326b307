"""The working of a due date in words, line by line, with the running count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiyue.policy.work_calendar.steps import Step, StepKind

_COUNTING = frozenset({StepKind.COUNTED, StepKind.MAKEUP, StepKind.STRETCH, StepKind.COUNTED_DAYS})
_REASONS: dict[StepKind, Promise] = {
    StepKind.RECEIVED: gettext_lazy("start at %(time)s; the day of the start isn't counted"),
    StepKind.STARTED: gettext_lazy("start at %(time)s; hours count from the minute"),
    StepKind.COUNTED: gettext_lazy("working days"),
    StepKind.MAKEUP: gettext_lazy("make-up working days"),
    StepKind.WEEKEND: gettext_lazy("weekend"),
    StepKind.HOLIDAY: gettext_lazy("holiday"),
    StepKind.EXCLUDED: gettext_lazy("excluded time"),
    StepKind.COUNTED_DAYS: gettext_lazy("calendar days, rest days included"),
    StepKind.COUNTED_WEEKS: gettext_lazy("whole weeks: the same day of the week"),
    StepKind.COUNTED_MONTHS: gettext_lazy("whole months: the corresponding day (Civil Code, article 202)"),
    StepKind.LAST_OF_MONTH: gettext_lazy(
        "whole months: there is no corresponding day, so the last of the month (Civil Code, article 202)"
    ),
    StepKind.LENGTHENED: gettext_lazy("longer by the excluded days"),
    StepKind.MOVED: gettext_lazy(
        "the last day is a rest day, so the term ends with the next working day (Civil Code, article 203)"
    ),
}


@dataclass(frozen=True)
class Line:
    """One line of the working.

    Attributes:
        kind: Kind of the step, for the look.
        days: The day or days, in words.
        reason: Why they count or don't.
        count: What is counted here; blank where nothing is.
        total: Counted so far, after this line; None where nothing is counted here.
        is_counted: Whether the line counts.
    """

    kind: str
    days: str
    reason: str
    count: str
    total: int | None
    is_counted: bool


def explain(steps: Iterable[Step]) -> list[Line]:
    """The steps in words."""
    total = 0
    lines = []
    for step in steps:
        is_counted = step.kind in _COUNTING
        total += step.count if is_counted else 0
        lines.append(
            Line(
                kind=step.kind.value,
                days=day_range(step.first_on, step.last_on),
                reason=_reason(step),
                count=f"+{step.count}" if is_counted else "",
                total=total if is_counted else None,
                is_counted=is_counted,
            )
        )
    return lines


def day_range(first: date, last: date) -> str:
    """One day, or the first and the last of several; the year stands once where it is the same."""
    begin = date_format(first, "DATE_FORMAT")
    if first == last:
        return begin
    end = month_day(last) if first.year == last.year else date_format(last, "DATE_FORMAT")
    return _("%(first)s to %(last)s") % {"first": begin, "last": end}


def month_day(on: date) -> str:
    """A date without its year."""
    return _("%(month)s-%(day)s") % {"month": on.month, "day": on.day}


def _reason(step: Step) -> str:
    if step.kind == StepKind.DUE:
        return _due(step)
    if step.kind == StepKind.STRETCH:
        return _stretch(step)
    if step.kind == StepKind.EXCLUDED_TIME:
        text = ngettext("excluded time: %(count)d minute", "excluded time: %(count)d minutes", step.count)
        return _with_name(text % {"count": step.count}, step.name)
    reason = str(_REASONS[step.kind])
    if step.moment:
        reason %= {"time": f"{localtime(step.moment):%H:%M}"}
    return _with_name(reason, step.name)


def _due(step: Step) -> str:
    if step.moment:
        return _("due at %(time)s") % {"time": f"{localtime(step.moment):%H:%M}"}
    return _("due at 24:00, the end of the day")


def _stretch(step: Step) -> str:
    if not step.skipped:
        return str(_REASONS[StepKind.COUNTED])
    values = {"counted": step.count, "skipped": step.skipped, "names": step.name}
    if step.name:
        text = _("%(counted)d working days; %(skipped)d days of rest, with %(names)s, aren't counted")
    else:
        text = _("%(counted)d working days; %(skipped)d days of rest aren't counted")
    return text % values


def _with_name(reason: str, name: str) -> str:
    return _("%(reason)s (%(name)s)") % {"reason": reason, "name": name} if name else reason

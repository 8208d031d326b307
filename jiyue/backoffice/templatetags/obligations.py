"""Due dates in words."""

from datetime import datetime, time

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.obligations.models import Obligation
from jiyue.obligations.reckoning import AHEAD, Remaining, StepKey, due_day
from jiyue.policy.wording import clause_words, profile_name

register = template.Library()

LAST_SECOND = time(23, 59, 59)


@register.filter
def due_moment(value: datetime | None) -> str:
    """A due moment as 12月5日 24:00; with the year where it isn't this one's. Midnight ends a day here."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    is_midnight = local.time().replace(microsecond=0) in (time(0), LAST_SECOND)
    day = due_day(value) if is_midnight else local
    parts = {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "time": "24:00" if is_midnight else f"{local:%H:%M}",
    }
    text = (
        _("%(month)s-%(day)s %(time)s")
        if day.year == clock.today().year
        else _("%(year)s-%(month)s-%(day)s %(time)s")
    )
    return text % parts


@register.simple_tag
def time_left(obligation: Obligation, left: Remaining) -> str:
    """How much of a clock is left and when it is due, or by how much it is overdue."""
    due = due_moment(obligation.due_at)
    if left.is_late:
        text = _("Overdue by %(time)s") if left.length.number else _("Overdue since %(due)s")
    elif due_day(obligation.due_at).date() == clock.today() and obligation.term_unit != "hours":
        text = _("Due today, %(due)s")
    elif left.length.number:
        text = _("%(time)s left, due %(due)s")
    else:
        text = _("Due %(due)s")
    return text % {"time": left.length, "due": due}


@register.filter
def step_in_words(key: str) -> str:
    """Which reminder or escalation a step was: so long ahead, so long after."""
    step = StepKey.parse(key)
    text = _("%(time)s ahead") if step.direction == AHEAD else _("%(time)s after")
    return text % {"time": step.term}


@register.filter
def clause_in_words(clause: str) -> str:
    """A clause, or that the platform proposed the value."""
    return clause_words(clause)


@register.filter
def profile_in_words(code: str) -> str:
    """The profile a term came from."""
    return profile_name(code)


@register.filter
def standing(left: Remaining) -> str:
    """The colour that repeats what the words say."""
    if left.is_late:
        return "status-failed"
    return "status-returned" if left.length.number <= 1 else "status-open"

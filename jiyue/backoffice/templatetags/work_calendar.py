"""Tags that show the working of a due date and a year of the calendar."""

from collections.abc import Iterable
from typing import Any

from django import template

from jiyue.policy.work_calendar.explaining import explain
from jiyue.policy.work_calendar.steps import Step

register = template.Library()


@register.inclusion_tag("backoffice/parts/deadline_working.html")
def deadline_working(
    steps: Iterable[Step | dict[str, object]], *, is_provisional: bool = False
) -> dict[str, Any]:
    """The working of a due date, step by step.

    Args:
        steps: Steps, or what `Step.as_json` stored of them.
        is_provisional: Whether it rests on a year that isn't published yet.
    """
    read = [step if isinstance(step, Step) else Step.from_json(step) for step in steps]
    return {"lines": explain(read), "is_provisional": is_provisional}

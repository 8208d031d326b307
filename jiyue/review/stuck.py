"""Levels that nobody can decide: the last holder of the role left, or wrote the item.

They stay visible and owed; who can change that is told once for each level.
"""

from collections.abc import Collection, Iterator
from datetime import time

from django.utils.translation import gettext as _

from jiyue.core.schedule import JOBS, Job
from jiyue.organizations.enums import ADMINISTRATION_ROLES, StaffRole
from jiyue.organizations.selectors import get_active_roles, get_line_upward
from jiyue.organizations.services.notices import notify
from jiyue.review.authority import list_deciders
from jiyue.review.enums import StepStatus
from jiyue.review.models import ReviewStep

NOTICE_TOPIC = "review.stuck"
DAILY_AT = time(7, 30)  # before people begin to work
HELPING_ROLES = ADMINISTRATION_ROLES | {StaffRole.LEADER_IN_CHARGE}


def list_stuck_steps(unit_ids: Collection[int]) -> list[ReviewStep]:
    """Open levels of the units that nobody can decide now, the oldest first."""
    steps = ReviewStep.objects.filter(status=StepStatus.OPEN, unit__in=unit_ids)
    rows = steps.select_related("case", "unit").order_by("opened_at", "pk")
    return [step for step in rows if not list_deciders(step)]


def tell_helpers(step: ReviewStep) -> int:
    """Tell those who can give the role to somebody, or stand somebody in, that a level is stuck.

    Returns:
        How many people were asked for.
    """
    line = [step.unit, *get_line_upward(step.unit)]
    helpers = get_active_roles().filter(unit__in=line, role__in=HELPING_ROLES)
    return notify(
        person_ids=sorted(set(helpers.values_list("person_id", flat=True))),
        topic=NOTICE_TOPIC,
        title=_("Nobody can decide on “%(title)s”: %(role)s of %(unit)s")
        % {"title": step.case.title, "role": step.get_role_display(), "unit": step.unit.name},
        body=_("Nobody who may decide this level is left. Give the role to a person, or set a delegation."),
        key=f"review.stuck:{step.pk}",
        path=f"/review/{step.case_id}/",
    )


def watch_stuck_steps() -> Iterator[int]:
    """Look at every open level; one query pair and at most one notice at a time."""
    steps = ReviewStep.objects.filter(status=StepStatus.OPEN).select_related("case", "unit")
    for step in steps.order_by("pk").iterator(chunk_size=200):
        if not list_deciders(step):
            yield tell_helpers(step)


def register() -> None:
    """Enter the job; called when the room starts."""
    JOBS.register("review.stuck_steps", WATCH)


WATCH = Job(watch_stuck_steps, at=DAILY_AT)

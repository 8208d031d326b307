from dataclasses import dataclass

from django import template

from jiyue.organizations.models import StaffAccount
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.publishing.work.planning import planning_refusal
from jiyue.review.models import ReviewCase

register = template.Library()


@dataclass(frozen=True)
class CaseMoment:
    """When a case goes out, and whether the account may change that."""

    plan: PlannedRelease | None
    last_note: str
    may_plan: bool


@register.simple_tag
def moment_of(case: ReviewCase, account: StaffAccount) -> CaseMoment:
    """The planned moment of a case."""
    row = PlannedRelease.objects.filter(case=case).first()
    is_planned = row is not None and row.state == PlanState.PLANNED
    note = row.note if row is not None and row.state == PlanState.CANCELLED else ""
    return CaseMoment(row if is_planned else None, note, planning_refusal(case, account) is None)

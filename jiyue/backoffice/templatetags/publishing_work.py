from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiyue.backoffice.templatetags.backoffice import exact_moment, status_tag
from jiyue.backoffice.views.case_list import CaseRow
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.publishing.work.moments import moments_of_cases, moments_of_items
from jiyue.publishing.work.planning import planning_refusal
from jiyue.review.enums import CaseStatus
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


@register.simple_tag
def item_moments(rows: Iterable[tuple[Resource, object]]) -> dict[int, datetime]:
    """When items of a list go out that are approved and wait for their moment: one look for all.

    Args:
        rows: Items, each with the level that it waits for.
    """
    ids = [item.pk for item, step in rows if step is None and item.status == ResourceStatus.IN_REVIEW]
    return moments_of_items(ids) if ids else {}


@register.simple_tag
def item_moment(resource: Resource, step: object) -> datetime | None:
    """When one item goes out that is approved and waits for its moment."""
    return item_moments([(resource, step or None)]).get(resource.pk)


@register.simple_tag
def case_moments(rows: Iterable[CaseRow]) -> dict[int, datetime]:
    """When cases of a list go out that are approved and wait for their moment: one look for all."""
    ids = [row.case.pk for row in rows if row.case.status == CaseStatus.APPROVED]
    return moments_of_cases(ids) if ids else {}


@register.filter
def at_key(moments: dict[int, datetime], key: int) -> datetime | None:
    """The moment of one row."""
    return moments.get(key)


@register.simple_tag
def moment_tag(moment: datetime) -> SafeString:
    """That something is approved, and when it goes out, as a status."""
    words = _("approved, goes out at %(moment)s") % {"moment": exact_moment(moment)}
    return status_tag("approved", words)

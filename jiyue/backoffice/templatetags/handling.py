"""What goes with a case, for the parts that other pages include."""

from collections.abc import Iterable
from typing import Any

from django import template

from jiyue.library.models import Resource
from jiyue.library.timeliness import Limit, get_late_ids, read_limits
from jiyue.organizations.models import StaffAccount
from jiyue.review.enums import ReviewVerb
from jiyue.review.models import ReviewCase
from jiyue.review.services import holding

register = template.Library()


@register.simple_tag(takes_context=True)
def handling_of(context: dict[str, Any], case: ReviewCase) -> dict[str, Any]:
    """Papers, referrals and risk assessments of a case, and what the signed-in person may do with them."""
    account: StaffAccount = context["request"].user
    referrals = sorted(case.referrals.all(), key=lambda row: -row.pk)
    mark = next((action for action in case.actions.all() if action.verb == ReviewVerb.MARK), None)
    assessments = case.risk_assessments.select_related("account__person", "file").order_by("-pk")
    return {
        "papers": [row.filing for row in case.papers.select_related("filing__scan").order_by("pk")],
        "referrals": referrals,
        "open_referral": next((row for row in referrals if row.answered_at is None), None),
        "mark": mark,
        "assessments": list(assessments) if case.is_sensitive else [],
        **vars(holding.read_doors(case, account, may_decide=context.get("may_decide"))),
    }


@register.simple_tag
def limit_of(resource: Resource) -> Limit | None:
    """The time limit of publication of one item, where a day is stated."""
    return read_limits([resource.pk]).get(resource.pk)


@register.simple_tag
def late_ids(rows: Iterable[tuple[Resource, object]]) -> frozenset[int]:
    """Which items of a list are, or went public, later than they may: one look for all."""
    return get_late_ids([resource.pk for resource, _step in rows])

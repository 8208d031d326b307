"""When what is approved goes out, for lists that show it."""

from collections.abc import Collection
from datetime import datetime

from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.review.enums import CaseStatus
from jiyue.review.models import CaseItem


def moments_of_cases(case_ids: Collection[int]) -> dict[int, datetime]:
    """When approved cases that wait for their moment go out, by case id; at most a page of them."""
    rows = PlannedRelease.objects.filter(
        case__in=case_ids, state=PlanState.PLANNED, case__status=CaseStatus.APPROVED
    )
    return dict(rows.values_list("case_id", "release_at"))


def moments_of_items(resource_ids: Collection[int]) -> dict[int, datetime]:
    """When approved items that wait for their moment go out, by resource id; at most a page of them."""
    keys = [str(pk) for pk in resource_ids]
    rows = CaseItem.objects.filter(
        subject_type=SUBJECT_TYPE,
        subject_key__in=keys,
        is_open=True,
        case__status=CaseStatus.APPROVED,
        case__planned_release__state=PlanState.PLANNED,
    )
    return {
        int(key): moment
        for key, moment in rows.values_list("subject_key", "case__planned_release__release_at")
    }

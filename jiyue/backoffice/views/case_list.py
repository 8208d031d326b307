"""The reviewer's list: what waits for me, what is on its way in my units, and everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.paging import CappedPaginator
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import TodoRow, describe_rows
from jiyue.organizations.models import StaffAccount
from jiyue.review.clocks import STEP_SUBJECT
from jiyue.review.enums import CaseStatus, SortOfContent, StepStatus
from jiyue.review.models import Referral, ReviewCase, ReviewStep
from jiyue.review.selectors import list_steps_waiting_for, list_visible_cases

WAITING, UNDER_WAY, ALL = "waiting", "open", "all"
SHOWN = (WAITING, UNDER_WAY, ALL)


@dataclass(frozen=True)
class CaseFilter:
    """What the list is narrowed to; unknown values narrow nothing.

    Attributes:
        shown: `waiting` for me, `open` in my units, or `all` of them.
    """

    shown: str = WAITING
    sort: str = ""
    unit: str = ""
    is_urgent: bool = False
    is_held: bool = False

    @classmethod
    def read(cls, request: HttpRequest) -> "CaseFilter":
        """From the query string."""
        values = request.GET
        return cls(
            shown=values.get("show", "") if values.get("show") in SHOWN else WAITING,
            sort=values.get("sort", "") if values.get("sort") in SortOfContent.values else "",
            unit=values.get("unit", "") if values.get("unit", "").isdecimal() else "",
            is_urgent="urgent" in values,
            is_held="held" in values,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything besides the tab narrows the list."""
        return bool(self.sort or self.unit or self.is_urgent or self.is_held)

    def apply(self, cases: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
        """Narrow a list of cases."""
        if self.shown == UNDER_WAY:
            cases = cases.filter(status=CaseStatus.OPEN)
        if self.sort:
            cases = cases.filter(sort=self.sort)
        if self.unit:
            cases = cases.filter(unit=int(self.unit[:18]))
        if self.is_urgent:
            cases = cases.filter(is_urgent=True)
        if self.is_held:
            cases = cases.filter(Exists(Referral.objects.filter(case=OuterRef("pk"), answered_at=None)))
        return cases


@dataclass(frozen=True)
class CaseRow:
    """One line of the list.

    Attributes:
        step: The level that waits; None where the case is closed.
        clock: Its clock, where one runs.
    """

    case: ReviewCase
    step: ReviewStep | None
    clock: TodoRow | None


def list_cases(account: StaffAccount, filters: CaseFilter) -> QuerySet[Any]:
    """What the chosen tab shows: steps for the own list, cases for the others."""
    if filters.shown != WAITING:
        cases = filters.apply(list_visible_cases(account)).prefetch_related("steps__unit", "referrals")
        order = ("-is_urgent", "-id") if filters.shown == UNDER_WAY else ("-id",)
        return cases.order_by(*order)
    steps = list_steps_waiting_for(account).prefetch_related("case__referrals")
    if not filters.is_narrow:
        return steps
    return steps.filter(case__in=filters.apply(ReviewCase.objects.filter(status=CaseStatus.OPEN)))


def describe_cases(rows: Iterable[ReviewCase | ReviewStep]) -> list[CaseRow]:
    """Lines with their clocks, from one query for all of them."""
    pairs = [_pair(row) for row in rows]
    keys = [str(step.pk) for _case, step in pairs if step]
    clocks = Obligation.objects.filter(
        subject_type=STEP_SUBJECT, subject_key__in=keys, status=ObligationStatus.OPEN
    )
    running = {row.obligation.subject_key: row for row in describe_rows(list(clocks))} if keys else {}
    return [CaseRow(case, step, running.get(str(step.pk)) if step else None) for case, step in pairs]


def _pair(row: ReviewCase | ReviewStep) -> tuple[ReviewCase, ReviewStep | None]:
    if isinstance(row, ReviewStep):
        return row.case, row
    step = next((step for step in row.steps.all() if step.status == StepStatus.OPEN), None)
    if step:
        step.case = row
    return row, step


class CaseListView(StaffView):
    """What waits for me, what is on its way in my units, or every case of them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        filters = CaseFilter.read(request)
        page = CappedPaginator(list_cases(self.account, filters), LIST_SIZE).get_page(request.GET.get("page"))
        rows = describe_cases(list(page))
        is_waiting = filters.shown == WAITING and not filters.is_narrow
        waiting = page.paginator.count if is_waiting else list_steps_waiting_for(self.account).count()
        context: dict[str, Any] = {
            "page": page,
            "rows": rows,
            "filters": filters,
            "sorts": SortOfContent.choices,
            "units": sorted({(row.case.unit_id, row.case.unit.name) for row in rows}),
            "waiting_count": waiting,
        }
        return self.page("case_list.html", context)

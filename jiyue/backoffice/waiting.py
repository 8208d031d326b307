"""What waits for one person, for the workbench: short lists, a fixed number of queries."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from jiyue.backoffice.changes import concerning
from jiyue.backoffice.selectors import WORKBENCH_ROWS
from jiyue.core import clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import (
    COUNT_LIMIT,
    TodoRow,
    count_up_to,
    describe_rows,
    list_my_obligations,
    list_unit_obligations,
)
from jiyue.organizations.models import Organization, StaffAccount, StaffNotice
from jiyue.organizations.selectors.people import count_waiting_applications

CANDIDATES = 5  # waiting changes asked about; each topic is asked whether this person may decide


@dataclass(frozen=True)
class ShortList:
    """The head of a to-do list.

    Attributes:
        count: All of them, up to `COUNT_LIMIT`.
        is_more: There are more than that.
    """

    rows: list[TodoRow]
    count: int
    is_more: bool
    late_count: int


def head_of(obligations: QuerySet[Obligation]) -> ShortList:
    """The most urgent rows of a list, with the number of all and of the late ones; three queries."""
    rows = list(obligations[:WORKBENCH_ROWS])
    count = count_up_to(obligations) if rows else 0
    late = count_up_to(obligations.filter(due_at__lt=clock.now())) if rows else 0
    return ShortList(
        describe_rows(rows), min(count, COUNT_LIMIT), count > COUNT_LIMIT, min(late, COUNT_LIMIT)
    )


def my_tasks(account: StaffAccount, pairs: Collection[tuple[int, str]]) -> ShortList:
    """What this person owes."""
    return head_of(list_my_obligations(account, pairs))


def unit_tasks(account: StaffAccount, pairs: Collection[tuple[int, str]]) -> ShortList:
    """What the person's units owe besides."""
    mine = list_my_obligations(account, pairs).order_by().values("pk")
    return head_of(list_unit_obligations(pairs).exclude(pk__in=mine))


def changes_to_decide(actor: AuditActor, units: QuerySet[Organization]) -> list[TwoPersonChange]:
    """The newest changes that this person may decide, among those of the given units and of the platform."""
    waiting = (
        TwoPersonChange.objects.filter(concerning(units))
        .filter(status=ChangeStatus.WAITING)
        .exclude(proposer_person_id=actor.person_id or 0)
        .order_by("-pk")
    )
    return [change for change in waiting[:CANDIDATES] if two_person.decision_refusal(change, actor) is None]


def waiting_applications(unit_ids: Collection[int]) -> int:
    """Applications for accounts that wait in the administered units."""
    return count_waiting_applications(unit_ids) if unit_ids else 0


@dataclass(frozen=True)
class Unread:
    """The newest unread messages, and how many there are up to `COUNT_LIMIT`."""

    notices: list[StaffNotice]
    count: int


def unread_notices(account: StaffAccount) -> Unread:
    """Messages that the person hasn't read."""
    unread = StaffNotice.objects.filter(person_id=account.person_id, read_at=None).order_by("-pk")
    notices = list(unread[:WORKBENCH_ROWS])
    return Unread(notices, unread.order_by()[:COUNT_LIMIT].count() if notices else 0)

"""Which clocks somebody may see, and the to-do lists made of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.core import clock
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.kinds import KINDS, LEADERS
from jiyue.obligations.models import Obligation, ObligationEvent
from jiyue.obligations.reckoning import LEAD_KEY, Remaining, compute_deadline, remaining
from jiyue.organizations.enums import (
    ADMINISTRATION_ROLES,
    OVERSIGHT_ROLES,
    StaffRole,
)
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_held_roles, get_role_pairs, in_subtrees, paths_of
from jiyue.policy.selectors import read_rules
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.selectors import get_calendar

OVERSEEING_ROLES = ADMINISTRATION_ROLES | OVERSIGHT_ROLES  # they see the subtree of their unit
ANSWERING_ROLES = LEADERS | {StaffRole.REVIEW_LEAD, StaffRole.COORDINATOR} | ADMINISTRATION_ROLES
EXCUSE_TOPIC = "obligation.excuse"
SUBJECT_TYPE = "obligation"
FEW_UNITS = 20  # up to here the open clocks of each unit are fetched and sorted
COUNT_LIMIT = 1_000  # a longer list isn't counted to its end
RolePairs = Collection[tuple[int, str]]


def get_overseen_units(pairs: RolePairs) -> QuerySet[Organization]:
    """Units whose clocks are seen because an overseeing role is held in or above them."""
    ids = {unit_id for unit_id, role in pairs if role in OVERSEEING_ROLES}
    return Organization.objects.filter(in_subtrees(paths_of(ids)) if ids else Q(pk__in=[])).order_by("path")


def list_visible_obligations(account: StaffAccount, pairs: RolePairs | None = None) -> QuerySet[Obligation]:
    """Clocks that exist for an account: its person's, its units', and those of the subtrees it oversees.

    Source: NB 2-3 (ORG-04): nobody sees beyond the own subtree.
    """
    pairs = get_role_pairs(account) if pairs is None else pairs
    own = {unit_id for unit_id, _role in pairs}
    seen = Q(person_id=account.person_id) | Q(unit_id__in=own)
    if any(role in OVERSEEING_ROLES for _unit_id, role in pairs):
        seen |= Q(unit_id__in=get_overseen_units(pairs).order_by().values("pk"))
    return Obligation.objects.filter(seen).select_related("unit", "person")


def list_my_obligations(account: StaffAccount, pairs: RolePairs | None = None) -> QuerySet[Obligation]:
    """Open clocks that wait for this person: named on them, or acting for the unit that owes them."""
    pairs = get_role_pairs(account) if pairs is None else pairs
    mine = Q(person_id=account.person_id)
    for unit_id, role in pairs:
        kinds = [name for name, kind in KINDS if role in kind.handlers]
        if kinds:
            mine |= Q(person=None, unit_id=unit_id, kind__in=kinds)
    return _open().filter(mine)


def list_unit_obligations(pairs: RolePairs) -> QuerySet[Obligation]:
    """Open clocks of the units in which a role is held today."""
    return _open().filter(unit_id__in={unit_id for unit_id, _role in pairs})


def list_overseen_obligations(pairs: RolePairs) -> QuerySet[Obligation]:
    """Open clocks of all units below those in which an overseeing role is held."""
    units = get_overseen_units(pairs).order_by()
    few = list(units.values_list("pk", flat=True)[: FEW_UNITS + 1])
    if len(few) <= FEW_UNITS:
        return _open().filter(unit_id__in=few)
    # Asked row by row, the list is read in order of its due dates and stops at the end of a page.
    return _open().filter(Exists(units.filter(pk=OuterRef("unit_id"))))


def _open() -> QuerySet[Obligation]:
    return (
        Obligation.objects.filter(status=ObligationStatus.OPEN)
        .select_related("unit", "person")
        .defer("working", "plan", "reason")
        .order_by("due_at", "pk")
    )


def may_oversee(obligation: Obligation, account_id: int | None) -> bool:
    """Whether an account that may sign in holds an overseeing role in the unit of the clock or above it."""
    held = get_held_roles(account_id).filter(role__in=OVERSEEING_ROLES)
    return any(obligation.unit.path.startswith(path) for path in held.values_list("unit__path", flat=True))


def may_answer_for(obligation: Obligation, account: StaffAccount) -> bool:
    """Whether an account may ask to excuse a clock: who owes it, leaders of the unit, those above."""
    if obligation.person_id is not None and obligation.person_id == account.person_id:
        return True
    pairs = get_role_pairs(account)
    if any(unit_id == obligation.unit_id and role in ANSWERING_ROLES for unit_id, role in pairs):
        return True
    return may_oversee(obligation, account.pk)


@dataclass(frozen=True)
class ObligationFilter:
    """What a to-do list is narrowed to.

    Attributes:
        standing: `late`, `soon` or blank.
        kind: Registered kind.
        unit_path: Path of the unit whose subtree is meant.
        soon_until: Moment up to which a clock is due soon.
    """

    standing: str = ""
    kind: str = ""
    unit_path: str = ""
    soon_until: datetime | None = None

    def apply(self, obligations: QuerySet[Obligation]) -> QuerySet[Obligation]:
        """Narrow a list."""
        now = clock.now()
        if self.standing == "late":
            obligations = obligations.filter(due_at__lt=now)
        elif self.standing == "soon" and self.soon_until:
            obligations = obligations.filter(due_at__gte=now, due_at__lte=self.soon_until)
        if self.kind:
            obligations = obligations.filter(kind=self.kind)
        if self.unit_path:
            obligations = obligations.filter(unit__path__startswith=self.unit_path)
        return obligations


def count_up_to(obligations: QuerySet[Obligation], limit: int = COUNT_LIMIT) -> int:
    """Number of rows; `limit` + 1 stands for more than `limit`."""
    return obligations.order_by().values("pk")[: limit + 1].count()


@dataclass(frozen=True)
class TodoRow:
    """One line of a to-do list.

    Attributes:
        label: What sort of clock it is.
        left: How much of it is left.
    """

    obligation: Obligation
    label: str
    left: Remaining


def describe_rows(obligations: Collection[Obligation]) -> list[TodoRow]:
    """Lines with the time that is left; reads the calendar once."""
    calendar, now = get_calendar(), clock.now()
    return [TodoRow(row, kind_label(row.kind), time_left(row, calendar, now)) for row in obligations]


def time_left(obligation: Obligation, calendar: WorkCalendar, at: datetime) -> Remaining:
    """How much of a clock is left at a moment, or by how much it is overdue."""
    return remaining(due_at=obligation.due_at, term_unit=obligation.term_unit, at=at, calendar=calendar)


def kind_label(kind: str) -> str:
    """The word for a kind, or its name where the room that registered it is gone."""
    return next((str(entry.label) for name, entry in KINDS if name == kind), kind)


def list_events(obligation: Obligation) -> QuerySet[ObligationEvent]:
    """What happened to a clock, oldest first."""
    return obligation.events.order_by("pk")


def get_obligation(kind: str, subject_type: str, subject_key: object) -> Obligation | None:
    """The newest clock of a kind about a subject, running or stopped."""
    return (
        Obligation.objects.filter(kind=kind, subject_type=subject_type, subject_key=str(subject_key))
        .order_by("-pk")
        .first()
    )


def get_soon_moment(unit: Organization | None = None) -> datetime:
    """Moment up to which a clock counts as due soon: the earliest reminder ahead of it has gone out.

    Args:
        unit: Whose profile says how long ahead reminders go out; the platform's without one.
    """
    longest = max(read_rules(unit).value(LEAD_KEY).terms, key=lambda term: term.average_days)
    return compute_deadline(clock.now(), longest, get_calendar()).due_at


def get_waiting_excuse(obligation: Obligation) -> TwoPersonChange | None:
    """The excuse that waits for a second person."""
    return TwoPersonChange.objects.filter(
        topic=EXCUSE_TOPIC,
        subject_type=SUBJECT_TYPE,
        subject_key=str(obligation.pk),
        status=ChangeStatus.WAITING,
    ).first()

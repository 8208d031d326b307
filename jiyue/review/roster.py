"""The duty roster as people read it: turns of a week, and the hours nobody covers (GL 八(二)2, REV-31)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_line_upward, get_role_pairs, is_managed
from jiyue.policy.selectors import value
from jiyue.review.authority import read_shifts
from jiyue.review.models import DutyShift

PLANNING_ROLES = frozenset({StaffRole.LEADER_IN_CHARGE, StaffRole.COORDINATOR, StaffRole.PLATFORM_MANAGER})


@dataclass(frozen=True)
class Gap:
    """Hours of a role that nobody covers."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class RoleWeek:
    """One role in one week: its turns, and what they leave open."""

    role: StaffRole
    shifts: tuple[DutyShift, ...]
    gaps: tuple[Gap, ...]


def may_plan(account: StaffAccount, unit: Organization) -> bool:
    """Leaders in charge and coordinators of a unit plan its roster, and so do its platform managers."""
    held = {role for unit_id, role in get_role_pairs(account) if unit_id == unit.pk}
    return bool(held & PLANNING_ROLES) or is_managed(account, unit)


def list_planned_units(account: StaffAccount) -> list[Organization]:
    """Units whose roster the account plans because of a role it holds in them."""
    ids = {unit_id for unit_id, role in get_role_pairs(account) if role in PLANNING_ROLES}
    return list(Organization.objects.filter(pk__in=ids).order_by("path"))


def list_roster_units(account: StaffAccount) -> list[Organization]:
    """Units whose roster exists for the account: its own, those above, and those it plans."""
    own = Organization.objects.filter(pk__in={unit_id for unit_id, _role in get_role_pairs(account)})
    found = {unit.pk: unit for unit in own}
    for unit in list(found.values()):
        found.update({above.pk: above for above in get_line_upward(unit)})
    return sorted(found.values(), key=lambda unit: unit.path)


def list_shifts(unit: Organization, starts_at: datetime, ends_at: datetime) -> QuerySet[DutyShift]:
    """Turns that touch a time and count for a unit: its own, and those of the units above it."""
    line = [unit, *get_line_upward(unit)]
    return (
        DutyShift.objects.filter(
            unit__in=line, cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        .select_related("account__person", "unit")
        .order_by("starts_at", "pk")
    )


def list_duty_paths(account: StaffAccount, role: StaffRole) -> list[str]:
    """Paths of the units whose subtree the account covers in a role at this moment."""
    return [shift.unit.path for shift in read_shifts(account) if shift.role == role]


def list_shifts_of(account: StaffAccount, after: datetime) -> QuerySet[DutyShift]:
    """Turns of one account that aren't over at a moment, the next one first."""
    return (
        DutyShift.objects.filter(Q(account=account), cancelled_at=None, ends_at__gt=after)
        .select_related("unit")
        .order_by("starts_at", "pk")
    )


def week_of(day: date) -> tuple[datetime, datetime]:
    """Monday 00:00 to the next Monday 00:00, in Asia/Shanghai."""
    monday = day - timedelta(days=day.weekday())
    start = timezone.make_aware(datetime.combine(monday, time.min))
    return start, start + timedelta(weeks=1)


def read_week(unit: Organization, day: date) -> list[RoleWeek]:
    """Coverage of every level of the unit's chain in the week of a day.

    Source: GL 八(二)2 (REV-31: somebody edits, reviews and releases at any hour).
    """
    start, end = week_of(day)
    shifts = list(list_shifts(unit, start, end))
    weeks = []
    for name in value("review.route", unit).items:
        own = [shift for shift in shifts if shift.role == name]
        weeks.append(RoleWeek(StaffRole(name), tuple(own), tuple(find_gaps(own, start, end))))
    return weeks


def find_gaps(shifts: Sequence[DutyShift], start: datetime, end: datetime) -> Iterable[Gap]:
    """Hours between two moments that none of the turns covers."""
    covered_until = start
    for shift in sorted(shifts, key=lambda row: row.starts_at):
        if shift.starts_at > covered_until:
            yield Gap(covered_until, min(shift.starts_at, end))
        covered_until = max(covered_until, shift.ends_at)
    if covered_until < end:
        yield Gap(covered_until, end)

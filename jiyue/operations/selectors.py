"""What the screens, the figures and the checks read about the running of the platform."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Q, QuerySet

from jiyue.core import clock
from jiyue.core.models import Alarm, AlarmState, AuditEntry
from jiyue.core.outbox import LEASE_SECONDS
from jiyue.operations.models import BackupRun, RestoreTest, RunResult, WorkerHeartbeat
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs, get_subtree_ids
from jiyue.policy.selectors import value
from jiyue.policy.terms import Term, TermUnit
from jiyue.sites.selectors import list_site_roles

BACKUP_KEY, RESTORE_TEST_KEY = "security.scan.backup", "security.scan.restore_test"
GRACE_HOURS = 3  # a run takes its time, and the hour of the day shifts a little
SILENT_SECONDS = LEASE_SECONDS + 30  # longer than the slowest batch between two beats


def term_before(term: Term, moment: datetime) -> datetime:
    """The moment a term before another one; working days count as calendar days."""
    if term.unit == TermUnit.MONTHS:
        earlier: datetime = moment - relativedelta(months=term.number)
        return earlier
    if term.unit == TermUnit.HOURS:
        return moment - timedelta(hours=term.number)
    days = term.number * 7 if term.unit == TermUnit.WEEKS else term.number
    return moment - timedelta(days=days)


def get_last_backup() -> BackupRun | None:
    """The newest complete backup."""
    return BackupRun.objects.filter(result=RunResult.GOOD).order_by("-finished_at").first()


def get_last_restore_test() -> RestoreTest | None:
    """The newest successful restore test."""
    return RestoreTest.objects.filter(result=RunResult.GOOD).order_by("-tested_at").first()


def is_backup_overdue(now: datetime | None = None) -> bool:
    """Whether the last good backup is older than the policy allows; a new platform has as long for its first.

    Source: `security.scan.backup`, proposed after GL 七(三)3.
    """
    now = now or clock.now()
    last = get_last_backup()
    since = last.finished_at if last else _began_at()
    limit = term_before(value(BACKUP_KEY).term, now) - timedelta(hours=GRACE_HOURS)
    return since is not None and since < limit


def is_restore_test_overdue(now: datetime | None = None) -> bool:
    """Whether no backup was restored for trial for longer than the policy allows.

    Source: `security.scan.restore_test`, proposed after GL 七(三)3.
    """
    last = get_last_restore_test()
    since = last.tested_at if last else _began_at()
    limit = term_before(value(RESTORE_TEST_KEY).term, now or clock.now())
    return since is not None and since < limit


def _began_at() -> datetime | None:
    """When the platform's trail begins."""
    return AuditEntry.objects.order_by("pk").values_list("occurred_at", flat=True).first()


@dataclass(frozen=True)
class WorkerState:
    """One worker as the board shows it."""

    owner: str
    host: str
    started_at: datetime
    seen_at: datetime
    is_silent: bool


def list_workers() -> list[WorkerState]:
    """Workers that run, or stopped without saying so; the silent ones first."""
    late = clock.now() - timedelta(seconds=SILENT_SECONDS)
    states = [
        WorkerState(row.owner, row.host, row.started_at, row.seen_at, row.seen_at < late)
        for row in WorkerHeartbeat.objects.order_by("host", "owner")
    ]
    return sorted(states, key=lambda state: not state.is_silent)


def _subtree(account: StaffAccount, roles: frozenset[StaffRole]) -> frozenset[int]:
    return get_subtree_ids([unit for unit, role in get_role_pairs(account) if role in roles])


def list_alarms_for(account: StaffAccount) -> QuerySet[Alarm]:
    """Alarms a person may see: the platform's own, and those of sites of the units they oversee."""
    return _scoped(account, OVERSIGHT_ROLES).order_by("-raised_at", "-pk")


def _scoped(account: StaffAccount, roles: frozenset[StaffRole]) -> QuerySet[Alarm]:
    units = _subtree(account, roles)
    if not units:
        return Alarm.objects.none()
    keys = list_site_roles().filter(unit__in=units).order_by().values_list("site__key", flat=True)
    return Alarm.objects.filter(Q(site_key="") | Q(site_key__in=set(keys)))


def answers_for_alarm(alarm: Alarm, account: StaffAccount) -> bool:
    """Whether the person answers for what the alarm is about."""
    return _scoped(account, frozenset({StaffRole.PLATFORM_MANAGER})).filter(pk=alarm.pk).exists()


def may_handle_alarm(alarm: Alarm, account: StaffAccount) -> bool:
    """Whether the person answers for what the alarm is about, and it is still open."""
    return alarm.state == AlarmState.OPEN and answers_for_alarm(alarm, account)


def count_open_alarms() -> dict[str, int]:
    """Open alarms by kind."""
    counts: dict[str, int] = {}
    for kind in Alarm.objects.filter(state=AlarmState.OPEN).values_list("kind", flat=True):
        counts[kind] = counts.get(kind, 0) + 1
    return counts

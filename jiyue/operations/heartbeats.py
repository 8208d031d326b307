"""Workers that say that they are alive, and what follows when one doesn't any more."""

from datetime import timedelta

from django.db.models import Max

from jiyue.core import alarms, clock
from jiyue.core.models import Alarm, AlarmState
from jiyue.core.worker import ALIVE, STOPPED
from jiyue.operations.alarm_kinds import WORKER_SILENT
from jiyue.operations.models import WorkerHeartbeat
from jiyue.operations.selectors import SILENT_SECONDS


def note_alive(owner: str) -> None:
    """Write down that a worker lives."""
    now = clock.now()
    if not WorkerHeartbeat.objects.filter(pk=owner).update(seen_at=now):
        host = owner.rpartition(":")[0][:100]
        WorkerHeartbeat.objects.update_or_create(
            owner=owner, defaults={"host": host, "started_at": now, "seen_at": now}
        )


def note_stopped(owner: str) -> None:
    """Forget a worker that stopped as asked."""
    WorkerHeartbeat.objects.filter(pk=owner).delete()


def watch_workers() -> list[str]:
    """Raise an alarm for every host whose workers fell silent; return those hosts.

    A dead worker beside a living one of the same host was replaced: its row
    goes, and so does the alarm. Called by living workers and by the readiness
    of the back office, so that somebody notices when all workers are dead.

    Source: GL 七(二)1 (SEC-14).
    """
    late = clock.now() - timedelta(seconds=SILENT_SECONDS)
    seen = dict(WorkerHeartbeat.objects.order_by().values_list("host").annotate(last=Max("seen_at")))
    silent = sorted(host for host, last in seen.items() if last < late)
    WorkerHeartbeat.objects.filter(seen_at__lt=late).exclude(host__in=silent).delete()
    open_for = set(
        Alarm.objects.filter(kind=WORKER_SILENT, state=AlarmState.OPEN).values_list("subject", flat=True)
    )
    for host in silent:
        if host not in open_for:
            details = {"seen_at": seen[host].isoformat()}
            alarms.raise_alarm(WORKER_SILENT, host, details=details)
    for host in open_for - set(silent):
        alarms.end_alarm(
            WORKER_SILENT, host, how="a worker of this host reports again, or was stopped as asked"
        )
    return silent


def register() -> None:
    """Listen to the workers of this process."""
    ALIVE.listen(note_alive)
    STOPPED.listen(note_stopped)

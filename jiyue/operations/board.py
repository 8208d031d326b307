"""What the board of operation shows, read once."""

from dataclasses import dataclass

from jiyue.operations import machine
from jiyue.operations.models import BackupRun, RestoreTest
from jiyue.operations.selectors import (
    WorkerState,
    get_last_backup,
    get_last_restore_test,
    is_backup_overdue,
    is_restore_test_overdue,
    list_workers,
)
from jiyue.publishing.delivery.selectors import store_errors
from jiyue.publishing.integrity.selectors import open_events, running_watch
from jiyue.publishing.work.selectors import LaneDepth, latency_percentiles, queue_depth

HOURS = 24


@dataclass(frozen=True)
class Board:
    """The state of everything that runs.

    Attributes:
        lanes: What waits in the queue, the most urgent first.
        latency: `p50`, `p95`, `p99` in seconds over `HOURS`; None without a publication.
        store_errors: Refused batches by site key over `HOURS`.
        tamper_count: Tampering that isn't put right yet.
        is_watched: Whether the tamper watch gives signs of life.
    """

    lanes: dict[str, LaneDepth]
    latency: dict[str, float | None]
    store_errors: dict[str, int]
    tamper_count: int
    is_watched: bool
    workers: list[WorkerState]
    disks: list[machine.Disk]
    memory_free_percent: float | None
    load_percent: float
    database_bytes: int
    backup: BackupRun | None
    restore_test: RestoreTest | None
    is_backup_overdue: bool
    is_restore_test_overdue: bool


def read_board() -> Board:
    """Read everything.

    Source: GL 七(二)1 (SEC-14); GL 五(二)1 (operation monitoring).
    """
    return Board(
        lanes=queue_depth(),
        latency=latency_percentiles(HOURS),
        store_errors=store_errors(HOURS),
        tamper_count=open_events().count(),
        is_watched=running_watch() is not None,
        workers=list_workers(),
        disks=machine.read_disks(),
        memory_free_percent=machine.read_free_memory_percent(),
        load_percent=machine.read_load_percent(),
        database_bytes=machine.read_database_bytes(),
        backup=get_last_backup(),
        restore_test=get_last_restore_test(),
        is_backup_overdue=is_backup_overdue(),
        is_restore_test_overdue=is_restore_test_overdue(),
    )

"""Whether a part lives and is ready for work.

Source: GL 七(二)1 (SEC-14).
"""

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from jiyue.core import at_rest, audit, inbox
from jiyue.operations import machine
from jiyue.operations.heartbeats import watch_workers
from jiyue.operations.selectors import list_workers
from jiyue.operations.watching import STUCK_SECONDS
from jiyue.publishing.work.selectors import queue_depth

logger = logging.getLogger(__name__)

GOOD = "ok"
Checks = dict[str, str]


def check_backoffice() -> Checks:
    """Every check of the staff process by name: `ok`, or what is wrong in a few words without data."""
    checks = _run({"database": _database})
    if checks["database"] != GOOD:
        return checks  # everything else asks it
    return checks | _run(
        {
            "migrations": _migrations,
            "keys": _keys,
            "store": _store,
            "disk": _disk,
            "queue": _queue,
            "workers": _workers,
        }
    )


def check_worker() -> Checks:
    """Every check of the worker of this host: for the supervisor of a container or a service."""
    checks = _run({"database": _database})
    if checks["database"] != GOOD:
        return checks
    return checks | _run(
        {"migrations": _migrations, "keys": _keys, "disk": _disk, "heartbeat": _own_heartbeat}
    )


def is_ready(checks: Checks) -> bool:
    """Whether nothing is wrong."""
    return all(state == GOOD for state in checks.values())


def _run(checks: dict[str, Callable[[], str]]) -> Checks:
    found = {}
    for name, check in checks.items():
        try:
            found[name] = check()
        except (DatabaseError, OSError):  # the answer is that it isn't ready; the log says why
            logger.exception("health.failed", extra={"code": name})
            found[name] = "unreachable"
    return found


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return GOOD


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} missing" if missing else GOOD


def _keys() -> str:
    folder = Path(settings.JIYUE_KEY_DIR)
    wanted = [folder / f"{name}.key" for name in (audit.KEY_NAME, inbox.KEY_NAME)]
    has_storage_key = bool(at_rest.list_key_ids(at_rest.chosen_algorithm()))
    return GOOD if has_storage_key and all(path.is_file() for path in wanted) else "missing"


def _store() -> str:
    """Whether published files can be written; stores on other hosts are watched by their own alarms.

    Nothing is written for trial: the tamper watch would take the file for a stranger's.
    """
    folder = Path(settings.JIYUE_OUTPUT_DIR).resolve()
    path = next(each for each in (folder, *folder.parents) if each.exists())
    is_writable = os.access(path, os.W_OK) and not os.statvfs(path).f_flag & os.ST_RDONLY
    return GOOD if is_writable else "read-only"


def _disk() -> str:
    """A third of what raises the alarm: by then somebody was told long ago."""
    limit = settings.JIYUE_MIN_FREE_DISK_PERCENT / 3
    return "full" if any(disk.free_percent < limit for disk in machine.read_disks()) else GOOD


def _queue() -> str:
    depths = queue_depth()
    is_stuck = any(depths[lane].oldest_seconds > STUCK_SECONDS for lane in ("withdrawal", "urgent"))
    return "stuck" if is_stuck else GOOD


def _workers() -> str:
    return "silent" if watch_workers() else GOOD


def _own_heartbeat() -> str:
    host = socket.gethostname()
    return GOOD if any(each.host == host and not each.is_silent for each in list_workers()) else "silent"

"""What the machine and its services say about themselves: figures only, no opinion."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.db import connection

from jiyue.operations.backup.places import AREAS

_MEMORY_FILE = Path("/proc/meminfo")


@dataclass(frozen=True)
class Disk:
    """One disk that the platform writes to.

    Attributes:
        folders: Names of the settings whose folders lie on it.
        path: One of those folders.
        total_bytes, free_bytes: Size, and what this process may still use.
    """

    folders: tuple[str, ...]
    path: str
    total_bytes: int
    free_bytes: int

    @property
    def free_percent(self) -> float:
        """Share that is free, in percent."""
        return 100 * self.free_bytes / self.total_bytes if self.total_bytes else 0.0


def read_disks() -> list[Disk]:
    """Every disk that holds one of the platform's folders, once."""
    names = {name: Path(getattr(settings, name)) for name in AREAS.values()}
    if settings.JIYUE_BACKUP_DIR:
        names["JIYUE_BACKUP_DIR"] = Path(settings.JIYUE_BACKUP_DIR)
    found: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in names.items():
        path = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
        found.setdefault(path.stat().st_dev, (path, []))[1].append(name)
    disks = []
    for path, holders in found.values():
        state = os.statvfs(path)
        total, free = state.f_blocks * state.f_frsize, state.f_bavail * state.f_frsize
        disks.append(Disk(tuple(holders), str(path), total, free))
    return disks


def read_free_memory_percent() -> float | None:
    """Share of the memory that is available, in percent; None where the system doesn't tell."""
    try:
        lines = _MEMORY_FILE.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    facts = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    total = facts.get("MemTotal", 0)
    return 100 * facts["MemAvailable"] / total if total and "MemAvailable" in facts else None


def read_load_percent() -> float:
    """Load of the last 15 minutes in percent of the processors."""
    return 100 * os.getloadavg()[2] / (os.cpu_count() or 1)


def read_clock_skew_seconds() -> float | None:
    """How far this host's clock is off the database's; None where the database is on this host's disk."""
    if connection.vendor != "postgresql":
        return None
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    return abs(theirs - (before + time.time()) / 2)


def read_database_bytes() -> int:
    """Size of the platform's database."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    path = Path(str(connection.settings_dict["NAME"]))
    return path.stat().st_size if path.exists() else 0


@dataclass(frozen=True)
class Certificate:
    """A certificate on disk; `ends_at` is None where the file can't be read as one."""

    name: str
    ends_at: datetime | None


def read_certificates() -> list[Certificate]:
    """The certificates of `JIYUE_TLS_DIR`, the soonest end first; unreadable ones before them."""
    if not settings.JIYUE_TLS_DIR:
        return []
    found = [
        Certificate(path.name, _end_of(path)) for path in sorted(Path(settings.JIYUE_TLS_DIR).glob("*.crt"))
    ]
    return sorted(found, key=lambda each: each.ends_at or datetime.min.replace(tzinfo=UTC))


def _end_of(path: Path) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None

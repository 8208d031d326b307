"""Copies of databases: SQLite by its online backup, PostgreSQL by pg_dump; both of one moment."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from jiyue.operations.backup.refusals import BackupFailed, RestoreRefused

READ_BYTES = 1024 * 1024
_TLS_NAMES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"
Description = Mapping[str, Any]


@dataclass(frozen=True)
class Copy:
    """One database as of one moment.

    Attributes:
        chunks: Its bytes; to be read to the end, once.
        counts: Table → number of rows at that moment.
        migrations: (application, name) of the migrations it has.
    """

    chunks: Iterator[bytes]
    counts: dict[str, int]
    migrations: list[tuple[str, str]]


def engine_of(database: Description) -> str:
    """`sqlite` or `postgresql`."""
    return "sqlite" if str(database["ENGINE"]).endswith("sqlite3") else "postgresql"


@contextmanager
def copied(database: Description, scratch: Path) -> Iterator[Copy]:
    """Take a copy of one moment; writers go on meanwhile.

    Args:
        database: Django's description of it.
        scratch: Folder for a temporary file, on a disk of this host.
    """
    with (
        _copied_sqlite(database, scratch)
        if engine_of(database) == "sqlite"
        else _copied_postgres(database) as copy
    ):
        yield copy


@contextmanager
def _copied_sqlite(database: Description, scratch: Path) -> Iterator[Copy]:
    scratch.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix="backup-", suffix=".sqlite3", dir=scratch)
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(name)) as target:
            with closing(sqlite3.connect(str(database["NAME"]), timeout=20)) as source:
                source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            counts = count_sqlite(target)
            migrations = [(app, step) for app, step in target.execute(_MIGRATIONS)]
        with Path(name).open("rb") as file:
            yield Copy(_read(file), counts, migrations)
    finally:
        Path(name).unlink(missing_ok=True)


def count_sqlite(database: sqlite3.Connection) -> dict[str, int]:
    """Table → number of rows."""
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {
        name: int(database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0])  # noqa: S608  # its own
        for (name,) in tables
    }


@contextmanager
def _copied_postgres(database: Description) -> Iterator[Copy]:
    with connect(database) as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = str(session.execute("SELECT pg_export_snapshot()").fetchone()[0])  # type: ignore[index]
        counts = count_postgres(session)
        migrations = [(str(app), str(step)) for app, step in session.execute(_MIGRATIONS)]
        command = [
            *(find_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"),
            *(f"--snapshot={snapshot}", "--no-password", f"--dbname={database['NAME']}"),
        ]
        yield Copy(_run_dump(command, database), counts, migrations)


def _run_dump(command: list[str], database: Description) -> Iterator[bytes]:
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, env=environment(database), stdout=subprocess.PIPE, stderr=errors) as dump,  # noqa: S603
    ):
        yield from _read(dump.stdout)  # type: ignore[arg-type]  # it is a pipe
        if dump.wait():
            raise _program_failed("pg_dump", errors)


def count_postgres(session: "psycopg.Connection[Any]") -> dict[str, int]:
    """Table → number of rows, in the session's snapshot."""
    tables = session.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).fetchall()
    counts = {}
    for (name,) in tables:
        row = session.execute(sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(name))).fetchone()
        counts[str(name)] = int(row[0]) if row else 0
    return counts


def count_rows(database: Description) -> dict[str, int]:
    """Table → number of rows of any database; empty where it has no tables, or doesn't exist yet."""
    if engine_of(database) == "postgresql":
        with connect(database) as session:
            return count_postgres(session)
    if not Path(str(database["NAME"])).exists():
        return {}
    with closing(sqlite3.connect(str(database["NAME"]))) as file:
        return count_sqlite(file)


def write_copy(database: Description, chunks: Iterable[bytes]) -> None:
    """Fill an empty database with a copy: all of it, or nothing.

    Raises:
        BackupFailed: The copy can't be read by the database.
    """
    if engine_of(database) == "postgresql":
        _write_postgres(database, chunks)
    else:
        _write_sqlite(Path(str(database["NAME"])), chunks)


def _write_sqlite(path: Path, chunks: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.restoring")
    with fresh.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    with closing(sqlite3.connect(fresh)) as copy:
        verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise BackupFailed(
            _("The copy of the database can't be read: %(reason)s.") % {"reason": verdict},
            fix=_("Take another backup."),
        )
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    fresh.replace(path)


def _write_postgres(database: Description, chunks: Iterable[bytes]) -> None:
    command = [
        *(find_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"),
        *("--single-transaction", "--no-password", f"--dbname={database['NAME']}"),
    ]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, env=environment(database), stdin=subprocess.PIPE, stderr=errors) as restore,  # noqa: S603
    ):
        pipe = restore.stdin
        try:
            for chunk in chunks:
                pipe.write(chunk)  # type: ignore[union-attr]  # it is a pipe
            pipe.close()  # type: ignore[union-attr]
        except BrokenPipeError:
            pass  # it ended early: its exit code and words follow
        if restore.wait():
            raise _program_failed("pg_restore", errors)


def connect(database: Description, *, name: str = "") -> "psycopg.Connection[Any]":
    """A session of its own, beside Django's connections."""
    tls = {key: value for key, value in database.get("OPTIONS", {}).items() if key in _TLS_NAMES}
    return psycopg.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname=name or database["NAME"],
        autocommit=True,
        **tls,
    )


def environment(database: Description) -> dict[str, str]:
    """What PostgreSQL's programs have to know; the password stays off the command line."""
    wanted = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        **{_TLS_NAMES[key]: value for key, value in database.get("OPTIONS", {}).items() if key in _TLS_NAMES},
    }
    return {**os.environ, **{name: str(value) for name, value in wanted.items() if value}}


def find_program(name: str) -> str:
    """Path of one of PostgreSQL's programs.

    Raises:
        RestoreRefused: It isn't on the PATH.
    """
    found = shutil.which(name)
    if found is None:
        raise RestoreRefused(
            _("The program %(name)s isn't on this host.") % {"name": name},
            fix=_("Install PostgreSQL's client of the server's version or newer."),
        )
    return found


def _program_failed(name: str, errors: IO[bytes]) -> BackupFailed:
    errors.seek(0)
    words = errors.read(2_000).decode("utf-8", "replace").strip()
    return BackupFailed(
        _("%(name)s failed: %(words)s") % {"name": name, "words": words},
        fix=_("Mend what it names and start again."),
    )


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(READ_BYTES):
        yield chunk

"""Test databases: migrated once, copied for every worker.

Running every migration takes longer than most rooms' tests. So the result is
kept as a template, named by a fingerprint of everything a migration reads, and
each worker of a run gets a copy: a file copy on SQLite, `CREATE DATABASE …
TEMPLATE` on PostgreSQL. A transactional test gets a fresh copy afterwards
instead of Django's flush, which append-only tables refuse and which would also
empty the rows that migrations insert.
"""

import ast
import fcntl
import functools
import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.state import ProjectState
from psycopg import sql

from tests.plumbing.services import ROOT

CACHE = ROOT / "build" / "test-db"
KEEP_SECONDS = 24 * 3600  # templates of other states of the code


def _imported_files(path: Path) -> Iterator[Path]:
    """Yield the project's own modules that a migration imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            module = ROOT / (name.replace(".", "/") + ".py")
            if name.startswith("jiyue.") and module.exists():
                yield module


def migration_files() -> list[Path]:
    """Return the project's migrations and the modules of the project they import."""
    migrations = set(ROOT.glob("jiyue/**/migrations/*.py"))
    return sorted(migrations | {module for path in migrations for module in _imported_files(path)})


def fingerprint() -> str:
    """Return a short digest of what the migrated databases depend on."""
    digest = hashlib.sha256()
    for path in [*migration_files(), *sorted((ROOT / "requirements").glob("*.txt"))]:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    digest.update(" ".join(config.name for config in apps.get_app_configs()).encode())
    return digest.hexdigest()[:12]


@contextmanager
def _one_builder() -> Iterator[None]:
    """Let one process build a template while the others wait for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _neighbours_only() -> Iterator[None]:
    """Let a new model or field have its neighbours rendered anew, not nearly every model there is.

    Four fifths of the time of all migrations went there. Django does the same
    after operations without relations, and renders everything anew before
    Python code of a migration. The names of swappable models never change either.
    """
    reload_model = ProjectState.reload_model

    def delayed(state: ProjectState, app_label: str, model_name: str, delay: bool = True) -> None:
        reload_model(state, app_label, model_name, delay=True)

    def with_neighbours(change: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(change)
        def changed(*arguments: object, **named: object) -> None:
            with patch.object(ProjectState, "reload_model", delayed):
                change(*arguments, **named)

        return changed

    names = functools.cache(apps.get_swappable_settings_name)
    with (
        patch.object(ProjectState, "add_model", with_neighbours(ProjectState.add_model)),
        patch.object(ProjectState, "add_field", with_neighbours(ProjectState.add_field)),
        patch.object(apps, "get_swappable_settings_name", names),
    ):
        yield


def _migrate(connection: BaseDatabaseWrapper) -> None:
    with _neighbours_only():
        call_command("migrate", database=connection.alias, verbosity=0, run_syncdb=True)
    connection.close()


class SqliteCopy:
    """One SQLite database of one worker."""

    def __init__(self, connection: BaseDatabaseWrapper, key: str, folder: Path) -> None:
        self.connection = connection
        self.template = CACHE / f"{key}-{connection.alias}.sqlite3"
        self.file = folder / f"{connection.alias}.sqlite3"

    def has_template(self) -> bool:
        return self.template.exists()

    def build_template(self) -> None:
        """Migrate into a new file and put it in place when it is complete."""
        building = self.template.with_suffix(".building")
        building.unlink(missing_ok=True)
        self._point_at(building)
        _migrate(self.connection)
        with closing(sqlite3.connect(building)) as plain:
            plain.execute("PRAGMA journal_mode=DELETE")
        building.replace(self.template)

    def create(self) -> None:
        """Put a fresh copy of the template in place and point Django at it."""
        self.connection.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        # A new file, not new content: whoever still holds the old one disturbs nobody.
        fresh = self.file.with_suffix(".fresh")
        shutil.copyfile(self.template, fresh)
        fresh.replace(self.file)
        self._point_at(self.file)

    def drop(self) -> None:
        self.connection.close()
        self.file.unlink(missing_ok=True)

    def _point_at(self, file: Path) -> None:
        self.connection.close()
        self.connection.settings_dict["NAME"] = str(file)


class PostgresCopy:
    """One PostgreSQL database of one worker."""

    def __init__(self, connection: BaseDatabaseWrapper, key: str, worker: str) -> None:
        self.connection = connection
        self.template = f"jiyue_template_{key}_{connection.alias}"
        self.name = f"jiyue_test_{key}_{connection.alias}_{worker}"

    def has_template(self) -> bool:
        with self._server() as server:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.template])
            return found.fetchone() is not None

    def build_template(self) -> None:
        building = f"{self.template}_building"
        with self._server() as server:
            server.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", building))
            server.execute(_statement("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", building))
        self._point_at(building)
        _migrate(self.connection)
        with self._server() as server:
            server.execute(_statement("ALTER DATABASE {} RENAME TO {}", building, self.template))

    def create(self) -> None:
        self.connection.close()
        with self._server() as server:
            server.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
            server.execute(_statement("CREATE DATABASE {} TEMPLATE {}", self.name, self.template))
        self._point_at(self.name)

    def drop(self) -> None:
        self.connection.close()
        with self._server() as server:
            server.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))

    def _server(self) -> psycopg.Connection[tuple[object, ...]]:
        settings = self.connection.settings_dict
        return psycopg.connect(
            host=settings["HOST"],
            port=settings["PORT"] or None,
            user=settings["USER"],
            password=settings["PASSWORD"],
            dbname="postgres",
            autocommit=True,
        )

    def _point_at(self, name: str) -> None:
        self.connection.close()
        self.connection.settings_dict["NAME"] = name


def copy_template(data_folder: Path) -> None:
    """Put the migrated SQLite database into the data folder of an installation of its own.

    The fixture `django_db_setup` has built it.
    """
    shutil.copyfile(CACHE / f"{fingerprint()}-default.sqlite3", data_folder / "jiyue.sqlite3")


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))


class WorkerDatabases:
    """All databases of one worker of one run."""

    def __init__(self, folder: Path, worker: str) -> None:
        key = fingerprint()
        self.copies: list[SqliteCopy | PostgresCopy] = []
        self.mirrors: list[tuple[str, str]] = []
        for connection in connections.all():
            mirror = connection.settings_dict["TEST"].get("MIRROR")
            if mirror:
                self.mirrors.append((connection.alias, mirror))
            elif connection.vendor == "postgresql":
                self.copies.append(PostgresCopy(connection, key, worker))
            else:
                self.copies.append(SqliteCopy(connection, key, folder))

    def create(self) -> None:
        """Build missing templates, then copy them."""
        with _one_builder():
            for copy in self.copies:
                if not copy.has_template():
                    _forget_old_templates()
                    copy.build_template()
        self.restore()
        for alias, mirror in self.mirrors:
            connections[alias].creation.set_as_test_mirror(connections[mirror].settings_dict)

    def restore(self) -> None:
        """Give every database back the state it had after its migrations."""
        for copy in self.copies:
            copy.create()

    def drop(self) -> None:
        """Remove the worker's databases; the templates stay."""
        for copy in self.copies:
            copy.drop()


def _forget_old_templates() -> None:
    for path in CACHE.glob("*.sqlite3"):
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink()

"""A place for a trial restore: folders of its own, databases of its own, gone afterwards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql

from jiyue.operations.backup.databases import Description, connect, engine_of
from jiyue.operations.backup.places import AREAS, Place, live_place


@contextmanager
def scratch_place(folder: Path) -> Iterator[Place]:
    """An empty place inside a folder; on PostgreSQL with databases made for the trial.

    The role of the platform needs CREATEDB there.
    """
    live, made = live_place(), []
    described: dict[str, Description] = {}
    try:
        for alias, database in live.databases.items():
            name = str(folder / f"{alias}.sqlite3")
            if engine_of(database) == "postgresql":
                name = f"jiyue_restore_test_{secrets.token_hex(4)}"
                _run(database, "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", name)
                made.append((database, name))
            described[alias] = {**database, "NAME": name}
        yield Place(
            databases=described,
            folders={area: folder / area for area in AREAS},
            heads=folder / "heads.log",
            keys=folder / "keys",
            scratch=folder,
        )
    finally:
        for database, name in made:
            _run(database, "DROP DATABASE {} WITH (FORCE)", name)


def _run(database: Description, text: str, name: str) -> Any:
    with connect(database, name="postgres") as server:
        server.execute(sql.SQL(text).format(sql.Identifier(name)))

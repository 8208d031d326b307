"""An empty installation for a benchmark, thrown away with its scratch folder.

Each benchmark runs in a process of its own, so that a module can open its
platform before it imports models:

    PLATFORM = open_platform("publish")

    from jiyue.library.models import Edition  # noqa: E402
"""

import io
import os
import secrets
import shutil
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from bench.harness import SCRATCH
from jiyue.core.tables import create_tables

DATABASE_URL = "JIYUE_BENCH_DATABASE_URL"  # a PostgreSQL database that may be emptied; without it SQLite


def engine_suffix() -> str:
    """What tells results on PostgreSQL from those on SQLite."""
    return "-postgresql" if os.environ.get(DATABASE_URL) else ""


def open_platform(name: str) -> Path:
    """Set Django up with the back office's settings on an empty data folder and return the folder."""
    folder = SCRATCH / f"{name}-platform"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["JIYUE_DATA_DIR"] = str(folder)
    if os.environ.get(DATABASE_URL):
        os.environ["JIYUE_DATABASE_URL"] = os.environ[DATABASE_URL]
    for secret in ("JIYUE_SECRET_KEY", "JIYUE_FRONT_SECRET_KEY"):
        os.environ[secret] = secrets.token_urlsafe(32)
    os.environ["DJANGO_SETTINGS_MODULE"] = "jiyue.config.settings.backoffice"
    django.setup()
    return folder


def migrate_platform() -> None:
    """Create the tables and keys of the open platform."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    create_tables()
    call_command("make_keys", verbosity=0, stdout=io.StringIO())

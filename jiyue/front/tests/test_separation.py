"""The public process and the staff process share code, not doors."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.plumbing.processes import run, run_checked
from tests.plumbing.services import ROOT

PROBE = """
import json, sys
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.urls import get_resolver
import jiyue.config.wsgi_front

def names(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern, prefix + str(pattern.pattern))
        else:
            yield [pattern.name, prefix + str(pattern.pattern)]

tables = []
try:
    from jiyue.library.models import Resource
    Resource.objects.first()
    tables.append("library_resource")
except django.db.utils.OperationalError as error:
    refusal = str(error)
print(json.dumps({
    "urls": list(names(get_resolver())),
    "apps": [config.name for config in apps.get_app_configs()],
    "middleware": settings.MIDDLEWARE,
    "databases": {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections},
    "loaded": sorted(name for name in sys.modules if name.startswith(("wagtail", "jiyue.backoffice"))),
    "secret": settings.SECRET_KEY,
    "tables": tables,
    "refusal": refusal,
}))
"""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Start the public process's own configuration in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIYUE_")}
    said = run_checked(
        [sys.executable, "-c", PROBE],
        env={
            **environment,
            "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front",
            "JIYUE_DATA_DIR": str(tmp_path_factory.mktemp("front")),
            "JIYUE_FRONT_SECRET_KEY": "front-only",
        },
        cwd=ROOT,
    )
    found: dict[str, object] = json.loads(said)
    return found


@pytest.mark.req("SEC-05")
def test_public_process_knows_no_staff_address(front: dict[str, object]) -> None:
    assert front["urls"] == [
        ["search", "search/"],
        ["correction", "correction/"],
        ["comment", "comment/"],
        ["views", "^views/(?P<resource_id>[0-9]{1,15})$"],
        ["health", "health/"],
        ["ready", "health/ready/"],
        ["live", "health/live/"],
    ]


@pytest.mark.req("SEC-05")
def test_public_process_has_no_staff_application_and_no_sessions(front: dict[str, object]) -> None:
    names = [*front["apps"], *front["middleware"], *front["loaded"]]  # type: ignore[misc]
    for word in ("wagtail", "backoffice", "admin", "session", "otp", "AuthenticationMiddleware"):
        assert not [name for name in names if word in name], word


@pytest.mark.req("SEC-05")
def test_public_process_on_sqlite_opens_the_inbox_file_only(front: dict[str, object]) -> None:
    databases = front["databases"]
    assert isinstance(databases, dict)
    assert {alias: Path(name).name for alias, name in databases.items()} == {"default": "inbox.sqlite3"}
    assert front["tables"] == []
    assert "no such table" in str(front["refusal"])


def test_public_process_has_its_own_secret(front: dict[str, object]) -> None:
    """It starts without the back office's secret, so it can't forge a staff session."""
    assert front["secret"] == "front-only"


def test_public_process_refuses_to_start_without_a_secret() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIYUE_")}
    done = run(
        [sys.executable, "-c", "import jiyue.config.wsgi_front"],
        env={**environment, "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front"},
        cwd=ROOT,
    )
    assert done.returncode != 0
    assert "JIYUE_FRONT_SECRET_KEY" in done.stderr

"""Fixtures and plugins of every test, whichever room it lies in."""

import gc
import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import TransactionTestCase

from tests.plumbing.database import WorkerDatabases

pytest_plugins = ["tests.plumbing.trace", "tests.plumbing.browser", "tests.plumbing.object_store"]

_DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
_MEMORY = Path("/dev/shm")  # noqa: S108  # each test has a folder of its own below pytest's
_MEMORY_BYTES = 4 << 30  # free, at least; a run needs a fraction of it
_PATH_SETTINGS = (
    "JIYUE_MEDIA_DIR",
    "JIYUE_PRIVATE_DIR",
    "JIYUE_OUTPUT_DIR",
    "JIYUE_KEPT_DIR",
    "JIYUE_SEARCH_DIR",
    "JIYUE_QUARANTINE_DIR",
    "JIYUE_AUDIT_HEADS",
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the folders of tests in memory where there is room: thousands of small files come and go."""
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    if is_roomy and not config.option.basetemp:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_report_header() -> str:
    """Name the kind of database the tests run on."""
    url = os.environ.get("JIYUE_TEST_DATABASE_URL", "sqlite")
    return f"test database: {url.partition(':')[0]}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Take what is loaded for good out of every later search for garbage: it was a twelfth of all time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)  # objects, then rounds; after loading, little of it is garbage
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a database; leave out long sweeps, and `postgres` tests where it is another one."""
    if os.environ.get("JIYUE_EVIDENCE") != "true":
        items[:] = [item for item in items if not item.get_closest_marker("evidence")]
    skip = pytest.mark.skip(reason="needs PostgreSQL as the test database (`make test-postgres`)")
    is_postgres = "postgres" in os.environ.get("JIYUE_TEST_DATABASE_URL", "")
    for item in items:
        is_marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgres")
        if is_marked or _DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("database")
        if item.get_closest_marker("postgres") and not is_postgres:
            item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what workers cannot send: tests of bad input log half surrogate pairs."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture(scope="session")
def django_db_setup(
    tmp_path_factory: pytest.TempPathFactory,
    django_test_environment: None,
    django_db_blocker: object,
) -> Iterator[None]:
    """Replace pytest-django's own set-up by copies of a migrated template."""
    unblock = django_db_blocker.unblock  # type: ignore[attr-defined]
    databases = WorkerDatabases(tmp_path_factory.mktemp("databases"), secrets.token_hex(4))
    with unblock():
        databases.create()
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: databases.restore())
    yield
    patch.undo()
    with unblock():
        databases.drop()


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test its own media, output and search directories."""
    for name in _PATH_SETTINGS:
        if hasattr(django_settings, name):
            monkeypatch.setattr(django_settings, name, tmp_path / name.lower())


@pytest.fixture(autouse=True, scope="session")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make one set of keys for the whole session."""
    from jiyue.core import at_rest, crypto  # noqa: PLC0415  # settings first

    patch = pytest.MonkeyPatch()
    patch.setattr(django_settings, "JIYUE_KEY_DIR", tmp_path_factory.mktemp("keys"))
    crypto.create_key_pairs()
    at_rest.ensure_key()
    yield
    patch.undo()


@pytest.fixture
def world(db: None) -> object:
    """Two units, two sites, and everybody who is needed."""
    from tests.factories import World  # noqa: PLC0415  # needs loaded apps

    return World()

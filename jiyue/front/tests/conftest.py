"""The public process inside the test process: its own addresses and middleware, sample sites."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django import Settings

from jiyue.config.settings import front as front_settings
from jiyue.core import crypto, inbox
from jiyue.front import kept, sites
from jiyue.front.tests.factories import publish_sample_sites
from jiyue.front.tests.visitor import Visitor
from jiyue.front.view_counts import ViewCounter
from jiyue.front.views import counts
from jiyue.front.wsgi import FrontApplication

_OF_FRONT = (
    "ROOT_URLCONF",
    "MIDDLEWARE",
    "ALLOWED_HOSTS",
    "CSRF_COOKIE_AGE",
    "CSRF_COOKIE_NAME",
    "CSRF_FAILURE_VIEW",
    "CACHES",
)


@pytest.fixture
def output(tmp_path: Path, settings: Settings) -> Path:
    settings.JIYUE_OUTPUT_DIR = tmp_path / "public"
    return publish_sample_sites(tmp_path / "public")


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the test's transaction when a request ends, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def visitor(
    _one_connection: None,
    output: Path,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Visitor:
    for name in _OF_FRONT:
        setattr(settings, name, getattr(front_settings, name))
    settings.JIYUE_KEY_DIR = tmp_path / "keys"
    crypto.create_key_pair(inbox.KEY_NAME)
    cache.clear()
    monkeypatch.setattr(counts, "COUNTER", ViewCounter())
    for room in (kept, sites):
        monkeypatch.setattr(room, "LOOK_AGAIN_SECONDS", 0)  # a test changes things and looks at once
    monkeypatch.setattr(kept, "SETTLED_SECONDS", -1)  # what was written just now is kept already
    return Visitor(FrontApplication(WSGIHandler()))

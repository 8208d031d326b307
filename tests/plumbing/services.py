"""Servers and programs that some tests need, and what happens without them.

`make services` installs and starts them and writes their addresses to
`build/services.env`. A test whose server is absent skips with a reason on a
developer's machine and fails where `CI=true`: there, absence is a defect.
"""

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES_ENV = ROOT / "build" / "services.env"

# name of the service -> (setting in build/services.env, what else to look for)
_PROGRAMS = {
    "chromium": ("JIYUE_TEST_CHROMIUM", ("chromium", "chromium-browser")),
    "nginx": ("JIYUE_TEST_NGINX", ("nginx", "/usr/sbin/nginx")),
    "java": ("JIYUE_TEST_JAVA", ("java",)),
    "node": ("JIYUE_TEST_NODE", ("node", "nodejs")),
    "gettext": ("JIYUE_TEST_GETTEXT", ("xgettext",)),
    "rsync": ("JIYUE_TEST_RSYNC", ("rsync",)),
    "wrk": ("JIYUE_TEST_WRK", ("wrk",)),
}
_FILES = {
    "axe": ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js",
    "oidc": ROOT / "tools" / "oidc" / "node_modules" / "oidc-provider" / "package.json",
    "vnu": ROOT / "tools" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar",
}
_ADDRESSES = {
    "postgres": "JIYUE_TEST_POSTGRES_URL",
    "redis": "JIYUE_TEST_REDIS_URL",
}
SERVICES = (*_PROGRAMS, *_FILES, *_ADDRESSES)


@cache
def _settings() -> dict[str, str]:
    settings = {}
    if SERVICES_ENV.exists():
        for line in SERVICES_ENV.read_text(encoding="utf-8").splitlines():
            name, separator, value = line.partition("=")
            if separator and not name.startswith("#"):
                settings[name.strip()] = value.strip()
    return settings


def find_service(name: str) -> str | None:
    """Return a service's address or path, or None where it is absent."""
    if name in _FILES:
        return str(_FILES[name]) if _FILES[name].exists() else None
    if name in _ADDRESSES:
        variable = _ADDRESSES[name]
        return os.environ.get(variable) or _settings().get(variable)
    variable, candidates = _PROGRAMS[name]
    for candidate in (os.environ.get(variable), _settings().get(variable), *candidates):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    return None


def require_service(name: str) -> str:
    """Return a service's address or path; skip the test without it, fail in CI.

    Args:
        name: One of `SERVICES`.
    """
    found = find_service(name)
    if found is not None:
        return found
    reason = f"{name} is absent; `make services` installs and starts it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)

"""Settings of the test suite: back office and front tables, fast hashing, throw-away folders."""

import os
import tempfile
from pathlib import Path

_ROOT = Path(tempfile.gettempdir()) / f"jiyue-test-{os.getuid()}"
os.environ.setdefault("JIYUE_DATA_DIR", str(_ROOT))
os.environ.setdefault("JIYUE_SECRET_KEY", "only-for-tests")
os.environ.setdefault("JIYUE_FRONT_SECRET_KEY", "only-for-tests")
os.environ.setdefault("JIYUE_COOKIE_SECURE", "false")
os.environ["JIYUE_DATABASE_URL"] = os.environ.get(
    "JIYUE_TEST_DATABASE_URL", f"sqlite:///{_ROOT}/unused.sqlite3"
)

from jiyue.config.settings.backoffice import *  # noqa: E402
from jiyue.config.settings.backoffice import DATABASES, LOGGING  # noqa: E402

# The router still knows the file's name; in tests one database holds all tables.
DATABASES.pop("inbox", None)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING["root"] = {"handlers": ["stderr"], "level": "INFO"}  # no running log of tests

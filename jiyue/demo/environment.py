"""The settings of the demonstration city, made once and kept beside its data.

They are used by every `jiyue` command of a checkout for which nothing else is
configured, so that a newcomer can type `jiyue import …` right after `make demo`.
A platform that is configured (any `JIYUE_SECRET_KEY`) never sees them.
"""

import os
import secrets
from pathlib import Path

DEMO_DIR = Path("var/demo")
ENVIRONMENT_FILE = DEMO_DIR / "demo.env"


def is_configured() -> bool:
    """Whether somebody configured the platform for real use."""
    return "JIYUE_SECRET_KEY" in os.environ or "JIYUE_SECRET_KEY_FILE" in os.environ


def create_environment() -> None:
    """Write the file unless it exists; secrets and the common password are random."""
    if ENVIRONMENT_FILE.exists():
        return
    DEMO_DIR.mkdir(parents=True, exist_ok=True)
    values = {
        "JIYUE_DEMO": "true",
        "JIYUE_DATA_DIR": str(DEMO_DIR),
        "JIYUE_SECRET_KEY": secrets.token_urlsafe(48),
        "JIYUE_FRONT_SECRET_KEY": secrets.token_urlsafe(48),
        "JIYUE_COOKIE_SECURE": "false",
        "JIYUE_BACKUP_DIR": str(DEMO_DIR / "backup"),
        "JIYUE_BACKUP_KEYS_DIR": str(DEMO_DIR / "backup-keys"),  # beside it only because this is no real city
        "JIYUE_BACKUP_PASSPHRASE": secrets.token_urlsafe(24),
        "JIYUE_DEMO_PASSWORD": f"jiyue-demo-{secrets.randbelow(900_000) + 100_000}",
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    descriptor = os.open(ENVIRONMENT_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def load_environment() -> None:
    """Take the demonstration's settings into this process, if they are there."""
    if not ENVIRONMENT_FILE.exists():
        return
    for line in ENVIRONMENT_FILE.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)

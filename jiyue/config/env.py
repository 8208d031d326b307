"""Typed readers for `JIYUE_*` environment settings.

A value that cannot be read stops the start with a sentence naming the
variable: a site that starts with a guessed setting is worse than one that
does not start.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
MAX_DAYS = 36_500  # a calendar reckoned back further knows no date
_TLS_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_TRUE_FALSE = {"true": True, "false": False}


def read_text(name: str, default: str | None = None) -> str:
    """Return the variable, or `default`; without a default it is required."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set.")
    return value


def read_flag(name: str, *, default: bool) -> bool:
    """Return a boolean; anything but `true` or `false` is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value not in _TRUE_FALSE:
        raise ImproperlyConfigured(f"{name} must be exactly 'true' or 'false', not {value!r}.")
    return _TRUE_FALSE[value]


def read_number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number from `least` to `most`."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if number < least or (most is not None and number > most):
        limits = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ImproperlyConfigured(f"{name} must be {limits}, not {number}.")
    return number


def read_choice(name: str, choices: Mapping[str, T], default: str) -> T:
    """Return what one of the named choices stands for; any other word is refused."""
    word = os.environ.get(name, default)
    if word not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {word!r}.")
    return choices[word]


def read_list(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, blanks dropped."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def read_secret(name: str, default: str | None = None) -> str:
    """Return a secret from `NAME`, or from the file named in `NAME_FILE`.

    A named file that is missing is fatal.
    """
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return read_text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error


def read_service(name: str, schemes: tuple[str, ...]) -> str:
    """Return the address of an optional service, blank without one; other schemes are refused."""
    address = os.environ.get(name, "")
    parts = urlsplit(address)
    is_whole = bool(parts.path if parts.scheme == "unix" else parts.hostname and parts.port)
    if address and (parts.scheme not in schemes or not is_whole):
        raise ImproperlyConfigured(f"{name} must be an address such as {schemes[0]}:…, not {address!r}.")
    return address


def read_database(name: str, default: str) -> dict[str, Any]:
    """Return Django's description of the database named by a URL.

    `sqlite:///relative/or//absolute.sqlite3` or
    `postgresql://user:password@host:port/name?sslmode=verify-full`.
    """
    url = urlsplit(read_secret(name, default))
    if url.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.path.removeprefix("/"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if url.scheme in ("postgresql", "postgres"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.removeprefix("/"),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "OPTIONS": {name: value for name, value in parse_qsl(url.query) if name in _TLS_OPTIONS},
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(f"{name}: unknown database scheme {url.scheme!r}.")

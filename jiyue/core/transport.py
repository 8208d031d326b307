"""Checks at the start that important and sensitive data travel encrypted (SEC-07)."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

_SAFE_SSL_MODES = frozenset({"require", "verify-ca", "verify-full"})
_PLAIN_SCHEMES = frozenset({"http", "redis", "tcp"})  # of services; their encrypted twins end with an s


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; a blank one is a local socket."""
    if not host or host == "localhost" or host.endswith(".localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_plain_transport(**_context: Any) -> list[checks.CheckMessage]:
    """Name every setting by which data would leave this machine unencrypted.

    Source: GL 七(一)3; GL 七(三)3 (SEC-07).
    """
    return [*_databases(), *_services(), *_pages()]


def register() -> None:
    """Let every command of the platform run the check before it starts."""
    checks.register(find_plain_transport, checks.Tags.security)


def _databases() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        mode = str(database.get("OPTIONS", {}).get("sslmode", ""))
        if not is_loopback(str(database.get("HOST") or "")) and mode not in _SAFE_SSL_MODES:
            found.append(
                checks.Error(
                    f"The database “{alias}” lies on another machine and is spoken to without TLS.",
                    hint="Add ?sslmode=verify-full (or require, verify-ca) to its URL.",
                    id="jiyue.E101",
                )
            )
    return found


def _services() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for name in ("JIYUE_REDIS_URL", "JIYUE_S3_URL", "JIYUE_CDN_PURGE_URL", "JIYUE_CLAMD"):
        address = urlsplit(str(getattr(settings, name, "") or ""))
        if address.scheme in _PLAIN_SCHEMES and not is_loopback(address.hostname or ""):
            found.append(
                checks.Error(
                    f"{name} leads to another machine without TLS.",
                    hint="Use the service on this machine, or its encrypted address (rediss://, https://).",
                    id="jiyue.E102",
                )
            )
    return found


def _pages() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    address = urlsplit(str(getattr(settings, "WAGTAILADMIN_BASE_URL", "") or ""))
    if not address.hostname or is_loopback(address.hostname):
        return found
    if address.scheme != "https":
        found.append(
            checks.Error(
                "The back office is reached over plain HTTP from other machines.",
                hint="Put it behind a proxy with TLS and set JIYUE_BACKOFFICE_URL to https://…",
                id="jiyue.E103",
            )
        )
    cookies = (settings.CSRF_COOKIE_SECURE, getattr(settings, "SESSION_COOKIE_SECURE", True))
    if not all(cookies):
        found.append(
            checks.Error(
                "Cookies of the staff would also travel over plain HTTP.",
                hint="Remove JIYUE_COOKIE_SECURE=false.",
                id="jiyue.E104",
            )
        )
    if not settings.SECURE_HSTS_SECONDS:
        found.append(
            checks.Error(
                "Browsers aren't told to come back over HTTPS only.",
                hint="Set JIYUE_HSTS_SECONDS, e.g. to 31536000.",
                id="jiyue.E105",
            )
        )
    return found

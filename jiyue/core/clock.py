"""The server's time. Nobody hands in a publication time (REV-29)."""

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """Return the current moment, timezone-aware."""
    return timezone.now()


def today() -> date:
    """Return the current date in Asia/Shanghai."""
    return timezone.localdate()

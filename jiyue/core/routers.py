"""Which database file a table lives in."""

from typing import Any

from django.conf import settings
from django.db.models import Model

_INBOX_MODEL = "inboxsubmission"


class InboxRouter:
    """On SQLite the citizens' inbox is its own file; elsewhere there is one database."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Route the inbox table to its file, when there is one."""
        if model._meta.model_name == _INBOX_MODEL and "inbox" in settings.DATABASES:
            return "inbox"
        return None

    db_for_write = db_for_read

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Create only the inbox table in the inbox file."""
        if "inbox" not in settings.DATABASES:
            return None
        return (db == "inbox") == (app_label == "core" and model_name == _INBOX_MODEL)

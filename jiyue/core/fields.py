"""Columns whose texts lie encrypted (SEC-07)."""

from typing import Any

from django.db import models

from jiyue.core import at_rest


class SealedTextField(models.TextField):  # type: ignore[type-arg]  # a plain text for whoever reads it
    """A text that is encrypted in the database and plain in Python.

    It can't be searched or sorted: every sealing of the same text differs.

    Source: GL 七(一)3 (SEC-07).
    """

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way to the database."""
        text = super().get_prep_value(value)
        return at_rest.seal_text(text, place=self.place) if text else text

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        """Decrypt on the way back."""
        return value if value is None else at_rest.unseal_text(value, place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        """Nothing can be asked of the column but whether it is empty."""
        if lookup_name not in ("exact", "isnull"):
            return None
        return super().get_lookup(lookup_name)

    @property
    def place(self) -> str:
        """What a value is bound to: table and column."""
        return f"{self.model._meta.db_table}.{self.column}"

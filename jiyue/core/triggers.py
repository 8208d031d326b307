"""Database triggers that hold a rule whoever writes, as migration operations."""

from typing import Any

from django.db.migrations.operations.base import Operation

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {condition} THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$
"""
_POSTGRES_TRIGGER = (
    "CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
)
_SQLITE_TRIGGER = """
CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition}
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""


class _Refusal(Operation):
    """One trigger per verb that raises an integrity error when `condition` holds."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, *, name: str, verbs: tuple[str, ...], condition: str, message: str):
        self.table = table
        self.name = name
        self.verbs = verbs
        self.condition = condition
        self.message = message

    def state_forwards(self, app_label: str, state: Any) -> None:
        """A trigger leaves Django's picture of the models as it is."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the triggers."""
        if schema_editor.connection.alias == "inbox":
            return  # that file holds the citizens' inbox only
        is_postgres = schema_editor.connection.vendor == "postgresql"
        for verb in self.verbs:
            names = self._names(verb)
            if is_postgres:
                schema_editor.execute(_POSTGRES_FUNCTION.format(**names), params=None)
            template = _POSTGRES_TRIGGER if is_postgres else _SQLITE_TRIGGER
            schema_editor.execute(template.format(**names), params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop the triggers."""
        if schema_editor.connection.alias == "inbox":
            return
        is_postgres = schema_editor.connection.vendor == "postgresql"
        for verb in self.verbs:
            names = self._names(verb)
            suffix = f" ON {self.table}" if is_postgres else ""
            schema_editor.execute(f"DROP TRIGGER {names['name']}{suffix}", params=None)
            if is_postgres:
                schema_editor.execute(f"DROP FUNCTION {names['function']}()", params=None)

    def describe(self) -> str:
        """Say what the operation does, for `sqlmigrate` and `migrate --plan`."""
        return f"Trigger {self.name} on {self.table}"

    def trigger_names(self) -> list[str]:
        """Names of the triggers in the database, one per verb."""
        return [self._names(verb)["name"] for verb in self.verbs]

    def _names(self, verb: str) -> dict[str, str]:
        name = f"{self.table}_{self.name}_{verb.lower()}"
        return {
            "name": name,
            "function": f"{name}_check",
            "verb": verb,
            "table": self.table,
            "condition": self.condition,
            "message": self.message,
        }


class MakeAppendOnly(_Refusal):
    """Refuse UPDATE and DELETE on `table`, whoever asks."""

    def __init__(self, table: str, verbs: tuple[str, ...] = ("UPDATE", "DELETE")):
        super().__init__(
            table, name="append_only", verbs=verbs, condition="1 = 1", message=f"{table} is append-only"
        )


class ForbidInsert(_Refusal):
    """Refuse an INSERT whose NEW row meets `condition`."""

    def __init__(self, table: str, *, name: str, condition: str):
        super().__init__(table, name=name, verbs=("INSERT",), condition=condition, message=name)


class ForbidUpdate(_Refusal):
    """Refuse an UPDATE whose OLD and NEW rows meet `condition`."""

    def __init__(self, table: str, *, name: str, condition: str):
        super().__init__(table, name=name, verbs=("UPDATE",), condition=condition, message=name)


class GuardAgain(Operation):
    """Put a guard back that SQLite dropped when it rebuilt the altered table; elsewhere make it anew."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, guard: _Refusal):
        self.guard = guard

    def state_forwards(self, app_label: str, state: Any) -> None:
        """A trigger leaves Django's picture of the models as it is."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop what is left of the guard, then create it."""
        if schema_editor.connection.alias == "inbox":
            return
        suffix = f" ON {self.guard.table}" if schema_editor.connection.vendor == "postgresql" else ""
        for name in self.guard.trigger_names():
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}", params=None)
        self.guard.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The guard stays."""

    def describe(self) -> str:
        """Say what the operation does, for `sqlmigrate` and `migrate --plan`."""
        return f"{self.guard.describe()} again"

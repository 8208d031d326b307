"""Encrypting everything anew after a new storage key was made, or after data lay plain before (SEC-07)."""

from collections.abc import Callable, Iterator

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from jiyue.core import at_rest, audit
from jiyue.core.audit import AuditActor
from jiyue.core.fields import SealedTextField
from jiyue.core.files import reseal_files
from jiyue.core.registries import Registry

BATCH = 200
Resealer = Callable[[], Iterator[object]]
OTHERS: Registry[Resealer] = Registry("other encrypted stores")  # of rooms above


def reseal_everything(*, actor: AuditActor) -> int:
    """Encrypt private files, columns and other stores under the current key; return how many.

    Stopping halfway loses nothing: every key still opens what it sealed, and the
    next run goes on. Only then may an old key be thrown away.

    Source: GL 七(一)3 (SEC-07).
    """
    count = sum(1 for _file in reseal_files())
    count += sum(1 for _row in _reseal_columns())
    for _name, resealer in OTHERS:
        count += sum(1 for _row in resealer())
    audit.record(
        actor=actor,
        verb="storage.resealed",
        subject_type="storage",
        subject_id=at_rest.current_key_id(),
        count=count,
    )
    return count


def sealed_columns() -> list[tuple[type[Model], list[str]]]:
    """Every model with encrypted columns, with their names."""
    found = []
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, SealedTextField)]
        if names:
            found.append((model, names))
    return found


def _reseal_columns() -> Iterator[object]:
    for model, names in sealed_columns():
        last = 0
        while True:
            with transaction.atomic():
                rows = list(
                    model._default_manager.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH]
                )
                for row in rows:
                    row.save(update_fields=names)
            if not rows:
                break
            yield from rows
            last = rows[-1].pk

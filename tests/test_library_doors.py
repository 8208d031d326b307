"""No other room writes the library's tables: it asks the library's services."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1] / "jiyue"
LABELS = {"library", "library_catalogue", "library_drafting", "library_open_intake", "library_use"}
WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
# Reading and writing by the very rooms that generate libraries of any size, or that own the tables.
OWN = ("library", "demo")
# An import into an empty platform brings editions with their cases (ADR 10).
IMPORTING = Path("publishing/exporting/importing.py")


def _writes(tree: ast.AST, models: set[str]) -> Iterator[str]:
    """Calls like `Resource.objects…create(…)`, however long the chain between them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            inner: ast.AST = node.func.value
            while isinstance(inner, ast.Attribute | ast.Call):
                inner = inner.func if isinstance(inner, ast.Call) else inner.value
            if isinstance(inner, ast.Name) and inner.id in models:
                yield f"{inner.id}.{node.func.attr} at line {node.lineno}"


@pytest.mark.unit
def test_only_the_library_writes_its_tables():
    models = {model.__name__ for model in apps.get_models() if model._meta.app_label in LABELS}
    assert {"Resource", "Edition", "Pick", "IntakeItem"} <= models
    found = [
        f"{path.relative_to(ROOT)}: {write}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in OWN
        and path.relative_to(ROOT) != IMPORTING
        and not {"tests", "migrations"} & set(path.parts)
        for write in _writes(ast.parse(path.read_text(encoding="utf-8")), models)
    ]
    assert found == []


@pytest.mark.unit
def test_the_search_for_writes_would_find_one():
    tree = ast.parse("Resource.objects.filter(pk=1).exclude(pk=2).update(status='x')")
    assert list(_writes(tree, {"Resource"})) == ["Resource.update at line 1"]

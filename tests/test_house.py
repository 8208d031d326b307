"""Rules of the house that no single room can check."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model
from wagtail.models import Page

from tests.plumbing.services import ROOT
from tools.messages import extract

PACKAGE = ROOT / "jiyue"
MAX_LINES = 400
# What a completed case calls, and what brings an exported site with the cases of its editions (ADR 10).
EDITION_WRITERS = {"jiyue/library/services/releasing.py", "jiyue/publishing/exporting/importing.py"}

pytestmark = pytest.mark.unit


def rooms() -> list[str]:
    """Return the rooms from the lowest to the highest, as the import contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return list(reversed(settings["contracts"][0]["layers"]))


def code_files(*, with_tests: bool = False) -> Iterator[Path]:
    """Yield the package's Python files, migrations left out."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if "migrations" not in parts and (with_tests or "tests" not in parts):
            yield path


def own_models() -> list[type[Model]]:
    """Return the models of the rooms."""
    return [
        model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("jiyue.")
    ]


def room_of(model: type[Model]) -> str:
    """Return the room a model lives in."""
    return model.__module__.split(".")[1]


def tracked_files() -> list[Path]:
    """Return the files under version control."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_foreign_keys_point_only_to_rooms_below():
    order = {name: position for position, name in enumerate(rooms())}
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in own_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type)
        if field.related_model.__module__.startswith("jiyue.")
        if order[room_of(field.related_model)] > order[room_of(model)]
    ]
    assert not upward


def test_no_model_is_a_page_of_the_staff_shells_own_tree():
    assert not [model._meta.label for model in own_models() if issubclass(model, Page)]


def test_every_room_in_the_contract_exists():
    assert [name for name in rooms() if not (PACKAGE / name / "__init__.py").exists()] == []


def test_only_a_completed_case_or_an_import_with_its_cases_writes_editions():
    writing = re.compile(
        r"\bEdition\(|\bEdition\.objects\.\w*create|\beditions?\.\w*create\(|INSERT INTO library_edition\b",
        re.IGNORECASE,
    )
    definition = re.compile(r"^class \w*Edition\(", re.MULTILINE)
    writers = {
        path.relative_to(ROOT).as_posix()
        for path in code_files()
        if writing.search(definition.sub("", path.read_text("utf-8")))
    }
    assert writers == EDITION_WRITERS


def test_no_file_is_longer_than_a_screenful_of_thought():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in code_files(with_tests=True)
        if (lines := len(path.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert not long, f"split into nouns: {long}"


def test_nothing_is_called_utils():
    assert not [str(path) for path in PACKAGE.rglob("*") if path.stem in {"utils", "util", "helpers"}]


def test_time_is_read_in_one_place():
    reading = re.compile(r"timezone\.(now|localdate|localtime)\(\)|datetime\.(now|utcnow)\(|date\.today\(")
    readers = [
        path.relative_to(ROOT).as_posix() for path in code_files() if reading.search(path.read_text("utf-8"))
    ]
    assert set(readers) <= {"jiyue/core/clock.py"}


def test_translatable_texts_are_english():
    chinese = re.compile("[\u3400-\u9fff]")
    assert not [key[1] for key in extract() if chinese.search(key[1])]


def test_translation_functions_keep_names_that_the_catalogue_tool_knows():
    renamed = re.compile(r"gettext\w* as (?!_$)\w+", re.MULTILINE)
    assert not [str(path) for path in code_files() if renamed.search(path.read_text("utf-8"))]


def test_every_test_folder_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("test_*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_every_setting_is_documented():
    named = re.compile(r'"(JIYUE_[A-Z_]+)"')
    settings = {
        name
        for path in (PACKAGE / "config").rglob("*.py")
        if "tests" not in path.parts
        for name in named.findall(path.read_text("utf-8"))
    }
    documented = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert not sorted(name for name in settings if f"`{name}`" not in documented)


def test_links_in_documents_lead_somewhere():
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked_files()
        if path.suffix == ".md"
        for target in link.findall(path.read_text("utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def test_lock_files_name_hashes_and_no_registry():
    for name in ("base", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--index-url|--find-links", text)
    for lock in ROOT.glob("tools/**/package-lock.json"):
        if "node_modules" not in lock.parts:
            packages = json.loads(lock.read_text("utf-8"))["packages"]
            assert not [name for name, entry in packages.items() if "resolved" in entry]


def test_no_tracked_file_names_one_machine():
    machine = re.compile(rb"(?:^|[^A-Za-z0-9_.])/(?:work|root|home/\w+)/")
    naming = [str(path.relative_to(ROOT)) for path in tracked_files() if machine.search(path.read_bytes())]
    assert not naming


def test_public_services_and_selectors_say_what_they_do():
    silent = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in code_files()
        if path.stem in {"services", "selectors"} or path.parent.name in {"services", "selectors"}
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_" and not ast.get_docstring(node)
    ]
    assert not silent

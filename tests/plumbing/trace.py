"""Pytest plugin: which passing tests prove which requirements.

A test says so with `@pytest.mark.req("REV-01")`. An ID that is not in
`docs/requirements.md` fails the test. Outcomes are kept per database in
`build/trace/<database>.json`, so that a run of a part refreshes that part
only; `build/trace.json` is their sum: `{ID: [tests]}`. A test counts when it
passed in at least one run and failed in none; a skipped test proves nothing.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.plumbing.services import ROOT

REQUIREMENTS = ROOT / "docs" / "requirements.md"
BUILD = ROOT / "build"
_ROW = re.compile(r"^\| ([A-Z]+-\d{2,}) \|", re.MULTILINE)
_PROPERTY = "jiyue-requirement"

Outcomes = dict[str, dict[str, Any]]


@cache
def known_requirements() -> tuple[str, ...]:
    """Return the IDs of the requirements, in the order of the document."""
    return tuple(_ROW.findall(REQUIREMENTS.read_text(encoding="utf-8")))


def merge_outcomes(runs: list[Outcomes]) -> dict[str, list[str]]:
    """Return the tests that prove each requirement, from the outcomes of several runs."""
    failed = {test for run in runs for test, entry in run.items() if entry["outcome"] == "failed"}
    proofs: dict[str, set[str]] = {}
    for run in runs:
        for test, entry in run.items():
            if entry["outcome"] == "passed" and test not in failed:
                for requirement in entry["requirements"]:
                    proofs.setdefault(requirement, set()).add(test)
    return {requirement: sorted(proofs[requirement]) for requirement in sorted(proofs)}


def _read(path: Path) -> Outcomes:
    if not path.exists():
        return {}
    outcomes: Outcomes = json.loads(path.read_text(encoding="utf-8"))
    return outcomes


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    temporary.replace(path)


class TraceRecorder:
    """Collects the outcomes of marked tests in the process that reports them."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.outcomes: Outcomes = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        requirements = [str(value) for name, value in report.user_properties if name == _PROPERTY]
        if not requirements:
            return
        entry = self.outcomes.setdefault(report.nodeid, {"outcome": "open", "requirements": requirements})
        if report.failed:
            entry["outcome"] = "failed"
        elif report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            entry["outcome"] = "passed"

    def pytest_sessionfinish(self) -> None:
        path = BUILD / "trace" / f"{self.database}.json"
        outcomes = {**_read(path), **self.outcomes}
        _write(path, outcomes)
        runs = [_read(other) for other in sorted(path.parent.glob("*.json"))]
        _write(BUILD / "trace.json", merge_outcomes(runs))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        url = os.environ.get("JIYUE_TEST_DATABASE_URL", "sqlite:")
        config.pluginmanager.register(TraceRecorder(url.partition(":")[0]), "jiyue-trace")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("req"):
            item.user_properties.extend((_PROPERTY, name) for name in marker.args)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    named = {name for marker in item.iter_markers("req") for name in marker.args}
    unknown = sorted(named.difference(known_requirements()))
    if unknown:
        pytest.fail(f"unknown to docs/requirements.md: {', '.join(unknown)}", pytrace=False)

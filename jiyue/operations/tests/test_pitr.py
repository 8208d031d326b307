"""Point-in-time recovery as docs/deployment.md describes it, tried with PostgreSQL's own programs."""

import shutil
from pathlib import Path

import pytest

from tests.plumbing.processes import run_checked
from tests.plumbing.services import ROOT


@pytest.mark.slow
@pytest.mark.postgres
def test_a_dropped_table_comes_back_as_of_the_moment_before() -> None:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup")) or not shutil.which("runuser"):
        pytest.skip("PostgreSQL's server programs aren't on this machine")
    assert "250 rows, writable" in run_checked([ROOT / "tools" / "try_pitr"])

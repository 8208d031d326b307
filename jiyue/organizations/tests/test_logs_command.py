"""`jiyue logs`: how long the running logs stay comes from the policy profile."""

from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from jiyue.policy.selectors import value
from jiyue.policy.terms import Term, TermUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def logs(settings, tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    settings.JIYUE_LOG_DIR = folder
    for day in ("2026-02-28", "2026-03-01", "2026-08-31"):
        (folder / f"backoffice-{day}.jsonl").write_text("{}\n", encoding="utf-8")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name.removeprefix("backoffice-").removesuffix(".jsonl") for path in folder.iterdir())


@pytest.mark.req("SEC-17")
@time_machine.travel("2026-09-01 12:00:00+08:00")
def test_six_months_are_kept_whatever_is_asked(logs: Path):
    assert value("security.log_retention").term == Term(6, TermUnit.MONTHS)
    call_command("logs", "close")
    with pytest.raises(CommandError):
        call_command("logs", "prune", "--before", "2026-03-02")
    assert names(logs) == ["2026-02-28", "2026-03-01", "2026-08-31"]
    call_command("logs", "prune", "--before", "2026-03-01")
    assert names(logs) == ["2026-03-01", "2026-08-31"]
    call_command("logs", "verify")


@time_machine.travel("2026-08-31 12:00:00+08:00")
def test_the_floor_of_a_month_without_that_day_is_its_last_day(logs: Path):
    """Six months before 31 August there is no 31 February."""
    with pytest.raises(CommandError):
        call_command("logs", "prune", "--before", "2026-03-01")
    call_command("logs", "prune", "--before", "2026-02-28")
    assert names(logs) == ["2026-02-28", "2026-03-01", "2026-08-31"]


@time_machine.travel("2026-09-01 12:00:00+08:00")
def test_a_missing_file_of_a_finished_day_fails_the_verification(logs: Path, capsys):
    call_command("logs", "close")
    (logs / "backoffice-2026-03-01.jsonl").unlink()
    with pytest.raises(SystemExit):
        call_command("logs", "verify")
    assert "backoffice-2026-03-01.jsonl: missing" in capsys.readouterr().out


def test_pruning_without_a_day_is_refused(logs: Path):
    with pytest.raises(CommandError):
        call_command("logs", "prune")
    assert len(names(logs)) == 3

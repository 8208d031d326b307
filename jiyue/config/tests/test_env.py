"""Typed settings: a value that can't be read stops the start and names the variable."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from jiyue.config import env

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("value", ["True", "1", "yes", "", "TRUE"])
def test_flag_is_exactly_true_or_false(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("JIYUE_X", value)
    with pytest.raises(ImproperlyConfigured, match="JIYUE_X"):
        env.read_flag("JIYUE_X", default=True)


def test_flag_reads_both_words_and_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIYUE_X", raising=False)
    assert env.read_flag("JIYUE_X", default=True) is True
    monkeypatch.setenv("JIYUE_X", "false")
    assert env.read_flag("JIYUE_X", default=True) is False


def test_choice_is_one_of_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIYUE_X", raising=False)
    assert env.read_choice("JIYUE_X", {"a": 1, "b": 2}, "a") == 1
    monkeypatch.setenv("JIYUE_X", "b")
    assert env.read_choice("JIYUE_X", {"a": 1, "b": 2}, "a") == 2
    monkeypatch.setenv("JIYUE_X", "c")
    with pytest.raises(ImproperlyConfigured, match="a, b"):
        env.read_choice("JIYUE_X", {"a": 1, "b": 2}, "a")


def test_required_text_and_number_name_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIYUE_X", raising=False)
    with pytest.raises(ImproperlyConfigured, match="JIYUE_X"):
        env.read_text("JIYUE_X")
    monkeypatch.setenv("JIYUE_X", "eight")
    with pytest.raises(ImproperlyConfigured, match="eight"):
        env.read_number("JIYUE_X", 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIYUE_KEPT_DAYS", "0"),  # would forget the evidence of every withdrawal the same night
        ("JIYUE_KEPT_DAYS", "-1"),
        ("JIYUE_KEPT_DAYS", "99999999"),  # no calendar goes back so far
        ("JIYUE_QUARANTINE_MB", "0"),
        ("JIYUE_SWEEP_MINUTES", "0"),
        ("JIYUE_FINISHED_WORK_DAYS", "0"),
        ("JIYUE_BACKUP_KEEP", "-1"),
        ("JIYUE_BACKUP_HOUR", "24"),
        ("JIYUE_MIN_FREE_DISK_PERCENT", "100"),
        ("JIYUE_MAX_CLOCK_SKEW_SECONDS", "0"),
        ("JIYUE_CERTIFICATE_DAYS", "-1"),
    ],
)
def test_number_that_makes_no_sense_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        runpy.run_path(str(Path(env.__file__).parent / "settings/base.py"))


def test_secret_comes_from_its_file_and_a_missing_file_is_fatal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("JIYUE_X_FILE", str(secret))
    assert env.read_secret("JIYUE_X") == "s3cret"
    secret.unlink()
    with pytest.raises(ImproperlyConfigured, match="JIYUE_X_FILE"):
        env.read_secret("JIYUE_X", "default")


def test_databases_are_named_by_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIYUE_X", "postgresql://u:p%40ss@db:5433/jiyue")
    postgres = env.read_database("JIYUE_X", "")
    assert (postgres["PASSWORD"], postgres["PORT"], postgres["NAME"]) == ("p@ss", "5433", "jiyue")
    monkeypatch.setenv("JIYUE_X", "sqlite:////srv/jiyue.sqlite3")
    assert env.read_database("JIYUE_X", "")["NAME"] == "/srv/jiyue.sqlite3"
    monkeypatch.setenv("JIYUE_X", "mysql://x/y")
    with pytest.raises(ImproperlyConfigured, match="mysql"):
        env.read_database("JIYUE_X", "")

"""Running logs: what they say, and that no day disappears before its time."""

import json
import logging
from datetime import date
from pathlib import Path

import pytest
import time_machine

from jiyue.core import audit, running_logs
from jiyue.core.logs import DailyLogHandler, JsonFormatter
from jiyue.core.models import AuditEntry
from jiyue.core.running_logs import DeletionTooEarly, LogBreach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    settings.JIYUE_LOG_DIR = logs
    return logs


def write(folder: Path, day: str, text: str = '{"event": "x"}\n') -> Path:
    path = folder / f"backoffice-{day}.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def close() -> None:
    list(running_logs.close_days())


def line_of(record: logging.LogRecord) -> dict[str, object]:
    line: dict[str, object] = json.loads(JsonFormatter().format(record))
    return line


def test_line_keeps_ids_and_drops_what_a_person_typed():
    record = logging.makeLogRecord(
        {
            "msg": "outbox.failed",
            "levelname": "ERROR",
            "topic": "t",
            "ids": [1],
            "request": "张三 13800000000",
        }
    )
    line = line_of(record)
    assert (line["event"], line["topic"], line["ids"]) == ("outbox.failed", "t", [1])
    assert "13800000000" not in json.dumps(line, ensure_ascii=False)


def test_exception_is_logged_by_type_and_place_without_the_value_it_quotes():
    typed = "110101199001011234"
    try:
        raise ValueError(typed)
    except ValueError as failure:
        record = logging.makeLogRecord(
            {"msg": "import.failed", "exc_info": (ValueError, failure, failure.__traceback__)}
        )
    line = line_of(record)
    assert line["exception"] == "ValueError"
    assert "test_running_logs" in str(line["traceback"])
    assert typed not in json.dumps(line, ensure_ascii=False)


@time_machine.travel("2026-03-01 23:59:59+08:00", tick=False)
def test_a_line_goes_into_the_file_of_its_process_and_its_day(folder):
    handler = DailyLogHandler(str(folder), "front")
    handler.setFormatter(JsonFormatter())
    handler.emit(logging.makeLogRecord({"msg": "a"}))
    with time_machine.travel("2026-03-02 00:00:01+08:00", tick=False):
        handler.emit(logging.makeLogRecord({"msg": "b"}))
    assert sorted(path.name for path in folder.iterdir()) == [
        "front-2026-03-01.jsonl",
        "front-2026-03-02.jsonl",
    ]


@time_machine.travel("2026-03-02 00:10:00+08:00")
def test_closing_records_finished_days_once_and_leaves_today_open(folder):
    write(folder, "2026-03-01")
    write(folder, "2026-03-02")
    close()
    close()
    entries = AuditEntry.objects.filter(verb=running_logs.CLOSED)
    assert [entry.subject_id for entry in entries] == ["backoffice-2026-03-01.jsonl"]
    assert running_logs.verify_logs() == []


@pytest.mark.req("SEC-17")
@time_machine.travel("2026-03-02 01:00:00+08:00")
def test_removed_changed_and_slipped_in_files_are_found(folder):
    gone, changed = write(folder, "2026-02-27"), write(folder, "2026-02-28")
    close()
    gone.unlink()
    changed.write_text("{}", encoding="utf-8")
    write(folder, "2026-01-05")
    assert running_logs.verify_logs() == [
        LogBreach("backoffice-2026-01-05.jsonl", "unrecorded"),
        LogBreach("backoffice-2026-02-27.jsonl", "missing"),
        LogBreach("backoffice-2026-02-28.jsonl", "changed"),
    ]


@pytest.mark.req("SEC-17")
@time_machine.travel("2026-09-01 01:00:00+08:00")
def test_nothing_younger_than_the_floor_is_deleted(folder):
    write(folder, "2026-02-28")
    write(folder, "2026-03-02")
    close()
    floor = date(2026, 3, 1)
    with pytest.raises(DeletionTooEarly):
        running_logs.prune_logs(before=date(2026, 3, 2), keep_from=floor, actor=audit.PLATFORM)
    assert len(list(folder.iterdir())) == 2
    assert running_logs.prune_logs(before=floor, keep_from=floor, actor=audit.PLATFORM) == [
        "backoffice-2026-02-28.jsonl"
    ]
    assert AuditEntry.objects.filter(verb=running_logs.PRUNED).count() == 1
    assert running_logs.verify_logs() == []


def test_files_that_are_no_running_logs_are_left_alone(folder):
    (folder / "notes.txt").write_text("x")
    (folder / "backoffice-2026-13-45.jsonl").write_text("x")
    close()
    assert not AuditEntry.objects.filter(verb=running_logs.CLOSED).exists()

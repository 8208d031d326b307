"""The running log: JSON lines with `event`, ids and durations; never names or request bodies.

Each process writes one file a day. A closed day's digest goes into the audit
trail, so that a changed or removed file is found (`jiyue.core.running_logs`).

Source: GL 七(二)1 (SEC-17).
"""

import json
import logging
import os
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

# Number of the request at hand, in every line that is written while it is answered; blank outside of one.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

# Fields that may be passed as `extra`: stable names, ids, sizes and durations. Others are dropped,
# because a library's own extras (a request, a form) can carry what a person typed.
KEPT_FIELDS = (
    "topic",
    "job",
    "owner",
    "site",
    "id",
    "ids",
    "sm3",
    "media",
    "path",
    "code",
    "status_code",
    "duration_ms",
    "view",
    "method",
)


class JsonFormatter(logging.Formatter):
    """One JSON object a line; of an exception its type and place, not its message.

    A message of an exception often quotes the row or the input it stumbled over.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if REQUEST_ID.get():
            line["request"] = REQUEST_ID.get()
        line.update({key: getattr(record, key) for key in KEPT_FIELDS if hasattr(record, key)})
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__qualname__
            line["traceback"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False, default=str)


class DailyLogHandler(logging.Handler):
    """Appends to `<folder>/<process>-<date>.jsonl`; several processes may share a file.

    Args:
        folder: Folder of the running logs.
        process: Name of the process, e.g. `backoffice`.
    """

    def __init__(self, folder: str, process: str):
        super().__init__()
        self._folder = Path(folder)
        self._process = process

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line in one piece; a failure is shown on standard error, as `logging` does."""
        try:
            line = (self.format(record) + "\n").encode("utf-8", "replace")
            day = timezone.localdate(datetime.fromtimestamp(record.created, UTC))
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self._process}-{day.isoformat()}.jsonl"
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError:
            self.handleError(record)

"""A progress line on a terminal: done, rate, time left."""

import sys
import time
from typing import TextIO

from django.utils.translation import gettext as _

BAR_CHARS = 30
REDRAW_SECONDS = 0.1


def bar_line(
    label: str, *, done: int, total: int, rate: float, left_seconds: int | None = None, failed: int = 0
) -> str:
    """One line: label, bar, done of total, rate a second, seconds left, failures."""
    share = min(1.0, (done + failed) / total) if total else 1.0
    line = _("%(label)s %(bar)s %(done)s of %(total)s, %(rate)s a second") % {
        "label": label,
        "bar": ("█" * round(share * BAR_CHARS)).ljust(BAR_CHARS, "░"),
        "done": f"{done:,}",
        "total": f"{total:,}",
        "rate": f"{rate:,.0f}",
    }
    if left_seconds is not None:
        line += _(", %(left)s s left") % {"left": left_seconds}
    if failed:
        line += _(", %(failed)s failed") % {"failed": f"{failed:,}"}
    return line


class ProgressLine:
    """One line that is redrawn while work goes on; writes nothing unless `stream` is a terminal."""

    def __init__(self, label: str, total: int, stream: TextIO | None = None):
        self._label = label
        self._total = total
        self._stream = stream or sys.stderr
        self._started = time.monotonic()
        self._drawn = 0.0
        self._done = 0

    def advance(self, count: int) -> None:
        """Add finished items."""
        self._done += count
        now = time.monotonic()
        if self._stream.isatty() and (now - self._drawn >= REDRAW_SECONDS or self._done >= self._total):
            self._drawn = now
            self._stream.write(f"\r{self.text()}\x1b[K")
            self._stream.flush()

    def text(self) -> str:
        """The line as it stands now."""
        seconds = max(time.monotonic() - self._started, 1e-6)
        rate = self._done / seconds
        left = round((self._total - self._done) / rate) if rate else 0
        return bar_line(self._label, done=self._done, total=self._total, rate=rate, left_seconds=left)

    def finish(self) -> None:
        """Leave the line."""
        if self._stream.isatty():
            self._stream.write("\n")

"""Progress of long commands, on one line of a terminal."""

from collections.abc import Iterable
from typing import Any

from jiyue.operations.backup.making import Progress


class ProgressLine:
    """Follows steps to their end; silent where nobody watches."""

    def __init__(self, stdout: Any):
        self._stdout = stdout

    def follow(self, steps: Iterable[Progress]) -> None:
        """Take every step and show how far it is."""
        is_watched = self._stdout.isatty()
        for step in steps:
            if is_watched:
                text = f"\r{step.phase}  {step.files:,}  {step.bytes / 1e6:,.0f} MB   "
                self._stdout.write(text, ending="")
        if is_watched:
            self._stdout.write("")

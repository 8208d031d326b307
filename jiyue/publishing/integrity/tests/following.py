"""Letting a watch work until something is so."""

import time
from collections.abc import Callable

from jiyue.core import outbox
from jiyue.publishing.integrity.watching import Watch

PATIENCE_SECONDS = 60


def until(watch: Watch, is_so: Callable[[], bool]) -> None:
    """Let the watch and the worker work until something is so."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at
        watch.step()
        outbox.drain()

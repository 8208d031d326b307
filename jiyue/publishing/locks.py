"""Who may write which files of a site at the same time.

A lock is a file beside the output, held by the kernel for as long as the
process lives: a killed worker leaves none behind. Whoever holds one reads the
present state after taking it and writes that, so an older state never
overwrites a newer one, however many workers there are (ADR 9):

- `exclusive(site)`: nobody else writes anything; for comparing and restoring.
- `writing(site)`: side effects of publications, one at a time.
- `stretch(site, …)`: pages of one stretch of the archive. Stretches are written
  beside each other and beside `writing`; whoever is `writing` also takes the
  stretches whose pages it touches.

Locks are taken in this order, stretches in ascending order, so that nobody
waits in a circle.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.topics import STRETCH_PAGES

LOCK_FOLDER = ".locks"
STRIPES = 64  # lock files for the stretches of a site; two stretches on one stripe merely wait for each other
PATIENCE_SECONDS = 2  # several stretches; the archive of a big site is written for a minute and more
POLL_SECONDS = 0.02


@contextmanager
def exclusive(name: str, *, waits: bool = True) -> Iterator[None]:
    """Hold the named lock of the output folder alone.

    Args:
        name: A site's key, or `sites`.
        waits: Wait for whoever holds it, however long it takes. Otherwise no
            longer than a stretch of the archive takes.

    Raises:
        BlockingIOError: Somebody holds it, and we don't wait.
    """
    if waits:
        with _passing_gate(name, fcntl.LOCK_EX):
            yield
        return
    with ExitStack() as stack:
        with _held(f"{name}.gate", fcntl.LOCK_EX | fcntl.LOCK_NB):
            stack.enter_context(_held_soon(name))
        yield


@contextmanager
def writing(site_key: str) -> Iterator[None]:
    """Hold what publications of a site share: lists, home page, sitemaps, media, theme files."""
    with _passing_gate(site_key, fcntl.LOCK_SH), _held(f"{site_key}.state", fcntl.LOCK_EX):
        yield


@contextmanager
def stretch(site_key: str, channel_id: int, first: int) -> Iterator[None]:
    """Hold one stretch of a site's archive and nothing else of it."""
    with _passing_gate(site_key, fcntl.LOCK_SH), stretches_of_pages(site_key, [(channel_id, first)]):
        yield


@contextmanager
def stretches_of_pages(site_key: str, list_pages: Iterable[tuple[int, int]]) -> Iterator[None]:
    """Hold the stretches of some list pages, for whoever holds the site by `writing` or `stretch`.

    Args:
        site_key: The site.
        list_pages: Channel and number of list pages whose items, or themselves, are written.
    """
    stripes = {_stripe(channel_id, number) for channel_id, number in list_pages}
    with ExitStack() as stack:
        for stripe in sorted(stripes):
            stack.enter_context(_held(f"{site_key}.{stripe}", fcntl.LOCK_EX))
        yield


def _stripe(channel_id: int, list_page: int) -> int:
    return (channel_id * 7 + (list_page - 1) // STRETCH_PAGES) % STRIPES


@contextmanager
def _passing_gate(name: str, operation: int) -> Iterator[None]:
    """Take a lock through a gate.

    The kernel gives a shared lock to newcomers while somebody waits for it
    alone; who waits at the gate instead can't be overtaken for ever.
    """
    with ExitStack() as stack:
        with _held(f"{name}.gate", fcntl.LOCK_EX):
            stack.enter_context(_held(name, operation))
        yield


@contextmanager
def _held_soon(name: str) -> Iterator[None]:
    """Hold a lock alone if it comes free while the gate keeps newcomers away."""
    end = time.monotonic() + PATIENCE_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(_held(name, fcntl.LOCK_EX | fcntl.LOCK_NB))
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise
                time.sleep(POLL_SECONDS)
        yield


@contextmanager
def _held(name: str, operation: int) -> Iterator[None]:
    folder = output_root() / LOCK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)

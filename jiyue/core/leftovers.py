"""Bytes that an undone upload left in a store: no row names them, so they are removed.

Only what has lain untouched for a day is looked at: a running upload may not
have committed its row yet. A file that is stored again is touched first, so
that it can't be removed at the very moment it is needed (`write_atomically`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

MIN_AGE_SECONDS = 24 * 3600
BATCH = 500  # names asked for at a time


def sweep(folder: Path, known: Callable[[Sequence[str]], set[str]]) -> Iterator[str]:
    """Remove files of a store that no row names; yield the name of each.

    Args:
        folder: The store: folders of two characters with files in them.
        known: Of the given file names, those that a row names.
    """
    batch: list[Path] = []
    for path in sorted(folder.glob("*/*")) + sorted(folder.glob(".*.new")):
        if path.is_file() and _is_old(path):
            batch.append(path)
        if len(batch) >= BATCH:
            yield from _remove(batch, known)
            batch = []
    yield from _remove(batch, known)


def _remove(paths: list[Path], known: Callable[[Sequence[str]], set[str]]) -> Iterator[str]:
    named = known([path.name for path in paths])
    for path in paths:
        if path.name in named:
            continue
        aside = path.with_name(f".{path.name}.swept")
        try:
            path.replace(aside)
        except FileNotFoundError:
            continue
        if _is_old(aside):
            aside.unlink()
            logger.info("files.leftover_removed", extra={"file": path.name})
            yield path.name
        else:
            aside.replace(path)  # somebody stored it again meanwhile


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - MIN_AGE_SECONDS
    except FileNotFoundError:
        return False

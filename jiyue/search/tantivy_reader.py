"""The reading side of the embedded index: always the newest commit.

Tantivy's own watcher saw commits of another process up to 442 ms late. A
query therefore compares the link and `meta.json` with what is open; both are
replaced atomically, and every commit changes the operation stamp in the file.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import tantivy
from django.utils.translation import gettext_lazy as _

from jiyue.search.engine import IndexOutdated, SearchUnavailable
from jiyue.search.generations import Generations

OPEN_ATTEMPTS = 3  # a generation may be replaced and removed between looking and opening


@dataclass(frozen=True)
class _Opened:
    folder: Path
    meta: bytes
    index: tantivy.Index
    searcher: tantivy.Searcher


class Reader:
    """Hands out a searcher over the newest commit."""

    def __init__(self, generations: Generations):
        self._generations = generations
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    def searcher(self) -> tantivy.Searcher | None:
        """Return an unchanging view of the newest commit; None if there is no index.

        Raises:
            SearchUnavailable: The index is damaged, or may not be read.
            IndexOutdated: Another version of the program wrote it.
        """
        for attempt in range(OPEN_ATTEMPTS):
            try:
                folder = self._generations.current()
                if folder is None:
                    return None
                check_version(self._generations, folder)
                return self._refresh(folder)
            except (OSError, ValueError) as error:
                if attempt == OPEN_ATTEMPTS - 1:
                    raise SearchUnavailable(
                        _("The search index cannot be read."), fix=_("Run “jiyue reindex” to rebuild it.")
                    ) from error
        raise AssertionError("every attempt returns or raises")

    def _refresh(self, folder: Path) -> tantivy.Searcher:
        meta = (folder / "meta.json").read_bytes()
        opened = self._opened
        if opened and opened.folder == folder and opened.meta == meta:
            return opened.searcher
        with self._lock:
            if self._opened and self._opened.folder == folder:
                index = self._opened.index
                index.reload()
            else:
                index = tantivy.Index.open(str(folder))
                index.config_reader("manual")
                index.reload()
            self._opened = _Opened(folder, meta, index, index.searcher())
            return self._opened.searcher

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._opened = None


def check_version(generations: Generations, folder: Path) -> None:
    """Refuse a generation that another version of the program wrote."""
    if not generations.is_readable(folder):
        raise IndexOutdated(
            _("The search index was made by another version of the program."),
            fix=_("Run “jiyue reindex” to rebuild it."),
        )

"""Small published files kept in memory, so that a page in demand isn't opened and read each time.

A file comes in here only after `open_published` let it through. Ten times a
second, if it is asked for, every step of its way is looked at again: real
folders, none of them a link by now, and at the end the same file, unchanged.
Whatever differs is opened anew. Looking at every request would cost more than
all the rest of it: threads that ask the system leave the interpreter to each
other each time.
"""

import os
import stat
import threading
import time
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from jiyue.front.headers import is_text
from jiyue.front.sites import LOOK_AGAIN_SECONDS
from jiyue.front.static import Identity, OpenFile, identity_of, is_known

MAX_BYTES = 32 * 1024 * 1024  # of one process: some thousand pages in their compressed form
ENTRY_BYTES = 2 * 1024  # what an entry takes besides its content
# A file changed since then may change once more without a trace: file systems count in ticks.
SETTLED_SECONDS = 2

_Key = tuple[str, str, bool]  # site, path of the address, whether a compressed copy is accepted


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A published file in one piece, with the headers it is sent with."""

    headers: list[tuple[str, str]]
    content: bytes
    etag: str
    last_modified: str

    def is_known(self, if_none_match: str, if_modified_since: str) -> bool:
        """Tell whether the visitor's copy is this file."""
        return is_known(self.etag, self.last_modified, if_none_match, if_modified_since)


@dataclass(slots=True)
class _Entry:
    file: SmallFile
    folders: list[str]  # on the file's way, from the site's own
    place: str
    identity: Identity
    look_again_at: float = 0.0  # by the monotonic clock

    @property
    def size_bytes(self) -> int:
        return len(self.file.content) + ENTRY_BYTES

    def is_current(self) -> bool:
        now = time.monotonic()
        if now < self.look_again_at:
            return True
        if not self._is_in_place():
            return False
        self.look_again_at = now + LOOK_AGAIN_SECONDS
        return True

    def _is_in_place(self) -> bool:
        try:
            for folder in self.folders:
                if not stat.S_ISDIR(os.lstat(folder).st_mode):
                    return False
            return identity_of(os.lstat(self.place)) == self.identity
        except OSError:
            return False


class KeptFiles:
    """The small files of all sites that were asked for lately; safe to use from several threads.

    Args:
        output: Folder of the published sites.
    """

    def __init__(self, output: Path):
        self._output = str(output)
        self._lock = threading.Lock()
        self._entries: dict[_Key, _Entry] = {}
        self._free_bytes = MAX_BYTES

    def find(self, site_key: str, path: str, *, accepts_gzip: bool) -> SmallFile | None:
        """Return a file as it lay on the disk a moment ago; None if it has to be opened.

        Args:
            site_key: A key of the routing table.
            path: Decoded path of the address.
            accepts_gzip: Whether the compressed copy would be sent.
        """
        key = (site_key, path, accepts_gzip)
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.is_current():
            return entry.file
        with self._lock:
            self._drop(key)
        return None

    def take(self, site_key: str, path: str, opened: OpenFile, *, accepts_gzip: bool) -> SmallFile:
        """Read a small file to its end, close it, and keep it for whoever asks next.

        Args:
            site_key: A key of the routing table.
            path: Decoded path of the address.
            opened: What `open_published` returned for it.
            accepts_gzip: What it was opened with.
        """
        content = opened.read_whole()
        headers = [*opened.headers(path), ("Content-Length", str(len(content)))]
        if not is_text(opened.name):
            headers.append(("Accept-Ranges", "bytes"))
        file = SmallFile(headers, content, opened.etag, opened.last_modified)
        # A compressed copy that is still missing has to be looked for each time.
        has_its_form = opened.is_compressed or not (accepts_gzip and is_text(opened.name))
        if has_its_form and len(content) == opened.size_bytes and _is_settled(opened.identity):
            entry = self._entry(site_key, path, opened, file)
            if entry.is_current():
                self._keep((site_key, path, accepts_gzip), entry)
        return file

    def _entry(self, site_key: str, path: str, opened: OpenFile, file: SmallFile) -> _Entry:
        names = [f"{self._output}/{site_key}", *path.split("/")[1:-1]]
        folders = list(accumulate(names, "{}/{}".format))
        suffix = ".gz" if opened.is_compressed else ""
        return _Entry(file, folders, f"{folders[-1]}/{opened.name}{suffix}", opened.identity)

    def _keep(self, key: _Key, entry: _Entry) -> None:
        """Add an entry; where the room is used up, begin again with what is in demand now."""
        with self._lock:
            self._drop(key)
            if entry.size_bytes > self._free_bytes:
                self._entries.clear()
                self._free_bytes = MAX_BYTES
            self._entries[key] = entry
            self._free_bytes -= entry.size_bytes

    def _drop(self, key: _Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._free_bytes += entry.size_bytes


def _is_settled(identity: Identity) -> bool:
    return time.time() - identity.changed_ns / 1e9 > SETTLED_SECONDS

"""Evidence: what was taken away from the public folders, kept where nobody is served from.

Things are moved as they are, never opened or changed: a link stays a link, a
pipe stays a pipe. Altogether the folder holds `JIYUE_QUARANTINE_MB`; a single
thing gets a quarter of that at most, and the oldest goes first.

Source: GL 七(二)1 (SEC-14).
"""

import errno
import logging
import os
import re
import secrets
import shutil
import stat
from pathlib import Path

from django.conf import settings

from jiyue.core import clock
from jiyue.publishing.delivery.local import MAX_DEPTH, remove_tree
from jiyue.publishing.integrity.comparing import FolderReader
from jiyue.publishing.integrity.models import TamperKind

logger = logging.getLogger(__name__)

SINGLE_PART = 4  # one thing may take the n-th part of the whole
UNKEPT = "integrity.evidence_not_kept"  # event of the log
NAME_MAX_CHARS = 60  # of the original name
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


class Custody:
    """Takes things out of one site's folder and keeps them.

    Args:
        site_key: The site; blank for files of the platform.
        root: The folder that things are taken from.
    """

    def __init__(self, site_key: str, root: Path):
        self.site_key = site_key
        self._folder = Path(settings.JIYUE_QUARANTINE_DIR) / (site_key or "platform")
        self._root = root
        self._limit_bytes = int(settings.JIYUE_QUARANTINE_MB) * 1024 * 1024

    def take(self, path: str) -> str:
        """Take one thing away, a folder with everything in it.

        Returns:
            Its name in the quarantine folder, blank where it was gone, too big or too deep to
            keep, or where the quarantine folder takes nothing: what is public must not wait for it.

        Raises:
            OSError: It couldn't be taken away: another owner, a read-only disk.
        """
        folder, _, name = path.rpartition("/")
        with FolderReader(self._root) as reader:
            parent = reader.open_folder(folder)
            return "" if parent is None else self._move(name, parent)

    def take_root(self) -> str:
        """Take away what stands where the site's folder should be."""
        parent = os.open(self._root.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return self._move(self._root.name, parent)
        finally:
            os.close(parent)

    def clear_way(self, folder: str) -> None:
        """Take away what stands in the way to one of the platform's own folders: a link, a file, a pipe."""
        for end, char in enumerate(f"{folder}/"):
            with FolderReader(self._root) as reader:
                found = reader.look(folder[:end]) if char == "/" else None
            if found is not None and found.kind != TamperKind.FOLDER:
                logger.warning("integrity.way_cleared", extra={"path": folder[:end]})
                self.take(folder[:end])

    def keep(self, path: str, data: bytes) -> str:
        """Keep bytes that an object store held."""
        if len(data) > self._limit_bytes // SINGLE_PART:
            return ""
        target: Path | None = None
        try:
            target = self._new_place(path)
            target.write_bytes(data)
        except OSError:
            logger.exception(UNKEPT, extra={"site": self.site_key})
            if target is not None:
                target.unlink(missing_ok=True)
            return ""
        return target.name

    def _move(self, name: str, parent: int) -> str:
        try:
            target = self._new_place(name)
            os.rename(name, target, src_dir_fd=parent)
        except FileNotFoundError:
            return ""
        except OSError as error:
            if error.errno == errno.EXDEV:
                return self._move_far(name, parent, target)
            logger.exception(UNKEPT, extra={"site": self.site_key})
            _remove(name, parent)
            return ""
        size = _size_of(target)
        if size is None or size > self._limit_bytes // SINGLE_PART:
            _delete(target)
            return ""
        return target.name

    def _move_far(self, name: str, parent: int, target: Path) -> str:
        """Move to another file system: plain files are copied, anything else is only removed."""
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        kept = ""
        if stat.S_ISREG(found.st_mode) and found.st_size <= self._limit_bytes // SINGLE_PART:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
            try:
                with os.fdopen(descriptor, "rb") as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
                kept = target.name
            except OSError:  # its disk is full, most likely
                logger.exception(UNKEPT, extra={"site": self.site_key})
                target.unlink(missing_ok=True)
        _remove(name, parent)
        return kept

    def _new_place(self, path: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        short = _UNUSUAL.sub("_", path.rpartition("/")[2])[-NAME_MAX_CHARS:]
        return self._folder / f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}-{short}"

    def make_room(self) -> None:
        """Delete the oldest evidence where there is too much; call it after every batch."""
        if not self._folder.exists():
            return
        kept = sorted(self._folder.iterdir())
        sizes = [_size_of(each) or 0 for each in kept]
        total = sum(sizes)
        for each, size in zip(kept, sizes, strict=True):
            if total <= self._limit_bytes:
                return
            _delete(each)
            total -= size


def _size_of(path: Path) -> int | None:
    """Bytes of a thing and everything below it, None where it is too deep; no link is followed."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        return found.st_size
    total = 0
    waiting = [(path, 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return None
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), depth + 1))
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _remove(name: str, parent: int) -> None:
    """Remove one thing, a folder with everything in it."""
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode):
        remove_tree(name, parent)
    else:
        os.unlink(name, dir_fd=parent)


def _delete(path: Path) -> None:
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _remove(path.name, parent)
    finally:
        os.close(parent)

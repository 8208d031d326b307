"""What the kernel tells about changes below a folder (inotify), without following a link.

The general watchers ask the kernel for every opening of a file as well, which on
a public folder is every visit, and don't say when its queue ran over. This one
asks for changes only, and says so.
"""

import ctypes
import errno
import os
import select
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED, _IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x40000000
_ONLY_FOLDER, _NO_LINK = 0x01000000, 0x02000000
_CHANGES = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_MASK = _CHANGES | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDER | _NO_LINK
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_HEAD = struct.Struct("iIII")
_READ_BYTES = 256 * 1024
_FULL = frozenset({errno.ENOSPC, errno.ENOMEM})
_MAX_DEPTH = 100  # folders: what is planted deeper goes with the uppermost one


@dataclass
class Changes:
    """What was reported since the last look.

    Attributes:
        paths: Below the watched folder; of new folders everything in them.
        moved_folders: Folders that went elsewhere with everything in them; nothing else tells of it.
        is_incomplete: The kernel dropped events, or a folder couldn't be watched: compare everything.
    """

    paths: set[str] = field(default_factory=set)
    moved_folders: set[str] = field(default_factory=set)
    is_incomplete: bool = False


class FolderNotifier:
    """Watches a folder and all folders below; a context.

    Args:
        root: The folder; it must exist.

    Raises:
        OSError: The kernel doesn't offer it or gives no more of it.
    """

    def __init__(self, root: Path):
        self._root = os.fsencode(root)
        self._folders: dict[int, str] = {}
        self._marks: dict[str, int] = {}
        self.is_limited = False  # some folder isn't watched
        try:
            self._kernel = ctypes.CDLL(None, use_errno=True)
            self._descriptor = self._kernel.inotify_init1(_FLAGS)
        except (AttributeError, TypeError) as error:
            raise OSError(errno.ENOSYS, "this system has no inotify") from error
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")

    def __enter__(self) -> "FolderNotifier":
        for _path in self._watch_below(""):
            continue
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._descriptor)

    @property
    def folders(self) -> int:
        """How many folders are watched."""
        return len(self._folders)

    def wait(self, seconds: float) -> Changes:
        """Return what changed; waits at most so long for a first event."""
        changes = Changes()
        ready, _writable, _failed = select.select([self._descriptor], [], [], seconds)
        if ready:
            self._read_all(changes)
        for path in tuple(changes.moved_folders):  # one exchange puts another folder in its place
            changes.paths.update(self._watch_below(path))
        if "" not in self._marks:
            changes.is_incomplete |= self.watch_again()
        elif changes.is_incomplete:
            self.watch_again()
        changes.is_incomplete |= self.is_limited
        return changes

    def watch_again(self) -> bool:
        """Watch whatever lies at the watched place now; tell whether there is a folder at all.

        For when events were lost, the folder itself was replaced, or there were
        too few watches and some have come free.
        """
        self.is_limited = False
        for _path in self._watch_below(""):
            continue
        return "" in self._marks

    def _read_all(self, changes: Changes) -> None:
        while True:
            try:
                data = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            offset = 0
            while offset < len(data):
                mark, mask, _cookie, length = _HEAD.unpack_from(data, offset)
                name = data[offset + _HEAD.size :][:length].rstrip(b"\0")
                offset += _HEAD.size + length
                self._take(changes, mark, mask, os.fsdecode(name))

    def _take(self, changes: Changes, mark: int, mask: int, name: str) -> None:
        if mask & (_OVERFLOW | _UNMOUNT):
            changes.is_incomplete = True
        folder = self._folders.get(mark)
        if folder is None:
            return
        if mask & (_IGNORED | _DELETE_SELF):
            self._forget(folder)
        if mask & (_MOVE_SELF | _DELETE_SELF | _IGNORED) and folder == "":
            self._forget_below("")
            changes.is_incomplete = True
        if not name:
            return
        path = f"{folder}/{name}" if folder else name
        changes.paths.add(path)
        if mask & _IS_FOLDER and mask & _MOVED_FROM:
            self._forget_below(path)
            changes.moved_folders.add(path)
        if mask & _IS_FOLDER and mask & (_CREATE | _MOVED_TO):
            changes.paths.update(self._watch_below(path))

    def _watch_below(self, path: str) -> Iterator[str]:
        """Watch a folder and all below it; yield everything that lies there already."""
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            if not self._watch(folder):
                continue
            try:
                entries = list(os.scandir(os.path.join(self._root, os.fsencode(folder))))  # noqa: PTH118
            except OSError:  # gone, replaced or closed meanwhile: an event of its own tells of it
                continue
            for entry in entries:
                name = os.fsdecode(entry.name)
                below = f"{folder}/{name}" if folder else name
                yield below
                if entry.is_dir(follow_symlinks=False) and below.count("/") < _MAX_DEPTH:
                    waiting.append(below)

    def _watch(self, folder: str) -> bool:
        """Watch one folder; tell whether there is one. Without a free watch it is only read."""
        path = os.path.join(self._root, os.fsencode(folder)) if folder else self._root  # noqa: PTH118
        mark = self._kernel.inotify_add_watch(self._descriptor, path, _MASK)
        if mark >= 0:
            self._folders[mark] = folder
            self._marks[folder] = mark
            return True
        self.is_limited |= ctypes.get_errno() in _FULL
        return self.is_limited

    def _forget(self, folder: str) -> None:
        mark = self._marks.pop(folder, None)
        if mark is not None:
            self._folders.pop(mark, None)

    def _forget_below(self, path: str) -> None:
        """Stop watching a folder that was moved away; where it went it is found again, if it is ours."""
        inside = f"{path}/" if path else ""
        gone = [folder for folder in self._marks if folder == path or folder.startswith(inside)]
        for folder in gone:
            self._kernel.inotify_rm_watch(self._descriptor, self._marks[folder])
            self._forget(folder)

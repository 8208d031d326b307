"""The local folder as a store: validated names, atomic replacement, compressed copies.

Every file is written under a temporary name in its own folder and renamed, so
that a visitor meets the old file or the new one, never half of one. What makes
a batch last through a power cut is `flush`, called before its database
transaction: up to `FSYNC_FILES` files are synchronised one by one together
with their folders, larger batches by one `sync` of the machine. If the power
goes before that, the outbox row is still there and the batch runs again; a
killed process alone loses nothing, because the kernel keeps what was written.
There is no setting for it.

All steps down are taken by folder handles that follow no symbolic link.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from jiyue.core import crypto
from jiyue.publishing.addresses import UnsafePathError, check_path
from jiyue.publishing.store import WrittenFile, compress, is_compressed

FSYNC_FILES = 64  # files; beyond it one `sync` is cheaper
COPY_BYTES = 1024 * 1024  # at a time
PROBE_BYTES = 256 * 1024  # more than a page: the last free block of a full disk is no space
TEMPORARY = ".{}.new"  # one name per target: a repeated batch replaces what a killed one left
PROBE = TEMPORARY.format("probe")
MAX_DEPTH = 100  # folders: no path that the publisher makes has more
FOLDER_MODE = 0o755  # whatever the umask says: nobody else writes there

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_A_FOLDER = frozenset({errno.ELOOP, errno.ENOTDIR})
_NOT_A_FILE = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO})  # the last one: a socket


class LocalStore:
    """One site's output folder; use as a context, by one process at a time.

    Args:
        root: The site's folder; created when missing.

    Raises:
        UnsafePathError: The folder, or a folder in it, is a symbolic link; or a path
            given to a method isn't one the publisher makes.
    """

    survives_fork = True

    def __init__(self, root: Path):
        self._root = root
        self._folders: dict[str, int] = {}
        self._unsynced: list[tuple[str, str]] = []  # folder, file name

    def __enter__(self) -> "LocalStore":
        self._root.parent.mkdir(parents=True, exist_ok=True)
        self._root.mkdir(exist_ok=True)
        self._folders[""] = _open_folder(str(self._root), None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._folders.values():
            os.close(descriptor)
        self._folders.clear()

    def write(self, path: str, data: bytes) -> WrittenFile:
        """Put a file in place, its compressed copy first; nothing is durable before `flush`."""
        folder, _, name = check_path(path).rpartition("/")
        if is_compressed(name):
            self._replace(folder, f"{name}.gz", compress(data))
        self._replace(folder, name, data)
        return WrittenFile(path, len(data), crypto.sm3_hex(data))

    def copy(self, path: str, source: Path) -> WrittenFile:
        """Put a copy of a file in place, piece by piece: a recording doesn't fit into memory.

        Raises:
            FileNotFoundError: There is no such source; nothing is changed.
        """
        folder, _, name = check_path(path).rpartition("/")
        with source.open("rb") as original:
            parent = self._folder(folder, create=True)
            temporary = TEMPORARY.format(name)
            descriptor = _create(temporary, parent)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    shutil.copyfileobj(original, target, COPY_BYTES)
                    size = target.tell()
            except OSError:
                _unlink(temporary, parent)
                raise
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        self._unsynced.append((folder, name))
        return WrittenFile(path, size, crypto.sm3_file_hex(source))

    def remove(self, path: str) -> None:
        """Remove a file, its compressed copy and what a killed writer left; harmless when it is gone."""
        folder, _, name = check_path(path).rpartition("/")
        try:
            descriptor = self._folder(folder, create=False)
        except FileNotFoundError:
            return
        names = (f"{name}.gz", TEMPORARY.format(f"{name}.gz"), TEMPORARY.format(name), name)
        for each in names:
            _unlink(each, descriptor)
        self._unsynced.append((folder, ""))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None when there is no such regular file."""
        folder, _, name = path.rpartition("/")
        try:
            descriptor = os.open(name, _READ_FLAGS, dir_fd=self._folder(folder, create=False))
        except (FileNotFoundError, UnsafePathError):
            return None
        except OSError as error:
            if error.errno in _NOT_A_FILE:
                return None
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a device never ends
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def has(self, path: str) -> bool:
        """Tell whether a file is in place."""
        folder, _, name = check_path(path).rpartition("/")
        try:
            os.stat(name, dir_fd=self._folder(folder, create=False), follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def which(self, paths: Iterable[str]) -> set[str]:
        """Return those of the paths whose files are in place."""
        return {path for path in paths if self.has(path)}

    def expect(self, paths: Iterable[str]) -> None:
        """A folder is read fast enough one by one."""

    def walk(self) -> Iterator[str]:
        """Yield the path of everything that isn't a folder, hidden and linked things too.

        Of folders deeper than the publisher makes them only the uppermost one.
        """
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(os.path.join(self._root, folder)))  # noqa: PTH118  # a million names
            except FileNotFoundError:  # emptied and removed meanwhile
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False) and path.count("/") < MAX_DEPTH:
                    waiting.append(path)
                else:
                    yield path

    def discard(self, path: str) -> None:
        """Remove one thing that `walk` named, whatever its name; a link itself, not what it leads to."""
        folder, _, name = path.rpartition("/")
        try:
            parent = self._folder(folder, create=False)
        except (FileNotFoundError, UnsafePathError):
            return  # below a link nothing is ours; `walk` names the link
        try:
            _unlink(name, parent)
        except IsADirectoryError:
            remove_tree(name, parent)
        self._unsynced.append((folder, ""))

    def put(self, path: str, data: bytes) -> None:
        """Put one of the platform's own files beside the sites in place, whatever its name."""
        folder, _, name = path.rpartition("/")
        self._replace(folder, name, data)

    def flush(self, *, is_durable: bool = True) -> None:
        """Make everything written or removed since the last call survive a power cut."""
        if not is_durable:
            return
        if len(self._unsynced) > FSYNC_FILES:
            os.sync()
        else:
            for folder, name in self._unsynced:
                if name:
                    _sync_file(name, self._folders[folder])
            for folder in {folder for folder, _ in self._unsynced}:
                os.fsync(self._folders[folder])
        self._unsynced.clear()

    def probe(self) -> None:
        """Write and remove something that no visitor can see; raises what writing a page would."""
        parent = self._folder("", create=False)
        descriptor = _create(PROBE, parent)
        try:
            _write_whole(descriptor, bytes(PROBE_BYTES))
        finally:
            _unlink(PROBE, parent)

    def _replace(self, folder: str, name: str, data: bytes) -> None:
        parent = self._folder(folder, create=True)
        temporary = TEMPORARY.format(name)
        descriptor = _create(temporary, parent)
        try:
            _write_whole(descriptor, data)
        except OSError:  # a full disk: half a file would keep the space
            _unlink(temporary, parent)
            raise
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        self._unsynced.append((folder, name))

    def _folder(self, folder: str, *, create: bool) -> int:
        known = self._folders.get(folder)
        if known is not None:
            return known
        above, _, name = folder.rpartition("/")
        parent = self._folder(above, create=create)
        try:
            opened = _open_folder(name, parent)
        except FileNotFoundError:
            if not create:
                raise
            with suppress(FileExistsError):  # another worker was quicker
                os.mkdir(name, FOLDER_MODE, dir_fd=parent)
            opened = _open_folder(name, parent)
        self._folders[folder] = opened
        return opened


def read_plain(path: Path, *, limit: int) -> bytes:
    """Return the bytes of a plain file that others may have exchanged; never waits for a pipe.

    Args:
        path: The file; the folder it lies in is trusted.
        limit: Bytes.

    Raises:
        OSError: It is gone, a link, a pipe, a folder, or longer.
    """
    descriptor = os.open(path, _READ_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no plain file", str(path))
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def remove_tree(name: str, parent: int) -> None:
    """Remove a folder and everything in it, however deep; no link is followed.

    What lies deeper is moved up first: neither the length of a path nor the
    number of open folders grows with the depth that somebody chose.

    Raises:
        OSError: Something in it isn't ours to remove.
    """
    top = os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    try:
        while folders := _remove_files(top):
            for each in folders:
                inner = os.open(each, _FOLDER_FLAGS, dir_fd=top)
                try:
                    for below in _remove_files(inner):
                        os.rename(below, f".{secrets.token_hex(8)}", src_dir_fd=inner, dst_dir_fd=top)
                finally:
                    os.close(inner)
                os.rmdir(each, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _remove_files(folder: int) -> list[str]:
    """Remove whatever isn't a folder; return the names of the folders."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            _unlink(name, folder)
    return [name for name, is_folder in found if is_folder]


def _create(name: str, parent: int) -> int:
    """Open a new file to be written.

    What lies there already goes first: a pipe would never be opened, and a
    second name of somebody else's file would have it overwritten.
    """
    try:
        return os.open(name, _NEW_FLAGS, 0o644, dir_fd=parent)
    except FileExistsError:
        _unlink(name, parent)
        return os.open(name, _NEW_FLAGS, 0o644, dir_fd=parent)


def _write_whole(descriptor: int, data: bytes) -> None:
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "the file was written in part only")
    finally:
        os.close(descriptor)


def _open_folder(name: str, parent: int | None) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    except OSError as error:
        if error.errno in _NOT_A_FOLDER:
            raise UnsafePathError(f"{name} is not a plain folder") from error
        raise


def _unlink(name: str, parent: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=parent)


def _sync_file(name: str, parent: int) -> None:
    try:
        descriptor = os.open(name, _READ_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        return  # removed again in the same batch
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

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
import shutil
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

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_A_FOLDER = frozenset({errno.ELOOP, errno.ENOTDIR})


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
            descriptor = os.open(temporary, _NEW_FLAGS, 0o644, dir_fd=parent)
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
            if error.errno in _NOT_A_FOLDER:
                return None
            raise
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
        """Yield the path of everything that isn't a folder, hidden and linked things too."""
        root = str(self._root)
        for folder, folders, names in os.walk(root):
            prefix = folder[len(root) + 1 :]
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118  # a million names
            for name in [*names, *links]:
                yield f"{prefix}/{name}" if prefix else name

    def discard(self, path: str) -> None:
        """Remove one thing that `walk` named, whatever its name; a link itself, not what it leads to."""
        folder, _, name = path.rpartition("/")
        try:
            parent = self._folder(folder, create=False)
        except (FileNotFoundError, UnsafePathError):
            return  # below a link nothing is ours; `walk` names the link
        _unlink(name, parent)
        self._unsynced.append((folder, ""))

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
        descriptor = os.open(PROBE, _NEW_FLAGS, 0o600, dir_fd=parent)
        try:
            _write_whole(descriptor, bytes(PROBE_BYTES))
        finally:
            _unlink(PROBE, parent)

    def _replace(self, folder: str, name: str, data: bytes) -> None:
        parent = self._folder(folder, create=True)
        temporary = TEMPORARY.format(name)
        descriptor = os.open(temporary, _NEW_FLAGS, 0o644, dir_fd=parent)
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
                os.mkdir(name, dir_fd=parent)
            opened = _open_folder(name, parent)
        self._folders[folder] = opened
        return opened


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

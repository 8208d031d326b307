"""Comparing one file with its manifest row, and the whole of a folder with the rows of a site.

Nothing here follows a link, waits on a pipe or reads a device, and nothing is
changed. What is big is read piece by piece.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import cast

from isal import igzip_lib

from jiyue.core import crypto
from jiyue.publishing.integrity.models import TamperKind
from jiyue.publishing.store import WrittenFile, is_compressed

CHUNK_BYTES = 256 * 1024
DIGEST_MAX_BYTES = 256 * 1024 * 1024  # of a planted file; a bigger one is known by its size
FORBIDDEN_MODE = 0o7133  # set-id bits, execution, writing by others than the owner
ROOT = "."  # the site's folder itself
COPY_OVERHEAD_BYTES = 1024  # a compressed copy is never longer than its file and this

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_DAMAGED = cast(type[Exception], igzip_lib.IsalError)  # the stubs take it for an instance
# What can't be read isn't public either; a folder closed to us is put right like a missing one.
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO, errno.EACCES})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as the manifest says.

    Attributes:
        path: Where, below the site's folder; surrogates stand for bytes that aren't text.
        kind: What is wrong.
        expected: The manifest row, None where there is none.
        size_bytes: Size found, None where there is no file.
        sm3: Digest found, "" where it wasn't taken.
    """

    path: str
    kind: TamperKind
    expected: WrittenFile | None = None
    size_bytes: int | None = None
    sm3: str = ""


class FolderReader:
    """Reads below one folder without ever leaving it; a context.

    Args:
        root: The site's folder; it may be missing.
    """

    def __init__(self, root: Path):
        self._root = root
        self._last: tuple[str, int] | None = None  # the folder read last stays open

    def __enter__(self) -> "FolderReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def examine(self, row: WrittenFile) -> Finding | None:
        """Compare a file and its compressed copy with its manifest row; None when all is well."""
        folder, _, name = row.path.rpartition("/")
        parent = self.open_folder(folder)
        found = None if parent is None else _lstat(name, parent)
        if parent is None or found is None:
            return Finding(row.path, TamperKind.REMOVED, row)
        wrong = _kind_of_thing(found)
        if wrong is not None:
            return Finding(row.path, wrong, row, found.st_size)
        if found.st_mode & FORBIDDEN_MODE or not found.st_mode & stat.S_IRUSR:
            return Finding(row.path, TamperKind.PERMISSIONS, row, found.st_size)
        if found.st_size != row.size_bytes:
            kind = TamperKind.TRUNCATED if found.st_size < row.size_bytes else TamperKind.CHANGED
            return Finding(row.path, kind, row, found.st_size, self.digest(row.path) or "")
        sm3 = _digest(name, parent)
        if sm3 != row.sm3:
            return Finding(row.path, TamperKind.CHANGED, row, found.st_size, sm3 or "")
        if is_compressed(name) and not self.has_true_copy(row):
            return Finding(row.path, TamperKind.COPY, row, found.st_size, sm3)
        return None

    def look(self, path: str) -> Finding | None:
        """Describe something that has no manifest row; None when there is nothing."""
        folder, _, name = path.rpartition("/")
        parent = self.open_folder(folder)
        found = None if parent is None else _lstat(name, parent)
        if found is None:
            return None
        if stat.S_ISDIR(found.st_mode):
            return Finding(path, TamperKind.FOLDER)
        if not stat.S_ISREG(found.st_mode):
            return Finding(path, TamperKind.PLANTED, None, found.st_size)
        return Finding(path, TamperKind.PLANTED, None, found.st_size, self.digest(path) or "")

    def is_loose(self, folder: str) -> bool:
        """Whether everybody may write into a folder, or its owner may not use it."""
        above, _, name = folder.rpartition("/")
        parent = self.open_folder(above) if folder else None
        try:
            found = os.stat(name or self._root, dir_fd=parent, follow_symlinks=False)
        except OSError as error:
            if error.errno in _GONE:
                return False
            raise
        return stat.S_ISDIR(found.st_mode) and bool(
            found.st_mode & stat.S_IWOTH or found.st_mode & stat.S_IRWXU != stat.S_IRWXU
        )

    def digest(self, path: str) -> str | None:
        """SM3 of a regular file, "" when it is too big, None when it can't be read."""
        folder, _, name = path.rpartition("/")
        parent = self.open_folder(folder)
        return None if parent is None else _digest(name, parent)

    def read(self, path: str, limit: int) -> bytes | None:
        """Bytes of a regular file, or None when there is none or it is longer than `limit` bytes."""
        folder, _, name = path.rpartition("/")
        parent = self.open_folder(folder)
        descriptor = None if parent is None else _open_regular(name, parent)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(limit + 1)
        return data if len(data) <= limit else None

    def has_true_copy(self, row: WrittenFile) -> bool:
        """Tell whether the compressed copy holds exactly what the row says."""
        data = self.read_copy(row)
        return data is not None and crypto.sm3_hex(data) == row.sm3

    def read_copy(self, row: WrittenFile) -> bytes | None:
        """What the compressed copy holds, None when it is damaged, missing or of another size."""
        path = f"{row.path}.gz"
        folder, _, name = path.rpartition("/")
        parent = self.open_folder(folder)
        found = None if parent is None else _lstat(name, parent)
        if found is None or found.st_mode & FORBIDDEN_MODE:
            return None
        return unpack(self.read(path, row.size_bytes + COPY_OVERHEAD_BYTES), row.size_bytes)

    def open_folder(self, folder: str) -> int | None:
        """Handle of a folder, None when there is no such plain folder; open until the next call."""
        if self._last is not None and self._last[0] == folder:
            return self._last[1]
        self._close()
        names = folder.split("/") if folder else []
        if ".." in names:  # of a forged row
            return None
        try:
            descriptor = os.open(self._root, _FOLDER_FLAGS)
            for name in names:
                above = descriptor
                try:
                    descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=above)
                finally:
                    os.close(above)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        self._last = (folder, descriptor)
        return descriptor

    def _close(self) -> None:
        if self._last is not None:
            os.close(self._last[1])
            self._last = None


def unpack(compressed: bytes | None, size_bytes: int) -> bytes | None:
    """Unpack one whole gzip member of a known size; None for anything else, however it is made."""
    if compressed is None:
        return None
    unpacker = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    try:
        data = bytes(unpacker.decompress(compressed, size_bytes + 1))
    except (OSError, EOFError, ValueError, _DAMAGED):
        return None
    is_whole = unpacker.eof and not unpacker.unused_data and len(data) == size_bytes
    return data if is_whole else None


def _lstat(name: str, parent: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise


def _kind_of_thing(found: os.stat_result) -> TamperKind | None:
    if stat.S_ISREG(found.st_mode):
        return None
    return TamperKind.LINK if stat.S_ISLNK(found.st_mode) else TamperKind.SPECIAL


def _open_regular(name: str, parent: int) -> int | None:
    """Open a plain file; a pipe or device that takes its place meanwhile is closed again unread."""
    found = _lstat(name, parent)
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    try:
        descriptor = os.open(name, _READ_FLAGS, dir_fd=parent)
    except PermissionError:
        return None
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _digest(name: str, parent: int) -> str | None:
    descriptor = _open_regular(name, parent)
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if os.fstat(descriptor).st_size > DIGEST_MAX_BYTES:
            return ""
        first = file.read(CHUNK_BYTES)
        if len(first) < CHUNK_BYTES:
            return crypto.sm3_hex(first)
        digest = crypto.RunningSm3()
        digest.update(first)
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        return digest.hex()


@dataclass(frozen=True, slots=True)
class Listing:
    """Names on the disk beside the names of the manifest.

    Attributes:
        missing: Manifest paths without anything on the disk.
        extra: Things that no row explains; of a folder that none explains only its own path.
            Folders of ours that everybody may write into, too.
        empty: Folders that hold nothing and that no row needs.
    """

    missing: list[str]
    extra: list[str]
    empty: list[str]


def list_differences(root: Path, known: Iterable[str]) -> Iterator[Listing | None]:
    """Compare the names below a folder with the manifest's; the last thing yielded is the result."""
    paths = set(known)
    folders = {""}
    for path in paths:
        above = path.rpartition("/")[0]
        while above not in folders:
            folders.add(above)
            above = above.rpartition("/")[0]
    seen: set[str] = set()
    extra: list[str] = []
    empty: list[str] = []
    waiting = [""]
    with FolderReader(root) as reader:
        while waiting:
            folder = waiting.pop()
            for name, is_folder in _entries(reader, folder):
                path = f"{folder}/{name}" if folder else name
                if is_folder and path in folders:
                    waiting.append(path)
                elif path in paths:
                    seen.add(path)
                elif is_folder and _is_empty(root, path):
                    empty.append(path)
                elif is_folder or not _is_copy_name(path, paths):
                    extra.append(path)
            if reader.is_loose(folder):
                extra.append(folder or ROOT)
            yield None
    yield Listing(sorted(paths - seen), sorted(extra), sorted(empty))


def _entries(reader: FolderReader, folder: str) -> list[tuple[str, bool]]:
    descriptor = reader.open_folder(folder)
    if descriptor is None:
        return []
    with os.scandir(descriptor) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]


def _is_empty(root: Path, path: str) -> bool:
    with FolderReader(root) as reader:
        return not _entries(reader, path)


def _is_copy_name(path: str, known: set[str]) -> bool:
    original = path.removesuffix(".gz")
    return original != path and is_compressed(original) and original in known


def mark_swapped(findings: Iterable[Finding], paths_by_sm3: Mapping[str, str]) -> list[Finding]:
    """Say of changed files that they hold another published file's bytes."""
    return [
        Finding(each.path, TamperKind.SWAPPED, each.expected, each.size_bytes, each.sm3)
        if each.kind in (TamperKind.CHANGED, TamperKind.TRUNCATED) and each.sm3 in paths_by_sm3
        else each
        for each in findings
    ]

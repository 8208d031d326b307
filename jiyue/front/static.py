"""Published files over WSGI: nothing that lies outside a site's folder, nothing hidden."""

import errno
import os
import stat
from collections.abc import Generator
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jiyue.front.headers import UNCLEAN_PATH, cache_control, content_type, is_text

INDEX = "index.html"
CHUNK_BYTES = 256 * 1024  # larger files are sent in pieces of this size
_ABSENT = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG))
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Identity(NamedTuple):
    """What tells one state of a file from any other."""

    device: int
    number: int
    size_bytes: int
    modified_ns: int  # nanoseconds since 1970
    changed_ns: int


def identity_of(status: os.stat_result) -> Identity:
    """Return the identity of a file."""
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True)
class OpenFile:
    """A published file, open; `close` it or read it to its end."""

    descriptor: int
    identity: Identity
    name: str
    is_compressed: bool

    @property
    def size_bytes(self) -> int:
        """Size when it was opened."""
        return self.identity.size_bytes

    @property
    def modified_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self.identity.modified_ns

    @property
    def modified_at(self) -> int:
        """Whole seconds since 1970, as HTTP counts."""
        return self.modified_ns // 1_000_000_000

    @property
    def etag(self) -> str:
        """Same form as nginx's, so that both servers agree on a file."""
        return f'"{self.modified_at:x}-{self.size_bytes:x}"'

    @property
    def last_modified(self) -> str:
        """Date of the file as HTTP writes it."""
        return _http_date(self.modified_at)

    def headers(self, path: str) -> list[tuple[str, str]]:
        """Return the headers of the file under the address it was asked for."""
        headers = [
            ("Content-Type", content_type(self.name)),
            ("Cache-Control", cache_control(path)),
            ("ETag", self.etag),
            ("Last-Modified", self.last_modified),
        ]
        if is_text(self.name):
            headers.append(("Vary", "Accept-Encoding"))
        if self.is_compressed:
            headers.append(("Content-Encoding", "gzip"))
        return headers

    def is_known(self, if_none_match: str, if_modified_since: str) -> bool:
        """Tell whether the visitor's copy is this file."""
        return is_known(self.etag, self.last_modified, if_none_match, if_modified_since)

    @property
    def is_small(self) -> bool:
        """Whether the file is sent in one piece."""
        return self.size_bytes <= CHUNK_BYTES

    def read_whole(self) -> bytes:
        """Return the content of a small file, then close."""
        try:
            return os.read(self.descriptor, self.size_bytes)
        finally:
            os.close(self.descriptor)

    def read(self) -> Generator[bytes, None, None]:
        """Yield the content, then close."""
        with os.fdopen(self.descriptor, "rb", buffering=0) as file:
            while piece := file.read(CHUNK_BYTES):
                yield piece

    def read_part(self, first: int, length: int) -> Generator[bytes, None, None]:
        """Yield a stretch of the content, then close."""
        with os.fdopen(self.descriptor, "rb", buffering=0) as file:
            file.seek(first)
            while length > 0 and (piece := file.read(min(CHUNK_BYTES, length))):
                length -= len(piece)
                yield piece

    def close(self) -> None:
        """Close without reading."""
        os.close(self.descriptor)


def is_known(etag: str, last_modified: str, if_none_match: str, if_modified_since: str) -> bool:
    """Tell whether a visitor's copy is the file with this tag and date; the tag outweighs the date."""
    if if_none_match:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or etag in tags
    return if_modified_since == last_modified


@lru_cache(maxsize=10_000)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class Folder:
    """Marks an address that names a folder but lacks the slash at its end."""


FOLDER = Folder()


def open_published(root: Path, path: str, *, accepts_gzip: bool) -> OpenFile | Folder | None:
    """Open the file published under an address.

    Every step down is taken relative to the folder before it and follows no
    symbolic link: what was planted in the output folder leads nowhere, in
    place of the whole site neither.

    Args:
        root: The site's folder.
        path: Decoded path of the address, such as `/zwgk/`.
        accepts_gzip: Prefer the precompressed copy.

    Returns:
        The open file, `FOLDER` for a folder without its slash, or None.
    """
    if not path.startswith("/") or UNCLEAN_PATH.search(path):
        return None
    names = path[1:].split("/")
    names[-1] = names[-1] or INDEX
    try:
        folder = _open_folder(root, names[:-1])
        try:
            return _open_in(folder, names[-1], accepts_gzip=accepts_gzip)
        finally:
            os.close(folder)
    except UnicodeEncodeError:  # characters no file name can hold
        return None
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise


def _open_folder(root: Path, names: list[str]) -> int:
    folder = os.open(root, _FLAGS | os.O_DIRECTORY)
    for name in names:
        try:
            below = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    return folder


def _open_in(folder: int, name: str, *, accepts_gzip: bool) -> OpenFile | Folder | None:
    if accepts_gzip and is_text(name):
        try:
            compressed = _open_regular(folder, f"{name}.gz", name, is_compressed=True)
        except FileNotFoundError:
            compressed = None
        if isinstance(compressed, OpenFile):
            return compressed
    return _open_regular(folder, name, name, is_compressed=False)


def _open_regular(folder: int, file_name: str, name: str, *, is_compressed: bool) -> OpenFile | Folder | None:
    descriptor = os.open(file_name, _FLAGS, dir_fd=folder)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return OpenFile(descriptor, identity_of(status), name, is_compressed)
    os.close(descriptor)
    return FOLDER if stat.S_ISDIR(status.st_mode) else None

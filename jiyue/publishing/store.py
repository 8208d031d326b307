"""What every store of published files can do, whatever it lies on.

`delivery.stores.open_store` opens the one that is configured.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from isal import isal_zlib

from jiyue.core.errors import ExternalFailure

_GZIP_FORMAT = 31  # zlib's number for the largest window in a gzip frame without name and time
GZIP_LEVEL = 2  # isal's scale 0–3; about the size of zlib's 6 in a sixth of its time
COMPRESSED_TYPES = frozenset({"html", "xml", "css", "js", "svg", "txt", "json"})


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What the manifest records of a file."""

    path: str
    size_bytes: int
    sm3: str


def is_compressed(path: str) -> bool:
    """Tell whether a precompressed copy lies beside the file."""
    return path.rpartition(".")[2] in COMPRESSED_TYPES


def compress(data: bytes) -> bytes:
    """Return the precompressed copy of a file's bytes; equal bytes give equal copies."""
    return isal_zlib.compress(data, GZIP_LEVEL, _GZIP_FORMAT)


class StoreFailed(ExternalFailure):
    """A storage service didn't take or give a file."""


class StoreUnreachable(StoreFailed, ConnectionError):
    """It didn't answer, or fails itself: the work waits until it does again."""


class OutputStore(Protocol):
    """The published files of one site; a context, used by one process at a time.

    Every file is replaced as a whole: a visitor meets the old one or the new one.
    A store may put files in place later than `write` returns, but never later
    than `flush`; its own `read` and `has` see them at once.

    Attributes:
        survives_fork: Whether a forked child may open a store of its own.

    Raises:
        UnsafePathError: A path isn't one the publisher makes, or leads through a link.
        OSError: The folder can't be read or written.
        StoreFailed: The storage service refused, or didn't answer in time.
    """

    survives_fork: bool

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, path: str, data: bytes) -> WrittenFile:
        """Put a file in place, with its compressed copy."""
        ...

    def copy(self, path: str, source: Path) -> WrittenFile:
        """Put a copy of a file in place, piece by piece; `FileNotFoundError` without a source."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file and its compressed copy; harmless when it is gone."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None when there is no such file."""
        ...

    def has(self, path: str) -> bool:
        """Tell whether a file is in place."""
        ...

    def which(self, paths: Iterable[str]) -> set[str]:
        """Return those of the paths whose files are in place."""
        ...

    def expect(self, paths: Iterable[str]) -> None:
        """Say which files will be read next, in this order; a distant store fetches them ahead."""
        ...

    def walk(self) -> Iterator[str]:
        """Yield the path of everything there is, whatever its name."""
        ...

    def discard(self, path: str) -> None:
        """Remove one thing that `walk` named, whatever its name; a link itself, not what it leads to."""
        ...

    def flush(self, *, is_durable: bool = True) -> None:
        """Wait until everything written or removed is in place; if asked, until it survives a power cut."""
        ...

    def probe(self) -> None:
        """Write and remove something that no visitor can see; raises what writing a page would."""
        ...

"""Files into the target: each content once, so that a daily backup costs what is new."""

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes

from jiyue.core import crypto
from jiyue.core.crypto import PublicKey
from jiyue.operations.backup.envelopes import seal_stream
from jiyue.operations.backup.listing import OBJECTS, StoredFile, list_backups, object_path, used_objects

READ_BYTES = 1024 * 1024


class Digesting:
    """Passes pieces on and keeps their SM3 and length."""

    def __init__(self, chunks: Iterator[bytes]):
        self._chunks = chunks
        self._digest = hashes.Hash(hashes.SM3())
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    def hex(self) -> str:
        """SM3 of everything that passed; to be asked once."""
        return self._digest.finalize().hex()


@dataclass
class ObjectStore:
    """The objects of a target, for one backup run.

    Attributes:
        target: Folder of all backups.
        recipient: Key they are sealed for.
        known: What the last backup says about (area, path).
        new_bytes: Sealed bytes written by this run.
    """

    target: Path
    recipient: PublicKey
    known: Mapping[tuple[str, str], StoredFile] = field(default_factory=dict)
    new_bytes: int = 0

    @property
    def key(self) -> str:
        """SM3 of the key: objects for another key don't count."""
        return crypto.sm3_hex(self.recipient.point)

    def take(self, area: str, path: str, source: Path) -> StoredFile | None:
        """Bring one file in unless it is there; None where it went away meanwhile."""
        try:
            with source.open("rb") as file:
                found = os.fstat(file.fileno())
                before = self.known.get((area, path))
                if before is not None and self._is_unchanged(before, found):
                    return before
                digest, length = _digest_of(file, found.st_size)
                place = object_path(self.target, self.key, digest)
                if not place.exists():
                    file.seek(0)
                    self._write(place, file, length)
        except FileNotFoundError:  # swept as the leftover of an undone upload: no row needs it
            return None
        sealed = crypto.sm3_file_hex(place)
        return StoredFile(area, path, digest, sealed, length, place.stat().st_size, found.st_mtime_ns)

    def _is_unchanged(self, before: StoredFile, found: os.stat_result) -> bool:
        if (before.plain_bytes, before.modified_ns) != (found.st_size, found.st_mtime_ns):
            return False
        try:
            stored = object_path(self.target, self.key, before.plain_sm3).stat()
        except FileNotFoundError:
            return False
        return stored.st_size == before.sealed_bytes

    def _write(self, place: Path, file: BinaryIO, length: int) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as out:
                for _done in seal_stream(read_up_to(file, length), out, self.recipient):
                    pass
                out.flush()
                os.fsync(out.fileno())
                self.new_bytes += out.tell()
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)


def _digest_of(file: BinaryIO, length: int) -> tuple[str, int]:
    """Digest of what lies there now; a log that grows meanwhile counts up to here."""
    passing = Digesting(read_up_to(file, length))
    for _chunk in passing:
        pass
    return passing.hex(), passing.bytes


def read_up_to(file: BinaryIO, length: int) -> Iterator[bytes]:
    """The first `length` bytes in pieces."""
    while length > 0 and (chunk := file.read(min(READ_BYTES, length))):
        length -= len(chunk)
        yield chunk


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Plain files below a folder with their paths inside it, in order; links are never followed."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            for path, file in walk(Path(entry.path)):
                yield f"{entry.name}/{path}", file
        elif entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
            yield entry.name, Path(entry.path)


def remove_unused(target: Path) -> int:
    """Remove objects that no complete backup needs; return how many."""
    used = used_objects(list_backups(target))
    removed = 0
    for path, file in walk(target / OBJECTS):
        key, _two, digest = path.split("/")
        if (key, digest) not in used:
            file.unlink()
            removed += 1
    return removed

"""Reading an export that somebody brings: folder, zip or tar, trusted in nothing but its bytes.

Nothing is ever unpacked under a name of the export's choosing. Every name is
checked, links and devices are refused, a member is read no further than the
signed list says, and the list itself is checked before anything else is read.
"""

import json
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from cryptography.hazmat.primitives import hashes
from django.utils.translation import gettext_lazy as _

from jiyue.core import crypto
from jiyue.core.archives import UNREADABLE_ZIP
from jiyue.publishing.exporting import signing
from jiyue.publishing.exporting.layout import (
    FILES,
    FORMAT,
    MANIFEST,
    SIGNATURE,
    UNLISTED,
    VERSION,
    ImportRefused,
    damaged,
    is_plain_name,
)
from jiyue.publishing.exporting.signing import MAX_MANIFEST_BYTES

MAX_FILES = 5_000_000
MAX_LIST_LINE_BYTES = 512
MAX_LIST_BYTES = MAX_FILES * 200  # a line has about 120
MAX_ROW_BYTES = 64 * 1024 * 1024  # of one line of data; the longest body has 2,000,000 characters
_CHUNK_BYTES = 1024 * 1024


class Source(Protocol):
    """The files of an export by name."""

    def names(self) -> Iterator[str]:
        """Every file's name; refuses what isn't a plain file with a harmless name."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one file to be read from its beginning."""
        ...


class FolderSource:
    """An export as a folder."""

    def __init__(self, root: Path):
        self._root = root

    def names(self) -> Iterator[str]:
        """Every plain file."""
        for folder, folders, names in os.walk(self._root):
            for name in (*folders, *names):
                path = Path(folder, name)
                kind = path.lstat().st_mode
                inside = path.relative_to(self._root).as_posix()
                if stat.S_ISDIR(kind):
                    continue
                yield _checked(inside, is_plain=stat.S_ISREG(kind))

    def open(self, name: str) -> BinaryIO:
        """Open one file."""
        return (self._root / name).open("rb")


class ZipSource:
    """An export as a zip file."""

    def __init__(self, file: BinaryIO):
        self._zip = zipfile.ZipFile(file)

    def names(self) -> Iterator[str]:
        """Every member."""
        for member in self._zip.infolist():
            kind = member.external_attr >> 16
            is_plain = not member.flag_bits & 1 and (stat.S_IFMT(kind) in (0, stat.S_IFREG))
            yield _checked(member.filename, is_plain=is_plain)

    def open(self, name: str) -> BinaryIO:
        """Open one member."""
        return cast(BinaryIO, self._zip.open(name))


class TarSource:
    """An export as an uncompressed tar file."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}

    def names(self) -> Iterator[str]:
        """Every member; where each begins is remembered."""
        self._file.seek(0)
        with tarfile.open(fileobj=self._file, mode="r:") as tar:
            while member := tar.next():
                tar.members = []  # type: ignore[attr-defined]  # else every member is remembered
                if not member.isdir():
                    name = _checked(member.name, is_plain=member.isreg() and not member.issparse())
                    if name in self._places:
                        raise damaged(_("“%(name)s” is there twice") % {"name": name})
                    self._places[name] = (member.offset_data, member.size)
                    yield name

    def open(self, name: str) -> BinaryIO:
        """Open one member."""
        offset, size = self._places[name]
        return cast(BinaryIO, _Slice(self._file, offset, size))


class _Slice:
    """Part of a file, read from its beginning to its end."""

    def __init__(self, file: BinaryIO, offset: int, size: int):
        self._file = file
        self._position = offset
        self._end = offset + size

    def __enter__(self) -> "_Slice":
        return self

    def __exit__(self, *error: object) -> None:
        """The file stays open."""

    def read(self, size: int) -> bytes:
        """Read at most so many bytes."""
        self._file.seek(self._position)
        data = self._file.read(min(size, self._end - self._position))
        self._position += len(data)
        return data


def _checked(name: str, *, is_plain: bool) -> str:
    if not is_plain:
        raise damaged(_("“%(name)s” is a link, encrypted, or no plain file") % {"name": name[:200]})
    if not is_plain_name(name):
        raise damaged(_("“%(name)s” is no name for a file") % {"name": name[:200]})
    return name


@dataclass(frozen=True)
class Listed:
    """What the signed list says of one file."""

    size_bytes: int
    sm3: str


class ExportReader:
    """An export whose manifest is signed by a trusted key and whose files are those of its list.

    Attributes:
        manifest: The values of the manifest.
        files: The signed list.
        digest: SM3 of the manifest.
    """

    def __init__(self, source: Source, manifest: bytes, files: Mapping[str, Listed]):
        self._source = source
        self.manifest = signing.parse_manifest(manifest)
        self.files = files
        self.digest = crypto.sm3_hex(manifest)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes; the last piece comes only if all of it is what the list says.

        Raises:
            ImportRefused: It isn't there, or differs.
        """
        listed = self.files.get(name)
        if listed is None:
            raise damaged(_("“%(name)s” is missing") % {"name": name})
        digest = hashes.Hash(hashes.SM3())
        left = listed.size_bytes
        waiting = b""
        with refusing(), self._source.open(name) as stream:
            while chunk := stream.read(min(_CHUNK_BYTES, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise damaged(_("“%(name)s” is longer than it was") % {"name": name})
                digest.update(chunk)
                yield waiting
                waiting = chunk
        if left or digest.finalize().hex() != listed.sm3:
            raise damaged(_("“%(name)s” differs from what was exported") % {"name": name})
        yield waiting

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a file of JSON lines; nothing where there is no such file."""
        if name not in self.files:
            return
        for line in _lines(self.chunks(name), MAX_ROW_BYTES):
            row = _parsed(line)
            if not isinstance(row, dict):
                raise damaged(_("“%(name)s” holds something else than objects") % {"name": name})
            yield row

    def check_all(self) -> Iterator[int]:
        """Read every file once; yields after each.

        Raises:
            ImportRefused: One differs.
        """
        for name in self.files:
            for _chunk in self.chunks(name):
                pass
            yield 1


def _lines(chunks: Iterator[bytes], longest: int) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        *whole, rest = rest.split(b"\n")
        yield from whole
        if len(rest) > longest:
            raise damaged(_("a line is too long"))
    if rest:
        yield rest


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise damaged(_("a line is no JSON")) from None


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the archive libraries say of broken files into a refusal."""
    try:
        yield
    except (KeyError, FileNotFoundError) as error:
        raise damaged(_("“%(name)s” is missing") % {"name": error}) from None
    except (*UNREADABLE_ZIP, tarfile.TarError) as error:
        raise damaged(str(error)) from None


@contextmanager
def opening(path: Path, *, trusted: crypto.PublicKey | None = None) -> Iterator[ExportReader]:
    """Open an export whose manifest is signed by a trusted key.

    Args:
        path: Folder, `.zip` or `.tar` file.
        trusted: Whose exports to take in besides the platform's own.

    Raises:
        ImportRefused: It isn't readable, not signed by that key, of a newer format, or
            its files aren't those of its list.
    """
    if path.is_dir():
        yield _reader(FolderSource(path), trusted)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise ImportRefused(
            _("%(path)s can't be read: %(reason)s.") % {"path": path, "reason": error.strerror},
            fix=_("Check the name and whether you may read it."),
        ) from None
    with file:
        with refusing():
            source: Source = ZipSource(file) if zipfile.is_zipfile(file) else TarSource(file)
        yield _reader(source, trusted)


def _reader(source: Source, trusted: crypto.PublicKey | None) -> ExportReader:
    with refusing():
        names = _distinct(source.names())
        manifest = _read(source, MANIFEST)
        signing.require_signature(manifest, _read(source, SIGNATURE), trusted)
        files = _read_list(source, _checked_manifest(manifest))
    if names - UNLISTED != set(files):
        strange = sorted(names - UNLISTED ^ set(files))[0]
        raise damaged(_("“%(name)s” is missing or was added") % {"name": strange})
    return ExportReader(source, manifest, files)


def _distinct(names: Iterator[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        if name in found:
            raise damaged(_("“%(name)s” is there twice") % {"name": name})
        found.add(name)
        if len(found) > MAX_FILES:
            raise damaged(_("there are too many files"))
    return found


def _read(source: Source, name: str) -> bytes:
    with source.open(name) as stream:
        data = stream.read(MAX_MANIFEST_BYTES + 1)
    if len(data) > MAX_MANIFEST_BYTES:
        raise damaged(_("“%(name)s” is too long") % {"name": name})
    return data


def _checked_manifest(data: bytes) -> dict[str, object]:
    try:
        manifest = signing.parse_manifest(data)
    except (ValueError, RecursionError):
        raise damaged(_("the manifest can't be read")) from None
    version = manifest.get("version")
    if manifest.get("format") != FORMAT or not isinstance(version, int):
        raise ImportRefused(_("This is no export of a site."), fix=_("Choose another file."))
    if version > VERSION:
        raise ImportRefused(
            _("The export has format %(version)s; this platform reads formats up to %(known)s.")
            % {"version": version, "known": VERSION},
            fix=_("Upgrade this platform first."),
            code="export_too_new",
        )
    return manifest


def _read_list(source: Source, manifest: Mapping[str, object]) -> dict[str, Listed]:
    """Read the list of files; its digest is in the signed manifest and is compared before a line is kept."""
    digest = hashes.Hash(hashes.SM3())
    for chunk in _list_chunks(source):
        digest.update(chunk)
    if digest.finalize().hex() != manifest.get("files_sm3"):
        raise damaged(_("the list of files differs"))
    found: dict[str, Listed] = {}
    for line in _lines(_list_chunks(source), MAX_LIST_LINE_BYTES):
        match _parsed(line):
            case {"path": str(path), "size": int(size), "sm3": str(sm3)} if len(found) < MAX_FILES:
                found[path] = Listed(size, sm3)
            case _:
                raise damaged(_("the list of files can't be read"))
    return found


def _list_chunks(source: Source) -> Iterator[bytes]:
    """The list of files piece by piece, no more of it than a list can have."""
    left = MAX_LIST_BYTES
    with source.open(FILES) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise damaged(_("the list of files can't be read"))
            yield chunk

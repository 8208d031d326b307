"""Files, folders and archives as one stream of documents; nothing is unpacked to disk."""

import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.core.archives import UNREADABLE_ZIP
from jiyue.core.errors import Text
from jiyue.library.importing.decoding import MAX_FILE_MEGABYTES, SUPPORTED_SUFFIXES

MAX_UNPACKED_MEGABYTES = 4_000  # of one archive; a library of 100,000 documents has about 2,000
MAX_RATIO = 300  # unpacked to packed; Chinese text reaches about 10
RATIO_CHECK_BYTES = 50_000_000  # archives smaller than this can't hurt
MAX_NAME_CHARS = 500

_TAR_SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".txz")
_JUNK_PARTS = frozenset({"__MACOSX", ".git", ".DS_Store", "Thumbs.db"})
_MEGABYTE = 1_000_000

NOT_A_DOCUMENT = _("Not a document the importer reads (.txt, .html, .md, .docx).")
NOT_A_FILE = _("Not a regular file.")
HIDDEN_FILE = _("A hidden or system file.")
UNREADABLE_ARCHIVE = _("The archive is damaged; what was read before is complete.")
ENCRYPTED = _("Protected by a password.")
SUSPICIOUS_ARCHIVE = _("The archive unpacks to far more than a library has; reading was stopped.")
NOT_FOUND = _("There is no such file or folder.")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that can be parsed: its name with the folders around it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that was left aside, and why."""

    name: str
    reason: Text


def iter_documents(paths: Iterable[Path]) -> Iterator[FoundFile | SkippedFile]:
    """Yield every document in files, folders, tar and zip archives, in a fixed order.

    One file is in memory at a time. Everything that is no document is named with
    the reason. Links aren't followed; archives inside archives aren't opened.

    Args:
        paths: Files, folders or archives.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk_folder(path)
        elif path.is_file():
            yield from _open_file(path, path.name)
        else:
            yield SkippedFile(str(path), NOT_FOUND)


def _walk_folder(folder: Path) -> Iterator[FoundFile | SkippedFile]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield SkippedFile(name, NOT_A_FILE)
        elif path.is_file():
            yield from _open_file(path, name)


def _open_file(path: Path, name: str) -> Iterator[FoundFile | SkippedFile]:
    lowered = name.lower()
    if lowered.endswith(_TAR_SUFFIXES):
        yield from _read_tar(path, name)
    elif lowered.endswith(".zip"):
        yield from _read_zip(path, name)
    else:
        refusal = _refusal(name, path.stat().st_size)
        yield refusal or FoundFile(name, path.read_bytes())


def _refusal(name: str, size: int) -> SkippedFile | None:
    """Return why a file of this name and size isn't read, or None when it is."""
    path = PurePosixPath(name)
    if any(part in _JUNK_PARTS or part.startswith("._") for part in path.parts):
        return SkippedFile(_shown(name), HIDDEN_FILE)
    if path.suffix.lower() not in SUPPORTED_SUFFIXES:
        return SkippedFile(_shown(name), NOT_A_DOCUMENT)
    if size > MAX_FILE_MEGABYTES * _MEGABYTE:
        reason = format_lazy(_("The file is larger than {limit} MB."), limit=MAX_FILE_MEGABYTES)
        return SkippedFile(_shown(name), reason)
    return None


def _shown(name: str) -> str:
    """Return a name fit for a report, whatever bytes an archive put into it."""
    readable = name.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in readable)[:MAX_NAME_CHARS]


@dataclass(slots=True)
class _Budget:
    """Stops archives that unpack to absurd amounts."""

    packed: int
    unpacked: int = 0

    def spend(self, size: int) -> bool:
        """Count bytes about to be unpacked; False when that is more than any library."""
        self.unpacked += size
        limit = min(MAX_UNPACKED_MEGABYTES * _MEGABYTE, max(self.packed * MAX_RATIO, RATIO_CHECK_BYTES))
        return self.unpacked <= limit


def _read_tar(path: Path, name: str) -> Iterator[FoundFile | SkippedFile]:
    budget = _Budget(path.stat().st_size)
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]  # a stream keeps every header otherwise
                if member.isdir():
                    continue
                if not budget.spend(max(member.size, 0)):
                    yield SkippedFile(name, SUSPICIOUS_ARCHIVE)
                    return
                yield _tar_member(archive, member)
    except (*UNREADABLE_ZIP, tarfile.TarError):
        yield SkippedFile(name, UNREADABLE_ARCHIVE)


def _tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> FoundFile | SkippedFile:
    name = member.name.removeprefix("./")
    if not member.isreg():
        return SkippedFile(_shown(name), NOT_A_FILE)
    refusal = _refusal(name, member.size)
    if refusal is not None:
        return refusal
    stream: IO[bytes] | None = archive.extractfile(member)
    if stream is None:
        return SkippedFile(_shown(name), NOT_A_FILE)
    return FoundFile(_shown(name), stream.read())


def _read_zip(path: Path, name: str) -> Iterator[FoundFile | SkippedFile]:
    budget = _Budget(path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                if not budget.spend(member.file_size):
                    yield SkippedFile(name, SUSPICIOUS_ARCHIVE)
                    return
                yield _zip_member(archive, member)
    except UNREADABLE_ZIP:
        yield SkippedFile(name, UNREADABLE_ARCHIVE)


def _zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> FoundFile | SkippedFile:
    name = _zip_name(member)
    refusal = _refusal(name, member.file_size)
    if refusal is not None:
        return refusal
    if member.flag_bits & 0x1:
        return SkippedFile(_shown(name), ENCRYPTED)
    try:
        return FoundFile(_shown(name), archive.read(member))
    except UNREADABLE_ZIP:
        return SkippedFile(_shown(name), UNREADABLE_ARCHIVE)


def _zip_name(member: zipfile.ZipInfo) -> str:
    """Return the name of a zip member; names without the UTF-8 flag are usually GBK."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename

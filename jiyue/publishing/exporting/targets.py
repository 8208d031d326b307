"""Where an export is written: a folder, a zip or a tar file; under its final name only when whole."""

import errno
import io
import os
import secrets
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from cryptography.hazmat.primitives import hashes
from django.utils.translation import gettext_lazy as _

from jiyue.publishing.exporting.layout import ExportRefused, is_plain_name

_STORED = frozenset({"gz", "png", "jpg", "jpeg", "webp", "mp4", "webm", "mp3", "m4a", "ogg", "docx", "xlsx"})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})  # memory sticks know no second name
_COPY_BYTES = 1024 * 1024
_MODE = 0o640
_NO_SUM = b" " * 8  # stands in a header for the sum of its bytes until that is known
_MAX_PLAIN_SIZE = 8**11 - 1  # bytes that a plain header can tell
_SPOOL_BYTES = 4 * 1024 * 1024  # of a member of a tar file, kept in memory until its length is known


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the export."""

    path: str
    size_bytes: int
    sm3: str


class Target(Protocol):
    """Takes the files of an export, one after the other."""

    def open(self, path: str) -> BinaryIO:
        """Begin a file; it is complete when closed, and no other is open meanwhile."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Add a file that is in memory as a whole."""
        ...

    def close(self) -> None:
        """Make everything durable."""
        ...


class Measured(io.RawIOBase):
    """Passes bytes on and remembers how many there were and their SM3."""

    def __init__(self, stream: BinaryIO):
        super().__init__()
        self._stream = stream
        self._digest = hashes.Hash(hashes.SM3())
        self.size_bytes = 0

    def writable(self) -> bool:
        """It takes bytes."""
        return True

    def write(self, data: object) -> int:
        """Take some bytes."""
        taken = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._stream.write(taken)
        self._digest.update(taken)
        self.size_bytes += len(taken)
        return len(taken)

    def finish(self, path: str) -> Written:
        """Close the file and say what it is."""
        self._stream.close()
        return Written(path, self.size_bytes, self._digest.finalize().hex())


class FolderTarget:
    """A plain folder."""

    def __init__(self, root: Path):
        self._root = root
        root.mkdir(mode=0o750)

    def open(self, path: str) -> BinaryIO:
        """Begin a file."""
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("xb")

    def put(self, path: str, data: bytes) -> None:
        """Add a file."""
        with self.open(path) as file:
            file.write(data)

    def close(self) -> None:
        """One `sync` for all files."""
        os.sync()


class ZipTarget:
    """A zip file, with 64-bit lengths where they are needed."""

    def __init__(self, file: Path):
        self._raw = file.open("xb")
        self._zip = zipfile.ZipFile(self._raw, "w", allowZip64=True)

    def open(self, path: str) -> BinaryIO:
        """Begin a member; what is compressed already is stored as it is."""
        return cast(BinaryIO, self._zip.open(_zip_member(path), "w", force_zip64=True))

    def put(self, path: str, data: bytes) -> None:
        """Add a member."""
        self._zip.writestr(_zip_member(path), data)

    def close(self) -> None:
        """Write the directory of members."""
        self._zip.close()
        _close_durably(self._raw)


def _zip_member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0))
    is_stored = path.rpartition(".")[2] in _STORED
    member.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
    member.external_attr = 0o640 << 16
    return member


def _tar_header(path: str, size: int) -> bytes:
    """The header of a plain member: a block of its own, more of them for a long name."""
    name = path.encode()
    if len(name) > tarfile.LENGTH_NAME or size > _MAX_PLAIN_SIZE:
        member = tarfile.TarInfo(path)
        member.size, member.mode = size, _MODE
        return member.tobuf(tarfile.PAX_FORMAT)
    mode, nobody, no_date = b"%07o\0" % _MODE, b"%07o\0" % 0, b"%011o\0" % 0
    head = b"".join(
        (
            *(name.ljust(tarfile.LENGTH_NAME, b"\0"), mode, nobody, nobody, b"%011o\0" % size, no_date),
            *(_NO_SUM, tarfile.REGTYPE, bytes(tarfile.LENGTH_LINK), tarfile.POSIX_MAGIC),
        )
    )
    return head.replace(_NO_SUM, b"%06o\0 " % sum(head), 1).ljust(tarfile.BLOCKSIZE, b"\0")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


class _TarMember(tempfile.SpooledTemporaryFile[bytes]):
    """A member that goes into the tar file once its length is known."""

    def __init__(self, raw: BinaryIO, path: str, folder: Path):
        super().__init__(max_size=_SPOOL_BYTES, dir=str(folder))
        self._raw = raw
        self._path = path

    def close(self) -> None:
        if not self.closed:
            size = self.tell()
            self.seek(0)
            self._raw.write(_tar_header(self._path, size))
            shutil.copyfileobj(self, self._raw, _COPY_BYTES)
            self._raw.write(_padding(size))
        super().close()


class TarTarget:
    """An uncompressed tar file (POSIX)."""

    def __init__(self, file: Path):
        self._folder = file.parent
        self._raw = file.open("xb", buffering=_COPY_BYTES)

    def open(self, path: str) -> BinaryIO:
        """Begin a member."""
        return cast(BinaryIO, _TarMember(self._raw, path, self._folder))

    def put(self, path: str, data: bytes) -> None:
        """Add a member."""
        self._raw.write(_tar_header(path, len(data)))
        self._raw.write(data)
        self._raw.write(_padding(len(data)))

    def close(self) -> None:
        """Write the end marks."""
        self._raw.write(bytes(2 * tarfile.BLOCKSIZE))
        _close_durably(self._raw)


def _close_durably(raw: BinaryIO) -> None:
    raw.flush()
    os.fsync(raw.fileno())
    raw.close()


def target_refusal(destination: Path) -> ExportRefused | None:
    """Say why nothing can be written there, or None."""
    if destination.exists() or destination.is_symlink():
        return ExportRefused(
            _("There is something at %(path)s already.") % {"path": destination},
            fix=_("Choose another name; an export never overwrites anything."),
        )
    if not destination.parent.is_dir():
        return ExportRefused(
            _("There is no folder %(path)s.") % {"path": destination.parent},
            fix=_("Create it first, or choose another place."),
        )
    return None


@contextmanager
def writing(destination: Path) -> Iterator[Target]:
    """Give a target whose content gets its final name at the end of the block, or vanishes.

    `.zip` and `.tar` names become archives, any other a folder.

    Raises:
        ExportRefused: Something has that name already, or there is no folder for it.
        OSError: The disk is full or can't be written; nothing is left behind.
    """
    refusal = target_refusal(destination)
    if refusal:
        raise refusal
    temporary = destination.with_name(f".{destination.name}.{secrets.token_hex(4)}.part")
    makers: dict[str, Callable[[Path], Target]] = {".zip": ZipTarget, ".tar": TarTarget}
    try:
        target: Target = makers.get(destination.suffix, FolderTarget)(temporary)
        try:
            yield target
        except BaseException:
            with suppress(OSError, ValueError):  # what happened first is raised
                target.close()
            raise
        target.close()
        _give_name(temporary, destination)
    except BaseException:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
        raise


def _give_name(temporary: Path, destination: Path) -> None:
    if temporary.is_dir():
        temporary.rename(destination)  # a folder that isn't empty stays
        return
    try:
        os.link(temporary, destination)  # unlike a rename it never replaces
    except OSError as error:
        refusal = target_refusal(destination)
        if refusal or error.errno not in _NO_LINKS:
            raise refusal or error from None
        temporary.rename(destination)
    else:
        temporary.unlink()


def require_plain_name(path: str) -> None:
    """Make sure that a name is harmless where the export is unpacked.

    Raises:
        ExportRefused: It isn't.
    """
    if not is_plain_name(path):
        raise ExportRefused(_("“%(name)s” can't be a file's name in an export.") % {"name": path})


@contextmanager
def adding(target: Target, path: str, written: list[Written]) -> Iterator[Measured]:
    """Add one file to the target; what it is gets into `written` when the block ends.

    Raises:
        ExportRefused: The name could do harm where the export is unpacked.
    """
    require_plain_name(path)
    stream = Measured(target.open(path))
    try:
        yield stream
    except BaseException:
        with suppress(OSError, ValueError):  # what happened first is raised
            stream.finish(path)
        raise
    written.append(stream.finish(path))

"""Reading a copy of a former site: a folder as wget leaves it, or a WARC file; nothing is fetched.

Links are never followed, nothing is unpacked, no file is read further than its
limit, and everything ends after `MAX_SECONDS`.
"""

import os
import stat
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from django.utils.translation import gettext_lazy as _
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from jiyue.core.errors import DomainError, Text
from jiyue.publishing.addresses import decoded_address

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_TOTAL_BYTES = 2 * 1024 * 1024 * 1024  # read in all
MAX_ENTRIES = 100_000  # files or records looked at
MAX_SECONDS = 1_800
MAX_KEY_CHARS = 500
INDEX = "index.html"
_CHUNK_BYTES = 1024 * 1024
# The library stumbles over a record without an address, and lets errors of the decompressor through.
_UNREADABLE = (ArchiveLoadFailed, EOFError, ValueError, AttributeError, zlib.error)


class CaptureRefused(DomainError):
    """A copy of a former site that can't be taken in."""

    code = "capture_refused"


@dataclass(frozen=True)
class Entry:
    """One file of the former site.

    Attributes:
        key: Where it lay: decoded, without a leading slash, with its query.
        address: As a reader typed it.
        data: None where it is larger than `MAX_FILE_BYTES`.
    """

    key: str
    address: str
    data: bytes | None


class CopiedSite(Protocol):
    """A copy, read as often as needed."""

    base_url: str

    def entries(self) -> Iterator[Entry]:
        """Every file, in an order that stays the same."""
        ...


def open_copy(source: Path, base_url: str) -> CopiedSite:
    """Open a folder or a WARC file.

    Args:
        source: Where it lies.
        base_url: Address of the former site, for a folder.

    Raises:
        CaptureRefused: It isn't there, is a link, or is neither of both.
    """
    try:
        mode = source.lstat().st_mode
    except OSError as error:
        raise refusal(_("“%(path)s” can't be opened.") % {"path": source}) from error
    if stat.S_ISDIR(mode):
        return _Folder(source, base_url)
    if stat.S_ISREG(mode) and source.name.endswith((".warc", ".warc.gz")):
        return _Warc(source)
    raise refusal(_("“%(path)s” is neither a folder nor a WARC file.") % {"path": source})


def refusal(message: Text) -> CaptureRefused:
    """A refusal that belongs to the source."""
    return CaptureRefused(
        message, fix=_("Give the folder that wget wrote for the site, or its .warc.gz file."), field="source"
    )


def key_of(address: str) -> str:
    """Where an address of the former site lay: decoded path and query, a folder as its index page."""
    parts = urlsplit(address)
    path = decoded_address(unquote_to_bytes(parts.path)).lstrip("/")
    path = f"{path}{INDEX}" if not path or path.endswith("/") else path
    return f"{path}?{decoded_address(unquote_to_bytes(parts.query))}" if parts.query else path


def is_plain_key(key: str) -> bool:
    """Whether a key climbs nowhere and can be printed and stored."""
    segments = key.partition("?")[0].split("/")
    return len(key) <= MAX_KEY_CHARS and key.isprintable() and not {"", ".", ".."}.intersection(segments)


class _Meter:
    """Ends what takes too much."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + MAX_SECONDS
        self._entries = self._bytes = 0

    def note(self, size: int) -> None:
        """Count one entry.

        Raises:
            CaptureRefused: Too many, too large, or too slow.
        """
        self._entries += 1
        self._bytes += size
        self._check()

    def skip(self, stream: BinaryIO) -> None:
        """Read what is left of an entry: a few bytes may have been packed from very many.

        Raises:
            CaptureRefused: It takes too long.
        """
        while stream.read(_CHUNK_BYTES):
            self._check()

    def _check(self) -> None:
        if self._entries > MAX_ENTRIES or self._bytes > MAX_TOTAL_BYTES or time.monotonic() > self._ends_at:
            raise CaptureRefused(
                _("The copy has more files or bytes than one capture may have, or reading takes too long."),
                fix=_("Capture the former site section by section."),
                field="source",
            )


class _Folder:
    def __init__(self, root: Path, base_url: str):
        self._root = root
        self.base_url = base_url.rstrip("/")

    def entries(self) -> Iterator[Entry]:
        meter = _Meter()
        for folder, folders, names in os.walk(self._root):
            folders.sort()
            if len(folder) - len(str(self._root)) > MAX_KEY_CHARS:
                folders.clear()  # no key that is taken lies below
            for name in sorted(names):
                path = Path(folder, name)
                data = _read_plain(path)
                meter.note(len(data or b""))
                key = decoded_address(os.fsencode(path.relative_to(self._root).as_posix()))
                if is_plain_key(key):
                    yield Entry(key, f"{self.base_url}/{key}", data)


def _read_plain(path: Path) -> bytes | None:
    """Bytes of a plain file; None for a link, a device, or a file that is too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None  # a link, or gone
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return _limited(file)


def _limited(file: BinaryIO) -> bytes | None:
    data = file.read(MAX_FILE_BYTES + 1)
    return data if len(data) <= MAX_FILE_BYTES else None


class _Warc:
    """The responses of one host: the one with most pages."""

    def __init__(self, path: Path):
        self._path = path
        hosts = Counter(
            _origin(address) for address, media, _data in self._responses(reads=False) if "html" in media
        )
        if not hosts:
            raise refusal(_("“%(path)s” holds no web page.") % {"path": path})
        self.base_url = hosts.most_common(1)[0][0]

    def entries(self) -> Iterator[Entry]:
        for address, _media, data in self._responses(reads=True):
            key = key_of(address)
            if _origin(address) == self.base_url and is_plain_key(key):
                yield Entry(key, address, data)

    def _responses(self, *, reads: bool) -> Iterator[tuple[str, str, bytes | None]]:
        meter = _Meter()
        try:
            with self._path.open("rb") as file:
                for record in ArchiveIterator(file):
                    address = _address_of(record)
                    data = _limited(record.content_stream()) if reads and address else None
                    meter.note(len(data or b""))
                    if address:
                        media = record.http_headers.get_header("Content-Type") or ""
                        yield address, media.lower(), data
                    meter.skip(record.raw_stream)
        except _UNREADABLE as error:
            raise refusal(_("“%(path)s” is damaged or no WARC file.") % {"path": self._path}) from error


def _address_of(record: ArcWarcRecord) -> str:
    """Address of a page or file that was there; "" for anything else, and where nobody could ask for it."""
    if record.rec_type != "response" or record.http_headers is None:
        return ""
    address = str(record.rec_headers.get_header("WARC-Target-URI") or "")
    try:
        urlsplit(address)
    except ValueError:
        return ""
    return address if record.http_headers.get_statuscode() == "200" else ""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()

"""The private store: files that only staff may open, named by their content.

The bytes lie under their SM3 in `JIYUE_PRIVATE_DIR`, encrypted where their data
class asks for it; a row of `PrivateFile` says whose they are and what for. A
purpose is registered by the room that uses it and decides who may open its
files; no other door leads to them.

Source: GL 七(一)3 (SEC-06, uploads; SEC-07, encryption); GL 七(三)2.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path, PurePosixPath
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import at_rest, audit, clock, crypto, leftovers, virus_scan
from jiyue.core.audit import AuditActor
from jiyue.core.data_classes import is_encrypted_purpose
from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile, ScanState
from jiyue.core.recognising import FileRefused, recognise
from jiyue.core.registries import Registry
from jiyue.core.schedule import JOBS, Job
from jiyue.core.text import storable

__all__ = [
    "PURPOSES",
    "FileDamaged",
    "FileRefused",
    "Purpose",
    "open_file",
    "read_file",
    "read_upload",
    "store_file",
    "write_atomically",
]

_MEGABYTE = 1024 * 1024
_MAX_NAME_CHARS = 200
SWEEP_TIME = time(3, 45)
_SEALED_SUFFIX = ".sealed"
_OTHER_SUFFIXES = {"jpg": ("jpeg", "jpe"), "txt": ("text", "csv", "md", "log")}


class FileDamaged(DomainError):
    """The stored bytes are gone or aren't those that were stored."""

    code = "file_damaged"


@dataclass(frozen=True)
class Purpose:
    """What a private file is kept for.

    Attributes:
        label: What people call such a file.
        may_open: Tells whether this person may open this file.
        is_personal: Holds personal data; every opening is recorded.
    """

    label: Promise
    may_open: Callable[[PrivateFile, AuditActor], bool]
    is_personal: bool = False


PURPOSES: Registry[Purpose] = Registry("purposes of private files")


class Upload(Protocol):
    """What a form hands over: Django's uploaded file."""

    size: int | None

    def read(self) -> bytes:
        """The whole content."""
        ...


def read_upload(upload: Upload, *, field: str = "file") -> bytes:
    """Read an uploaded file unless it is larger than a private file may be.

    Raises:
        FileRefused: Too large; nothing is read then.
    """
    _refuse_size(upload.size or 0, field)
    return upload.read()


@transaction.atomic
def store_file(
    *,
    data: bytes,
    original_name: str,
    purpose: str,
    unit_id: int | None,
    actor: AuditActor,
    field: str = "file",
) -> PrivateFile:
    """Store a file for staff; its type is told by its content, never by its name.

    Args:
        data: The whole file.
        original_name: Name it came with; its suffix must not lie.
        purpose: Registered purpose.
        unit_id: Unit it belongs to.
        actor: Who brings it.
        field: Form field that a refusal belongs to.

    Raises:
        FileRefused: Too large, of no known type, dangerous, or called otherwise than it is.
        InfectedFile: The virus scanner found something.
        LookupError: The purpose isn't registered.

    Source: GL 七(一)3 (SEC-06, uploads).
    """
    PURPOSES.get(purpose)
    _refuse_size(len(data), field)
    name = _clean_name(original_name)
    kind = recognise(data, field=field)
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    if suffix not in (kind.extension, *_OTHER_SUFFIXES.get(kind.extension, ())):
        raise FileRefused(
            _("The file is called “%(name)s”, but its content is %(kind)s.")
            % {"name": name, "kind": kind.extension.upper()},
            fix=_("Open it, save it as what it is and upload that file."),
            field=field,
        )
    verdict = virus_scan.screen(data, name=name, actor=actor, unit_id=unit_id, field=field)
    digest = crypto.sm3_hex(data)
    Path(settings.JIYUE_PRIVATE_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = _put(digest, data, is_sealed=is_encrypted_purpose(purpose))
    file = PrivateFile.objects.create(
        purpose=purpose,
        unit_id=unit_id,
        original_name=name,
        content_type=kind.content_type,
        size_bytes=len(data),
        sm3=digest,
        account_id=actor.account_id,
        stored_at=clock.now(),
        key_id=key_id,
        scan_state=verdict.state,
        scan_note=verdict.note,
        scanned_at=None if verdict.state == ScanState.NOT_SCANNED else clock.now(),
    )
    audit.record(
        actor=actor,
        verb="file.stored",
        subject_type="private_file",
        subject_id=file.pk,
        purpose=purpose,
        sm3=digest,
        size_bytes=len(data),
    )
    return file


def read_file(file: PrivateFile) -> bytes:
    """Return the stored bytes, after comparing them with their digest.

    For code that has checked the right to open; views use `open_file`.

    Raises:
        FileDamaged: The bytes are gone or were changed.
    """
    try:
        data = _read_plain(file) if not file.key_id else _unseal(file)
    except (FileNotFoundError, crypto.UnreadableCiphertext) as error:
        raise _damaged(file) from error
    if crypto.sm3_hex(data) != file.sm3:
        raise _damaged(file)
    return data


@transaction.atomic
def open_file(*, file: PrivateFile, actor: AuditActor) -> bytes | None:
    """Return the bytes for a person, or None where the file doesn't exist for them.

    Opening a file with personal data is recorded.

    Raises:
        FileDamaged: The bytes are gone or were changed, or they carry a virus.

    Source: 《个人信息保护法》第五十一条 (access to personal data is limited and recorded).
    """
    purpose = PURPOSES.get(file.purpose)
    if not purpose.may_open(file, actor):
        return None
    if file.scan_state == ScanState.INFECTED:
        raise FileDamaged(
            _("The file “%(name)s” carries a virus and isn't handed out.") % {"name": file.original_name},
            fix=_("Ask whoever brought it for a clean copy."),
        )
    data = read_file(file)
    if purpose.is_personal:
        audit.record(
            actor=actor,
            verb="file.opened",
            subject_type="private_file",
            subject_id=file.pk,
            purpose=file.purpose,
        )
    return data


def reseal_files() -> Iterator[PrivateFile]:
    """Encrypt private files anew that lie under an older key, or plain though their class asks for more.

    Each file is done as a whole before its row says so; stopping halfway loses nothing.

    Raises:
        FileDamaged: A file can't be read; it is left as it is.

    Source: GL 七(一)3 (SEC-07).
    """
    current = at_rest.current_key_id()
    for file in PrivateFile.objects.exclude(key_id=current).order_by("pk").iterator(chunk_size=200):
        if not is_encrypted_purpose(file.purpose):
            continue
        data = read_file(file)
        _write_sealed(file.sm3, data)
        # Twins of the file lie in the same place under the same key.
        PrivateFile.objects.filter(sm3=file.sm3).exclude(key_id="").update(key_id=current)
        PrivateFile.objects.filter(pk=file.pk).update(key_id=current)
        if not PrivateFile.objects.filter(sm3=file.sm3, key_id="").exists():
            _path_of(file.sm3).unlink(missing_ok=True)
        yield file


def _rescan() -> Iterator[object]:
    for file in PrivateFile.objects.filter(scan_state=ScanState.NOT_SCANNED).order_by("pk").iterator():
        verdict = virus_scan.scan(read_file(file))
        if verdict.state == ScanState.NOT_SCANNED:
            PrivateFile.objects.filter(pk=file.pk).update(scan_note=verdict.note)
        else:
            mark_scanned(file, verdict)
        yield file


@transaction.atomic
def mark_scanned(file: PrivateFile, verdict: virus_scan.Verdict) -> None:
    """Write down what the scanner said about a stored file; an infected one isn't handed out any more."""
    PrivateFile.objects.filter(pk=file.pk).update(
        scan_state=verdict.state, scan_note=verdict.note, scanned_at=clock.now()
    )
    if verdict.state == ScanState.INFECTED:
        virus_scan.report(
            virus_scan.Infection(
                file.original_name,
                verdict.note,
                audit.PLATFORM,
                file.unit_id,
                "private_file",
                str(file.pk),
            )
        )


def _sweep() -> Iterator[object]:
    yield from leftovers.sweep(Path(settings.JIYUE_PRIVATE_DIR), _known)


def _known(names: Sequence[str]) -> set[str]:
    digests = {name.removesuffix(_SEALED_SUFFIX) for name in names}
    found = set(PrivateFile.objects.filter(sm3__in=digests).values_list("sm3", flat=True))
    return {name for name in names if name.removesuffix(_SEALED_SUFFIX) in found}


def _count_by_scan() -> dict[str, int]:
    rows = PrivateFile.objects.order_by().values_list("scan_state")
    return dict(rows.annotate(number=Count("pk")))


def register() -> None:
    """Let the scanner's job and its board know this store."""
    JOBS.register("core.private_sweep", Job(_sweep, at=SWEEP_TIME))
    virus_scan.STORES.register(
        "private_file", virus_scan.ScannedStore(_("private files"), _count_by_scan, _rescan)
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in place as a whole, on disk before its row is committed."""
    try:
        if path.stat().st_size == len(data):
            os.utime(path)  # the sweep of leftovers sees that it is needed again
            return
    except FileNotFoundError:
        pass
    replace_atomically(path, data)


def replace_atomically(path: Path, data: bytes) -> None:
    """The same, whatever lies there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path_of(digest: str, suffix: str = "") -> Path:
    return Path(settings.JIYUE_PRIVATE_DIR) / digest[:2] / f"{digest}{suffix}"


def _put(digest: str, data: bytes, *, is_sealed: bool) -> str:
    """Lay the bytes down; return the number of the key they lie under, blank where they lie plain."""
    if not is_sealed:
        write_atomically(_path_of(digest), data)
        return ""
    return _write_sealed(digest, data)


def _write_sealed(digest: str, data: bytes) -> str:
    sealed = at_rest.seal(data, place=digest)
    replace_atomically(_path_of(digest, _SEALED_SUFFIX), sealed)
    return at_rest.key_id_of(sealed)


def _read_plain(file: PrivateFile) -> bytes:
    return _path_of(file.sm3).read_bytes()


def _unseal(file: PrivateFile) -> bytes:
    return at_rest.unseal(_path_of(file.sm3, _SEALED_SUFFIX).read_bytes(), place=file.sm3)


def _refuse_size(size: int, field: str) -> None:
    limit = settings.JIYUE_PRIVATE_MAX_MB
    if size > limit * _MEGABYTE:
        raise FileRefused(
            _("The file is larger than %(limit)s MB.") % {"limit": limit},
            fix=_("Make it smaller and upload it again."),
            field=field,
        )


def _clean_name(name: str) -> str:
    """The last part of a name, printable, short enough, with its suffix."""
    last = storable(name).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip()[-_MAX_NAME_CHARS:]


def _damaged(file: PrivateFile) -> FileDamaged:
    return FileDamaged(
        _("The stored file “%(name)s” is missing or was changed outside the platform.")
        % {"name": file.original_name},
        fix=_("Tell the platform manager; it can be restored from the backup."),
    )

"""The private store: files that only staff may open, named by their content.

The bytes lie under their SM3 in `JIYUE_PRIVATE_DIR`; a row of `PrivateFile` says
whose they are and what for. A purpose is registered by the room that uses it and
decides who may open its files; no other door leads to them.

Source: GL 七(一)3 (SEC-06, uploads); GL 七(三)2.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile
from jiyue.core.recognising import FileRefused, recognise
from jiyue.core.registries import Registry
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
    digest = crypto.sm3_hex(data)
    Path(settings.JIYUE_PRIVATE_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(_path_of(digest), data)
    file = PrivateFile.objects.create(
        purpose=purpose,
        unit_id=unit_id,
        original_name=name,
        content_type=kind.content_type,
        size_bytes=len(data),
        sm3=digest,
        account_id=actor.account_id,
        stored_at=clock.now(),
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
        data = _path_of(file.sm3).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(file) from error
    if crypto.sm3_hex(data) != file.sm3:
        raise _damaged(file)
    return data


@transaction.atomic
def open_file(*, file: PrivateFile, actor: AuditActor) -> bytes | None:
    """Return the bytes for a person, or None where the file doesn't exist for them.

    Opening a file with personal data is recorded.

    Raises:
        FileDamaged: The bytes are gone or were changed.

    Source: 《个人信息保护法》第五十一条 (access to personal data is limited and recorded).
    """
    purpose = PURPOSES.get(file.purpose)
    if not purpose.may_open(file, actor):
        return None
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


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in place as a whole, on disk before its row is committed."""
    if path.exists() and path.stat().st_size == len(data):
        return
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


def _path_of(digest: str) -> Path:
    return Path(settings.JIYUE_PRIVATE_DIR) / digest[:2] / digest


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

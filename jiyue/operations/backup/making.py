"""Making a backup: the databases as of one moment, then the files; whole, or not at all.

Source: GL 七(三)3 (SEC-13, SEC-22).
"""

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

from django.utils.translation import gettext as _

from jiyue.core import audit, clock, crypto
from jiyue.core.crypto import PublicKey
from jiyue.operations.backup import databases, keys
from jiyue.operations.backup.envelopes import seal_stream
from jiyue.operations.backup.listing import (
    FILES_NAME,
    OBJECTS,
    BackupList,
    StoredDatabase,
    StoredFile,
    file_line,
    list_backups,
    read_files,
    read_list,
    write_list,
)
from jiyue.operations.backup.objects import Digesting, ObjectStore, remove_unused, walk
from jiyue.operations.backup.places import KEPT_AREAS, REBUILT_AREAS, Place, is_inside
from jiyue.operations.backup.refusals import BackupFailed, BackupRefused

HEADS_AREA = "heads"
STEP_BYTES = 8 * 1024 * 1024  # between two reports of progress
STEP_FILES = 50
_LOCK_NAME = ".lock"
_SECRET = re.compile(r"SECRET|PASSWORD|PASSPHRASE|TOKEN|CREDENTIAL|ACCESS_KEY")


@dataclass(frozen=True)
class BackupPlan:
    """What is backed up where.

    Attributes:
        place: The installation.
        target: Folder of all its backups.
        keys_to: Folder for the keys, elsewhere; without one they aren't copied this time.
        passphrase: For the first run with a folder of keys.
        with_rebuilt: Published files and search index too.
        keep: So many complete backups stay; 0 for all.
    """

    place: Place
    target: Path
    keys_to: Path | None = None
    passphrase: str = ""
    with_rebuilt: bool = False
    keep: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a backup or a restore is.

    Attributes:
        phase: Stable name of what is done now.
        files: Files done.
        bytes: Plain bytes done.
    """

    phase: str
    files: int = 0
    bytes: int = 0


@dataclass
class BackupMade:
    """What came of it; filled while the steps are taken."""

    name: str = field(default_factory=keys.new_name)
    digest: str = ""
    files: int = 0
    total_bytes: int = 0
    new_bytes: int = 0
    removed: list[str] = field(default_factory=list)


def back_up(plan: BackupPlan, made: BackupMade) -> Iterator[Progress]:
    """Make one backup, step by step.

    Until its signed list is in place under its own name it isn't a backup:
    breaking off at any moment leaves earlier ones as they are, and the next run
    uses the objects that were written already.

    Raises:
        BackupRefused: Folders that don't fit, no key, another run in progress; nothing was written.
        BackupFailed: The disk is full, or the database's program failed.

    Source: GL 七(三)3 (SEC-13, SEC-22).
    """
    _refuse_target(plan)
    recipient = _bring_keys(plan)
    try:
        plan.target.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _one_at_a_time(plan.target):
            yield from _write_backup(plan, made, recipient)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO):
            raise
        raise BackupFailed(
            _("The backup couldn't be written: %(reason)s.") % {"reason": os.strerror(error.errno)},
            fix=_("Make room on the backup's medium or mend it; the next run goes on from what is there."),
        ) from error


def _refuse_target(plan: BackupPlan) -> None:
    sources = [*plan.place.folders.values(), plan.place.keys]
    for source in sources:
        if is_inside(plan.target, source) or is_inside(source, plan.target):
            raise BackupRefused(
                _("The backup can't lie in %(folder)s, nor around it: that folder is backed up.")
                % {"folder": source},
                fix=_("Choose a folder on another disk, best on another host."),
                field="to",
            )
    if plan.keys_to is not None:
        keys.require_apart(plan.target, plan.keys_to)


def _bring_keys(plan: BackupPlan) -> PublicKey:
    if plan.keys_to is None:
        return keys.load_recipient(plan.place.keys)
    return keys.save_keys(plan.keys_to, platform_keys=plan.place.keys, passphrase=plan.passphrase)


@contextmanager
def _one_at_a_time(target: Path) -> Iterator[None]:
    with (target / _LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(
                _("Another backup into this folder is in progress."), fix=_("Wait for it to end.")
            ) from None
        yield


def _write_backup(plan: BackupPlan, made: BackupMade, recipient: PublicKey) -> Iterator[Progress]:
    _remove_broken_off(plan.target)
    partial = plan.target / f".partial-{made.name}"
    partial.mkdir(mode=0o700)
    try:
        store = ObjectStore(plan.target, recipient, _known_files(plan))
        with (partial / FILES_NAME).open("wb") as lines:
            # Before the databases: heads that the copy doesn't know would look like a trail cut off.
            heads = store.take(HEADS_AREA, plan.place.heads.name, plan.place.heads)
            _note(lines, heads, made)
            made_at = clock.now()
            stored: list[StoredDatabase] = []
            for alias in plan.place.databases:
                yield from _take_database(plan, partial, alias, recipient, stored)
            database_bytes = sum(entry.plain_bytes for entry in stored)
            areas = [*KEPT_AREAS, *(REBUILT_AREAS if plan.with_rebuilt else ())]
            yield from _take_files(plan, store, areas, lines, made)
            _to_disk(lines)
        listing = BackupList(
            name=made.name,
            made_at=made_at.isoformat(),
            version=version("jiyue"),
            recipient=store.key,
            databases=stored,
            files=made.files,
            files_bytes=made.total_bytes,
            files_sm3=crypto.sm3_file_hex(partial / FILES_NAME),
            areas=areas,
            settings=plain_settings(),
        )
        digest = write_list(partial, listing, crypto.load_key_pair(audit.KEY_NAME))
        made.new_bytes = store.new_bytes + sum(path.stat().st_size for path in partial.iterdir())
        _put_in_place(partial, plan.target / made.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # gone already where it was put in place
    made.digest, made.total_bytes = digest, made.total_bytes + database_bytes
    yield Progress("retention", made.files, made.total_bytes)
    made.removed = _forget_old(plan, made.name)


def _take_database(
    plan: BackupPlan, partial: Path, alias: str, recipient: PublicKey, stored: list[StoredDatabase]
) -> Iterator[Progress]:
    name = f"{alias}.database"
    description = plan.place.databases[alias]
    yield Progress("database")
    with databases.copied(description, plan.place.scratch) as copy, (partial / name).open("xb") as out:
        plain = Digesting(copy.chunks)
        reported = 0
        for _length in seal_stream(plain, out, recipient):
            if plain.bytes - reported >= STEP_BYTES:
                reported = plain.bytes
                yield Progress("database", bytes=reported)
        _to_disk(out)
        stored.append(
            StoredDatabase(
                alias=alias,
                engine=databases.engine_of(description),
                name=name,
                plain_sm3=plain.hex(),
                sealed_sm3=crypto.sm3_file_hex(partial / name),
                plain_bytes=plain.bytes,
                counts=copy.counts,
                migrations=[list(entry) for entry in copy.migrations],
            )
        )


def _take_files(
    plan: BackupPlan, store: ObjectStore, areas: list[str], lines: IO[bytes], made: BackupMade
) -> Iterator[Progress]:
    reported_bytes, reported_files = made.total_bytes, made.files
    for area in areas:
        for path, source in walk(plan.place.folders[area]):
            _note(lines, store.take(area, path, source), made)
            if made.files - reported_files >= STEP_FILES or made.total_bytes - reported_bytes >= STEP_BYTES:
                reported_bytes, reported_files = made.total_bytes, made.files
                yield Progress("files", made.files, made.total_bytes)


def _note(lines: IO[bytes], file: StoredFile | None, made: BackupMade) -> None:
    if file is None:
        return
    lines.write(file_line(file))
    made.files += 1
    made.total_bytes += file.plain_bytes


def _known_files(plan: BackupPlan) -> dict[tuple[str, str], StoredFile]:
    """What the last backup holds, so that unchanged files aren't read again."""
    earlier = list_backups(plan.target)
    if not earlier:
        return {}
    read_list(earlier[-1], crypto.load_public_key(audit.KEY_NAME))
    return {(file.area, file.path): file for file in read_files(earlier[-1])}


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _put_in_place(partial: Path, final: Path) -> None:
    """Give the whole backup its name, once it is on disk."""
    for path in (*partial.iterdir(), partial):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    partial.replace(final)


def _remove_broken_off(target: Path) -> None:
    for path in target.glob(".partial-*"):
        shutil.rmtree(path)
    for path in (target / OBJECTS).rglob(".*"):
        path.unlink()


def _forget_old(plan: BackupPlan, made: str) -> list[str]:
    """Remove what is more than `keep`, oldest first, and the objects nobody needs any more.

    Never the one just made, whatever a clock that was set back calls it.
    """
    if not plan.keep:
        return []
    removed = []
    others = [folder for folder in list_backups(plan.target) if folder.name != made]
    for folder in others[: max(0, len(others) + 1 - plan.keep)]:
        hidden = folder.with_name(f".partial-{folder.name}")  # at no moment half a backup
        folder.replace(hidden)
        shutil.rmtree(hidden)
        removed.append(folder.name)
    if removed:
        remove_unused(plan.target)
    return removed


def plain_settings() -> dict[str, str]:
    """The `JIYUE_*` settings of this process without secrets: what a new host has to be given again.

    Source: GL 七(三)3 (SEC-13: keys and secrets lie apart).
    """
    return {
        name: _without_password(value)
        for name, value in sorted(os.environ.items())
        if name.startswith("JIYUE_") and (name.endswith("_FILE") or not _SECRET.search(name))
    }


def _without_password(value: str) -> str:
    try:
        parts = urlsplit(value)
        if not parts.password:
            return value
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.username or ''}@{host}"))
    except ValueError:  # not an address
        return ""

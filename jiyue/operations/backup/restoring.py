"""Restoring a backup: everything is verified before anything is written, and only into an empty place."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from jiyue.core import crypto
from jiyue.core.crypto import UnreadableCiphertext
from jiyue.core.tables import create_tables
from jiyue.operations.backup import databases
from jiyue.operations.backup.envelopes import open_stream
from jiyue.operations.backup.keys import OpenedKeys, write_keys
from jiyue.operations.backup.listing import (
    BackupList,
    StoredDatabase,
    StoredFile,
    damaged,
    list_backups,
    object_path,
    read_files,
    read_list,
)
from jiyue.operations.backup.making import HEADS_AREA, STEP_FILES, Progress
from jiyue.operations.backup.objects import Digesting
from jiyue.operations.backup.places import REBUILT_AREAS, Place
from jiyue.operations.backup.refusals import RestoreRefused

MARK_NAME = ".restoring"  # an interrupted restore may go on: its own files aren't in its way


@dataclass(frozen=True)
class Source:
    """A backup that may be restored.

    Attributes:
        folder: The backup's own folder; its objects lie beside it.
        listing: Its signed list, checked.
        digest: SM3 of the list.
        keys: Opened keys.
    """

    folder: Path
    listing: BackupList
    digest: str
    keys: OpenedKeys

    @property
    def target(self) -> Path:
        """Folder of all backups."""
        return self.folder.parent


def find_backup(folder: Path) -> Path:
    """The backup itself, or the newest complete one of a folder of backups.

    Raises:
        RestoreRefused: There is none.
    """
    backups = list_backups(folder.parent) if folder.name else []
    if folder in backups:
        return folder
    inside = list_backups(folder)
    if not inside:
        raise RestoreRefused(
            _("There is no complete backup in %(folder)s.") % {"folder": folder},
            fix=_("Name the folder that was given as --to, or one backup inside it."),
            field="from",
        )
    return inside[-1]


def open_backup(folder: Path, keys: OpenedKeys) -> Source:
    """Check list and signature of a backup, and that it was made for these keys.

    Raises:
        BackupDamaged, RestoreRefused.
    """
    folder = find_backup(folder)
    listing, digest = read_list(folder, keys.signer)
    if listing.recipient != crypto.sm3_hex(keys.holder.public.point):
        raise RestoreRefused(
            _("The backup %(name)s was made for another backup key.") % {"name": folder.name},
            fix=_("Name the folder of keys that belongs to it."),
            field="keys_from",
        )
    return Source(folder, listing, digest, keys)


def check_contents(source: Source) -> Iterator[Progress]:
    """Open every piece and compare its digest; nothing is written.

    Raises:
        BackupDamaged: Naming the first piece that isn't what was backed up.
    """
    for stored in source.listing.databases:
        yield Progress("check")
        for _chunk in _open_database(source, stored):
            pass
    for number, file in enumerate(read_files(source.folder), start=1):
        for _chunk in _open_file(source, file):
            pass
        if number % STEP_FILES == 0:
            yield Progress("check", number)


def restore_blockers(source: Source, place: Place) -> list[RestoreRefused]:
    """What stands against restoring a backup into a place; empty where nothing does."""
    found = [_unfit(entry, place) for entry in source.listing.databases]
    found += [
        _occupied(area, folder) for area, folder in place.folders.items() if _is_in_way(source, place, folder)
    ]
    found.append(_unknown_migrations(source.listing))
    return [refusal for refusal in found if refusal is not None]


def restore(source: Source, place: Place) -> Iterator[Progress]:
    """Restore a verified backup: keys, then files, the databases last.

    A restore that broke off is started again and goes on; a place that holds
    anything else is left alone.

    Raises:
        RestoreRefused: The place isn't empty, or the code is older than the backup; nothing was written.
        BackupDamaged: A piece changed since it was checked.

    Source: GL 七(三)3 (SEC-22).
    """
    for refusal in restore_blockers(source, place):
        raise refusal
    place.scratch.mkdir(parents=True, exist_ok=True)
    mark = place.scratch / MARK_NAME
    mark.write_text(source.digest, encoding="ascii")
    write_keys(place.keys, source.keys)
    for area in source.listing.areas:
        place.folders[area].mkdir(parents=True, exist_ok=True, mode=0o755 if area in REBUILT_AREAS else 0o700)
    for number, file in enumerate(read_files(source.folder), start=1):
        _restore_file(source, file, place)
        if number % STEP_FILES == 0:
            yield Progress("files", number)
    for stored in source.listing.databases:
        yield Progress("database", source.listing.files)
        databases.write_copy(place.databases[stored.alias], _open_database(source, stored))
    mark.unlink()


def bring_up_to_date(source: Source) -> bool:
    """Run the migrations that the backup doesn't know yet, on the live place; tell whether any ran."""
    for alias in connections:
        connections[alias].close()
    known = {tuple(entry) for stored in source.listing.databases for entry in stored.migrations}
    if known >= _code_migrations():
        return False
    create_tables()
    return True


def _code_migrations() -> set[tuple[str, ...]]:
    return set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})


def _unknown_migrations(listing: BackupList) -> RestoreRefused | None:
    labels = {config.label for config in apps.get_app_configs()}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations or {}) | {
        replaced for step in (loader.disk_migrations or {}).values() for replaced in step.replaces
    }
    stored = {tuple(entry) for database in listing.databases for entry in database.migrations}
    unknown = sorted(entry for entry in stored - known if entry[0] in labels)
    if not unknown:
        return None
    return RestoreRefused(
        _("The backup holds tables of a newer version: %(names)s.")
        % {"names": ", ".join(".".join(entry) for entry in unknown[:5])},
        fix=_("Install version %(version)s of the platform, then restore.") % {"version": listing.version},
    )


def _unfit(stored: StoredDatabase, place: Place) -> RestoreRefused | None:
    wanted = place.databases.get(stored.alias)
    if wanted is None or databases.engine_of(wanted) != stored.engine:
        return RestoreRefused(
            _("The backup's database “%(alias)s” is of the kind %(engine)s; the settings name another.")
            % {"alias": stored.alias, "engine": stored.engine},
            fix=_("Set JIYUE_DATABASE_URL to an empty database of that kind."),
        )
    if databases.count_rows(wanted):
        return RestoreRefused(
            _("The database “%(alias)s” isn't empty.") % {"alias": stored.alias},
            fix=_("Name a new, empty database; nothing is ever restored over existing data."),
        )
    return None


def _is_in_way(source: Source, place: Place, folder: Path) -> bool:
    if not folder.is_dir() or not any(folder.iterdir()):
        return False
    if folder == place.folders["logs"]:
        return False  # this very process may have written its log already
    mark = place.scratch / MARK_NAME
    return not (mark.is_file() and mark.read_text(encoding="ascii") == source.digest)


def _occupied(area: str, folder: Path) -> RestoreRefused:
    return RestoreRefused(
        _("The folder %(folder)s (%(area)s) isn't empty.") % {"folder": folder, "area": area},
        fix=_("Name an empty data folder; nothing is ever restored over existing data."),
    )


def _open_database(source: Source, stored: StoredDatabase) -> Iterator[bytes]:
    return _open(source, source.folder / stored.name, stored.plain_sm3, stored.alias)


def _open_file(source: Source, file: StoredFile) -> Iterator[bytes]:
    place = object_path(source.target, source.listing.recipient, file.plain_sm3)
    return _open(source, place, file.plain_sm3, f"{file.area}/{file.path}")


def _open(source: Source, sealed: Path, digest: str, what: str) -> Iterator[bytes]:
    try:
        with sealed.open("rb") as file:
            plain = Digesting(open_stream(file, source.keys.holder))
            yield from plain
    except (UnreadableCiphertext, FileNotFoundError) as error:
        raise damaged(source.listing.name, what) from error
    if plain.hex() != digest:
        raise damaged(source.listing.name, what)


def _restore_file(source: Source, file: StoredFile, place: Place) -> None:
    if file.area == HEADS_AREA:
        final = place.heads
    else:
        folder = place.folders[file.area]
        final = folder / file.path
        if not final.resolve().is_relative_to(folder.resolve()):
            raise damaged(source.listing.name, f"{file.area}/{file.path}")
    if final.is_file() and final.stat().st_size == file.plain_bytes and file.area != HEADS_AREA:
        return
    if file.area == "logs" and final.exists():
        return
    _write(final, _open_file(source, file), file.modified_ns)


def _write(final: Path, chunks: Iterator[bytes], modified_ns: int) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.restoring")
    with temporary.open("wb") as out:
        for chunk in chunks:
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    os.utime(temporary, ns=(modified_ns, modified_ns))
    temporary.replace(final)

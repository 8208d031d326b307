"""What a backup holds: a signed list, and beside it one line for every file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from jiyue.core import crypto
from jiyue.core.crypto import KeyPair, PublicKey
from jiyue.operations.backup.refusals import BackupDamaged, RestoreRefused

FORMAT = 1
LIST_NAME, SIGNATURE_NAME, FILES_NAME = "backup.json", "backup.sig", "files.jsonl"
OBJECTS = "objects"


@dataclass(frozen=True)
class StoredDatabase:
    """One database in a backup."""

    alias: str
    engine: str
    name: str  # of the file in the backup's folder
    plain_sm3: str
    sealed_sm3: str
    plain_bytes: int
    counts: dict[str, int]
    migrations: list[list[str]]


@dataclass(frozen=True)
class StoredFile:
    """One file in a backup; its bytes lie in the target's objects, once however often it is named."""

    area: str
    path: str
    plain_sm3: str
    sealed_sm3: str
    plain_bytes: int
    sealed_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class BackupList:
    """The signed list of one backup."""

    name: str
    made_at: str
    version: str
    recipient: str  # SM3 of the public backup key
    databases: list[StoredDatabase]
    files: int
    files_bytes: int
    files_sm3: str
    areas: list[str]
    settings: dict[str, str]
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        """When the copy of the databases was taken."""
        return datetime.fromisoformat(self.made_at)


def write_list(folder: Path, listing: BackupList, signer: KeyPair) -> str:
    """Write list and signature; return the SM3 of the list."""
    data = crypto.canonical_json(asdict(listing))
    (folder / LIST_NAME).write_bytes(data)
    (folder / SIGNATURE_NAME).write_bytes(signer.sign(data))
    return crypto.sm3_hex(data)


def read_list(folder: Path, signer: PublicKey) -> tuple[BackupList, str]:
    """Read a backup's list after checking its signature; return it with its SM3.

    Raises:
        BackupDamaged: The list, the signature or the list of files was changed or is missing.
        RestoreRefused: A newer format.
    """
    try:
        data, signature = (folder / LIST_NAME).read_bytes(), (folder / SIGNATURE_NAME).read_bytes()
        files = crypto.sm3_file_hex(folder / FILES_NAME)
    except OSError as error:
        raise damaged(folder.name, str(error)) from error
    if not signer.is_signature_of(data, signature):
        raise damaged(folder.name, _("the signature isn't right"))
    facts = json.loads(data)
    if facts["format"] > FORMAT:
        raise RestoreRefused(
            _("The backup was made by a newer version of the platform."),
            fix=_("Install that version (%(version)s) first.") % {"version": facts["version"]},
        )
    if files != facts["files_sm3"]:
        raise damaged(folder.name, FILES_NAME)
    databases = [StoredDatabase(**entry) for entry in facts.pop("databases")]
    return BackupList(**facts, databases=databases), crypto.sm3_hex(data)


def damaged(name: str, what: object) -> BackupDamaged:
    """The refusal that names what isn't as it was written."""
    return BackupDamaged(
        _("The backup %(name)s is damaged: %(what)s.") % {"name": name, "what": what},
        fix=_("Use another backup, and look into the medium it lies on."),
    )


def file_line(file: StoredFile) -> bytes:
    """One line of the list of files."""
    return crypto.canonical_json(asdict(file)) + b"\n"


def read_files(folder: Path) -> Iterator[StoredFile]:
    """The files of a backup; its list must have been checked before."""
    with (folder / FILES_NAME).open("rb") as lines:
        for line in lines:
            yield StoredFile(**json.loads(line))


def list_backups(target: Path) -> list[Path]:
    """Complete backups in a target, oldest first; a folder without its signed list isn't one."""
    if not target.is_dir():
        return []
    found = (path for path in target.iterdir() if (path / SIGNATURE_NAME).is_file())
    return sorted(path for path in found if not path.name.startswith("."))


def object_path(target: Path, recipient: str, digest: str) -> Path:
    """Where the sealed bytes of a file lie."""
    return target / OBJECTS / recipient[:8] / digest[:2] / digest


def used_objects(backups: Iterable[Path]) -> set[tuple[str, str]]:
    """(key, digest) of every object that one of the backups needs."""
    used = set()
    for backup in backups:
        recipient = str(json.loads((backup / LIST_NAME).read_bytes())["recipient"])
        used |= {(recipient[:8], file.plain_sm3) for file in read_files(backup)}
    return used

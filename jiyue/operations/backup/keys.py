"""The keys: in a folder of their own, under the backup's key, and that under a passphrase."""

import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import gmssl_pyx
from django.conf import settings
from django.utils.translation import gettext as _

from jiyue.core import at_rest, audit, clock, crypto
from jiyue.core.crypto import KeyPair, PublicKey, UnreadableCiphertext
from jiyue.core.files import replace_atomically
from jiyue.operations.backup import envelopes
from jiyue.operations.backup.places import is_inside
from jiyue.operations.backup.refusals import BackupRefused, RestoreRefused

KEY_NAME = "backup"
LOCKED_NAME = f"{KEY_NAME}.key.locked"
PUBLIC_NAME = f"{KEY_NAME}.pub"
MIN_PASSPHRASE_CHARS = 12
_KEY_SUFFIXES = (".key", ".pub", ".sm4", ".aes")
_BUNDLE = re.compile(r"keys-\d{8}T\d{6}Z-[0-9a-f]{16}\.sealed")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.(?:key|pub|sm4|aes)")
_POINT_BYTES = 64


@dataclass(frozen=True)
class OpenedKeys:
    """What the folder of keys holds, opened: the backup's pair, and the platform's files by name."""

    holder: KeyPair
    files: Mapping[str, bytes]

    @property
    def signer(self) -> PublicKey:
        """Public half of the key that signed the backup's list."""
        return PublicKey(self.files[f"{audit.KEY_NAME}.pub"])


def load_recipient(keys: Path) -> PublicKey:
    """Public half of the backup key.

    Raises:
        BackupRefused: There is none yet.
    """
    path = keys / PUBLIC_NAME
    if not path.is_file():
        raise BackupRefused(
            _("There is no backup key yet."),
            fix=_("Run once with --keys-to FOLDER and a passphrase; the folder must not be the backup's."),
        )
    return PublicKey(path.read_bytes())


def require_apart(data: Path, keys: Path) -> None:
    """Refuse to lay keys into or beside the data they open.

    Raises:
        BackupRefused: One folder lies in the other.

    Source: GL 七(三)3 (SEC-13).
    """
    if is_inside(data, keys) or is_inside(keys, data):
        raise BackupRefused(
            _("Keys and data can't lie in the same folder, nor one inside the other."),
            fix=_("Choose a folder on another medium for the keys."),
            field="keys_to",
        )


def save_keys(folder: Path, *, platform_keys: Path, passphrase: str) -> PublicKey:
    """Bring the folder of keys up to date; make the backup's own key the first time.

    Args:
        folder: Where keys are kept, apart from every backup.
        platform_keys: The platform's key folder.
        passphrase: Opens the private half of the backup key; only asked for where that is made.

    Returns:
        Public half of the backup key, which lies in the platform's key folder as well.

    Raises:
        BackupRefused: A passphrase too short, or a folder that belongs to another installation.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept, own = folder / PUBLIC_NAME, platform_keys / PUBLIC_NAME
    if not (folder / LOCKED_NAME).exists():
        _refuse_second_key(own)
        _make_pair(folder, passphrase)
    if own.exists() and own.read_bytes() != kept.read_bytes():
        raise BackupRefused(
            _("The folder of keys belongs to another installation."),
            fix=_("Choose an empty folder, or the one that belongs to this installation."),
            field="keys_to",
        )
    if not own.exists():
        replace_atomically(own, kept.read_bytes())
    recipient = PublicKey(kept.read_bytes())
    _save_bundle(folder, platform_keys, recipient)
    return recipient


def _refuse_second_key(own: Path) -> None:
    if own.exists():
        raise BackupRefused(
            _("This installation has a backup key, and its private half isn't in this folder."),
            fix=_(
                "Name the folder that holds backup.key.locked. Only if that is lost: remove backup.pub from "
                "the platform's keys, and know that older backups can't be opened."
            ),
            field="keys_to",
        )


def _make_pair(folder: Path, passphrase: str) -> None:
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise BackupRefused(
            _("The passphrase is shorter than %(number)d characters.") % {"number": MIN_PASSPHRASE_CHARS},
            fix=_(
                "Set JIYUE_BACKUP_PASSPHRASE or JIYUE_BACKUP_PASSPHRASE_FILE, and write it down elsewhere."
            ),
            field="passphrase",
        )
    point, private = gmssl_pyx.sm2_key_generate()
    replace_atomically(folder / PUBLIC_NAME, point)
    replace_atomically(folder / LOCKED_NAME, envelopes.lock(private + point, passphrase))


def _save_bundle(folder: Path, platform_keys: Path, recipient: PublicKey) -> None:
    files = {
        path.name: path.read_bytes()
        for path in sorted(platform_keys.iterdir())
        if path.suffix in _KEY_SUFFIXES and path.is_file() and not path.is_symlink()
    }
    plain = json.dumps({name: b64encode(data).decode() for name, data in files.items()}).encode()
    digest = crypto.sm3_hex(plain)[:16]
    if any(path.name.endswith(f"-{digest}.sealed") for path in folder.iterdir()):
        return
    sealed = BytesIO()
    for _done in envelopes.seal_stream([plain], sealed, recipient):
        pass
    stamp = clock.now().strftime("%Y%m%dT%H%M%SZ")
    replace_atomically(folder / f"keys-{stamp}-{digest}.sealed", sealed.getvalue())


def open_keys(folder: Path, passphrase: str) -> OpenedKeys:
    """Open the folder of keys: the newest set of the platform's keys.

    Raises:
        RestoreRefused: Not such a folder, or another passphrase.
    """
    try:
        raw = envelopes.unlock((folder / LOCKED_NAME).read_bytes(), passphrase)
        holder = KeyPair(PublicKey(raw[-_POINT_BYTES:]), raw[:-_POINT_BYTES])
        bundle = max(path for path in folder.iterdir() if _BUNDLE.fullmatch(path.name))
        plain = b"".join(envelopes.open_stream(BytesIO(bundle.read_bytes()), holder))
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise RestoreRefused(
            _("%(folder)s isn't a folder of keys: %(reason)s") % {"folder": folder, "reason": error},
            fix=_("Name the folder that was given as --keys-to."),
            field="keys_from",
        ) from error
    except UnreadableCiphertext as error:
        raise RestoreRefused(
            _("The keys can't be opened: the passphrase is another one, or the file was changed."),
            fix=_("Set JIYUE_BACKUP_PASSPHRASE to the passphrase of the first run with --keys-to."),
            field="passphrase",
        ) from error
    files = {name: b64decode(data) for name, data in json.loads(plain).items()}
    if strange := [name for name in files if not _FILE_NAME.fullmatch(name)]:  # anybody can seal such a set
        raise RestoreRefused(
            _("%(folder)s isn't a folder of keys: %(reason)s") % {"folder": folder, "reason": strange[0]},
            fix=_("Name the folder that was given as --keys-to."),
            field="keys_from",
        )
    return OpenedKeys(holder, files)


def write_keys(folder: Path, keys: OpenedKeys) -> None:
    """Lay the platform's keys into its key folder.

    Raises:
        RestoreRefused: Other keys lie there already; nothing is written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, data in keys.files.items():
        if (folder / name).exists() and (folder / name).read_bytes() != data:
            raise RestoreRefused(
                _("The key folder holds other keys than the backup: %(name)s.") % {"name": name},
                fix=_("Name an empty key folder in JIYUE_KEY_DIR."),
            )
    for name, data in keys.files.items():
        replace_atomically(folder / name, data)
        (folder / name).chmod(0o644 if name.endswith(".pub") else 0o600)
    at_rest.forget_keys()


def passphrase() -> str:
    """The passphrase of the settings; blank where there is none."""
    return str(settings.JIYUE_BACKUP_PASSPHRASE)


def new_name() -> str:
    """Name of a new backup: the moment, and a few letters that no other has."""
    now = clock.now()
    return f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z-{secrets.token_hex(2)}"

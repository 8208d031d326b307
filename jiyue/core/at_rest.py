"""Bytes and texts that lie encrypted: SM4-GCM under the platform's storage keys.

Keys are files `storage-NNNN.sm4` in the key folder, apart from the data they
protect; the highest number seals, all of them open. Every sealed value names
its key, and is bound to the place it belongs to, so that it can't be moved.

Source: GL 七(一)3; GL 七(三)3 (SEC-07).
"""

import os
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from jiyue.core.crypto import UnreadableCiphertext

MARK = b"JYSM4"
TEXT_MARK = "jysm4:"
_KEY_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ID_BYTES = 4  # "0001"
_HEAD_BYTES = len(MARK) + _ID_BYTES + _NONCE_BYTES + _TAG_BYTES
_KEY_FILE = re.compile(r"storage-(\d{4})\.sm4")


def list_key_ids() -> list[str]:
    """Numbers of the storage keys, the oldest first."""
    folder = Path(settings.JIYUE_KEY_DIR)
    found = (_KEY_FILE.fullmatch(path.name) for path in folder.glob("storage-*.sm4"))
    return sorted(match[1] for match in found if match)


def create_key() -> str:
    """Make a new storage key, which seals from now on; return its number."""
    folder = Path(settings.JIYUE_KEY_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = f"{int((list_key_ids() or ['0000'])[-1]) + 1:04d}"
    descriptor = os.open(folder / f"storage-{key_id}.sm4", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return key_id


def ensure_key() -> str:
    """Make the first storage key where there is none; return the number of the sealing one."""
    return (list_key_ids() or [create_key()])[-1]


def current_key_id() -> str:
    """Number of the key that seals now.

    Raises:
        FileNotFoundError: There is none; `jiyue make_keys` makes it.
    """
    ids = list_key_ids()
    if not ids:
        raise FileNotFoundError(f"no storage key in {settings.JIYUE_KEY_DIR}: run jiyue make_keys")
    return ids[-1]


def seal(plain: bytes, *, place: str) -> bytes:
    """Encrypt bytes under the current key.

    Args:
        plain: What is sealed.
        place: Where it belongs; the same words are needed to open it.
    """
    key_id, nonce = current_key_id(), os.urandom(_NONCE_BYTES)
    key = _key(str(settings.JIYUE_KEY_DIR), key_id)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place.encode())
    body = encryptor.update(plain) + encryptor.finalize()
    return b"".join((MARK, key_id.encode(), nonce, encryptor.tag, body))


def is_sealed(data: bytes) -> bool:
    """Whether the bytes are what `seal` makes."""
    return data.startswith(MARK) and len(data) >= _HEAD_BYTES


def key_id_of(sealed: bytes) -> str:
    """Number of the key that sealed the bytes."""
    return sealed[len(MARK) :][:_ID_BYTES].decode("ascii", "replace")


def unseal(sealed: bytes, *, place: str) -> bytes:
    """Decrypt what `seal` made for the same place.

    Raises:
        UnreadableCiphertext: Changed, moved from elsewhere, or not sealed at all.
        FileNotFoundError: Its key is gone.
    """
    if not is_sealed(sealed):
        raise UnreadableCiphertext("not sealed")
    nonce_at = len(MARK) + _ID_BYTES
    nonce, tag = sealed[nonce_at:][:_NONCE_BYTES], sealed[nonce_at + _NONCE_BYTES :][:_TAG_BYTES]
    key = _key(str(settings.JIYUE_KEY_DIR), key_id_of(sealed))
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(place.encode())
    try:
        return decryptor.update(sealed[_HEAD_BYTES:]) + decryptor.finalize()
    except InvalidTag as error:
        raise UnreadableCiphertext(str(error)) from error


def seal_text(text: str, *, place: str) -> str:
    """Encrypt a text for a database column; an empty one stays empty."""
    return TEXT_MARK + b64encode(seal(text.encode(), place=place)).decode() if text else ""


def unseal_text(stored: str, *, place: str) -> str:
    """Decrypt a column; a text from before the encryption is returned as it is.

    Raises:
        UnreadableCiphertext: Changed, or moved from another column.
    """
    if not stored.startswith(TEXT_MARK):
        return stored
    try:
        sealed = b64decode(stored.removeprefix(TEXT_MARK), validate=True)
    except Base64Error as error:
        raise UnreadableCiphertext(str(error)) from error
    return unseal(sealed, place=place).decode()


def forget_keys() -> None:
    """Read the keys anew: their files were restored."""
    _key.cache_clear()


@lru_cache(maxsize=32)
def _key(folder: str, key_id: str) -> bytes:
    path = Path(folder) / f"storage-{key_id}.sm4"
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise UnreadableCiphertext(f"{path.name} is damaged")
    return key

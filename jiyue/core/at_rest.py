"""Bytes and texts that lie encrypted: SM4-GCM or AES-256-GCM under the platform's storage keys.

Keys are files `storage-NNNN.sm4` or `storage-NNNN.aes` in the key folder, apart
from the data they protect; no number is given twice. The highest of the kind
that `JIYUE_CRYPTO` chooses seals, all of them open. Every sealed value names
its algorithm and key, and is bound to the place it belongs to, so that it can't
be moved.

Source: GL 七(一)3; GL 七(三)3 (SEC-07); GL 七(一)5 (SEC-12).
"""

import os
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes
from django.conf import settings

from jiyue.core import signing
from jiyue.core.crypto import UnreadableCiphertext


@dataclass(frozen=True)
class Algorithm:
    """One way to seal."""

    mark: bytes  # before every sealed value
    suffix: str  # of its key files
    key_bytes: int
    cipher: Callable[[bytes], BlockCipherAlgorithm]

    @property
    def text_mark(self) -> str:
        """What stands before a sealed text."""
        return f"{self.mark.decode().lower()}:"


SM4 = Algorithm(b"JYSM4", "sm4", 16, algorithms.SM4)
AES = Algorithm(b"JYAES", "aes", 32, algorithms.AES256)
ALGORITHMS = (SM4, AES)
MARK_BYTES = 5
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ID_BYTES = 4  # "0001"
_HEAD_BYTES = MARK_BYTES + _ID_BYTES + _NONCE_BYTES + _TAG_BYTES
_KEY_FILE = re.compile(r"storage-(\d{4})\.(sm4|aes)")


def chosen_algorithm() -> Algorithm:
    """What seals from now on, by `JIYUE_CRYPTO`."""
    return SM4 if settings.JIYUE_CRYPTO == signing.NATIONAL else AES


def list_key_ids(*wanted: Algorithm) -> list[str]:
    """Numbers of the storage keys, the oldest first; of all algorithms, unless some are named."""
    suffixes = {each.suffix for each in wanted or ALGORITHMS}
    found = (_KEY_FILE.fullmatch(path.name) for path in Path(settings.JIYUE_KEY_DIR).glob("storage-*"))
    return sorted(match[1] for match in found if match and match[2] in suffixes)


def create_key() -> str:
    """Make a new storage key of the chosen algorithm, which seals from now on; return its number."""
    folder, algorithm = Path(settings.JIYUE_KEY_DIR), chosen_algorithm()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = f"{int((list_key_ids() or ['0000'])[-1]) + 1:04d}"
    path = _path_of(folder, key_id, algorithm)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(algorithm.key_bytes))
        file.flush()
        os.fsync(file.fileno())
    return key_id


def ensure_key() -> str:
    """Make a key of the chosen algorithm where there is none; return the number of the sealing one."""
    return (list_key_ids(chosen_algorithm()) or [create_key()])[-1]


def current_key_id() -> str:
    """Number of the key that seals now.

    Raises:
        FileNotFoundError: There is none of the chosen algorithm; `jiyue make_keys` makes it.
    """
    ids = list_key_ids(chosen_algorithm())
    if not ids:
        wanted = f"storage-*.{chosen_algorithm().suffix}"
        raise FileNotFoundError(f"no {wanted} in {settings.JIYUE_KEY_DIR}: run jiyue make_keys")
    return ids[-1]


def seal(plain: bytes, *, place: str) -> bytes:
    """Encrypt bytes under the current key.

    Args:
        plain: What is sealed.
        place: Where it belongs; the same words are needed to open it.
    """
    algorithm, key_id, nonce = chosen_algorithm(), current_key_id(), os.urandom(_NONCE_BYTES)
    key = _key(str(settings.JIYUE_KEY_DIR), key_id, algorithm)
    encryptor = Cipher(algorithm.cipher(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place.encode())
    body = encryptor.update(plain) + encryptor.finalize()
    return b"".join((algorithm.mark, key_id.encode(), nonce, encryptor.tag, body))


def algorithm_of(sealed: bytes) -> Algorithm | None:
    """The algorithm that the bytes name; None for what `seal` didn't make."""
    if len(sealed) < _HEAD_BYTES:
        return None
    return next((each for each in ALGORITHMS if sealed.startswith(each.mark)), None)


def key_id_of(sealed: bytes) -> str:
    """Number of the key that sealed the bytes."""
    return sealed[MARK_BYTES:][:_ID_BYTES].decode("ascii", "replace")


def unseal(sealed: bytes, *, place: str) -> bytes:
    """Decrypt what `seal` made for the same place, by whichever algorithm.

    Raises:
        UnreadableCiphertext: Changed, moved from elsewhere, or not sealed at all.
        FileNotFoundError: Its key is gone.
    """
    algorithm = algorithm_of(sealed)
    if algorithm is None:
        raise UnreadableCiphertext("not sealed")
    nonce_at = MARK_BYTES + _ID_BYTES
    nonce, tag = sealed[nonce_at:][:_NONCE_BYTES], sealed[nonce_at + _NONCE_BYTES :][:_TAG_BYTES]
    key = _key(str(settings.JIYUE_KEY_DIR), key_id_of(sealed), algorithm)
    decryptor = Cipher(algorithm.cipher(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(place.encode())
    try:
        return decryptor.update(sealed[_HEAD_BYTES:]) + decryptor.finalize()
    except InvalidTag as error:
        raise UnreadableCiphertext(str(error)) from error


def seal_text(text: str, *, place: str) -> str:
    """Encrypt a text for a database column; an empty one stays empty."""
    if not text:
        return ""
    return chosen_algorithm().text_mark + b64encode(seal(text.encode(), place=place)).decode()


def unseal_text(stored: str, *, place: str) -> str:
    """Decrypt a column; a text from before the encryption is returned as it is.

    Raises:
        UnreadableCiphertext: Changed, or moved from another column.
    """
    mark = next((each.text_mark for each in ALGORITHMS if stored.startswith(each.text_mark)), None)
    if mark is None:
        return stored
    try:
        sealed = b64decode(stored.removeprefix(mark), validate=True)
    except Base64Error as error:
        raise UnreadableCiphertext(str(error)) from error
    return unseal(sealed, place=place).decode()


def forget_keys() -> None:
    """Read the keys anew: their files were restored."""
    _key.cache_clear()


def _path_of(folder: Path, key_id: str, algorithm: Algorithm) -> Path:
    return folder / f"storage-{key_id}.{algorithm.suffix}"


@lru_cache(maxsize=32)
def _key(folder: str, key_id: str, algorithm: Algorithm) -> bytes:
    path = _path_of(Path(folder), key_id, algorithm)
    key = path.read_bytes()
    if len(key) != algorithm.key_bytes:
        raise UnreadableCiphertext(f"{path.name} is damaged")
    return key

"""State cryptography behind one interface: SM2, SM3, SM4 (SEC-12).

SM3 and SM4-GCM come from `cryptography` (OpenSSL), SM2 from GmSSL. Keys are
files: private keys readable by their owner only, public keys free. The front
holds only the public half of the inbox key, so it cannot read what it stored.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

import gmssl_pyx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

KEY_NAMES = ("audit", "inbox", "manifest")  # the platform's own pairs
_SM4_KEY_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SM2_POINT_BYTES = 64
_CHUNK_BYTES = 1024 * 1024
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
# What `_CANONICAL.encode` builds anew at every call, built once: a third of the price for small values.
_ENCODE = json.encoder.c_make_encoder and json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # absent from the stubs
    None,
    _CANONICAL.default,
    json.encoder.encode_basestring,
    None,
    ":",
    ",",
    True,
    False,
    True,
)
_FAST_SM3 = hashlib.new("sm3") if "sm3" in hashlib.algorithms_available else None


class UnreadableCiphertext(Exception):
    """The sealed bytes were changed or belong to another key."""


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 digest."""
    if _FAST_SM3:
        fresh = _FAST_SM3.copy()  # half the price of looking the algorithm up again
        fresh.update(data)
        return fresh.digest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def sm3_hex(data: bytes) -> str:
    """Return the SM3 digest as 64 hexadecimal characters."""
    return sm3(data).hex()


class RunningSm3:
    """SM3 over bytes that come piece by piece."""

    def __init__(self) -> None:
        self._fast = _FAST_SM3.copy() if _FAST_SM3 else None
        self._slow = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        """Take in the next piece."""
        (self._fast or self._slow).update(data)

    def hex(self) -> str:
        """Return the digest as 64 hexadecimal characters; nothing may follow."""
        return self._fast.hexdigest() if self._fast else self._slow.finalize().hex()


def sm3_file_hex(path: Path) -> str:
    """Return the SM3 digest of a file of any size as 64 hexadecimal characters; memory stays flat."""
    digest = RunningSm3()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hex()


class Sealer:
    """Short seals over texts under one secret (HMAC-SM3): proof that we ourselves wrote a row.

    Args:
        secret: See `KeyPair.secret_for`.
    """

    SEAL_BYTES = 16

    def __init__(self, secret: bytes):
        self._fast = hmac.new(secret, digestmod="sm3") if _FAST_SM3 else None
        self._slow = HMAC(secret, hashes.SM3())

    def seal_of(self, text: str) -> str:
        """Return 32 hexadecimal characters."""
        if self._fast:
            fresh = self._fast.copy()
            fresh.update(text.encode())
            return fresh.digest()[: self.SEAL_BYTES].hex()
        slow = self._slow.copy()
        slow.update(text.encode())
        return slow.finalize()[: self.SEAL_BYTES].hex()

    def is_seal_of(self, text: str, seal: str) -> bool:
        """Tell whether `seal` was made over `text` under the same secret."""
        return hmac.compare_digest(self.seal_of(text), seal)


def canonical_text(value: object) -> str:
    """Return the one text form of a JSON value."""
    return "".join(_ENCODE(value, 0)) if _ENCODE else _CANONICAL.encode(value)


def canonical_json(value: object) -> bytes:
    """Return the one byte form of a JSON value that digests are taken of."""
    return canonical_text(value).encode()


@dataclass(frozen=True)
class PublicKey:
    """Public half of an SM2 key pair: 64 bytes, uncompressed point."""

    point: bytes

    def seal(self, plain: bytes) -> bytes:
        """Encrypt for the holder of the private half: SM4-GCM under a fresh key, wrapped by SM2."""
        key, nonce = os.urandom(_SM4_KEY_BYTES), os.urandom(_NONCE_BYTES)
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        body = encryptor.update(plain) + encryptor.finalize()
        wrapped = bytes(gmssl_pyx.sm2_encrypt(self.point, key))
        return len(wrapped).to_bytes(2, "big") + wrapped + nonce + encryptor.tag + body

    def is_signature_of(self, data: bytes, signature: bytes) -> bool:
        """Tell whether `signature` was made over `data` with the private half."""
        try:
            return bool(gmssl_pyx.sm2_verify(self.point, data, signature))
        except (gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError):
            return False  # not even the form of one


@dataclass(frozen=True)
class KeyPair:
    """SM2 key pair; the private half never leaves the back office."""

    public: PublicKey
    private: bytes

    def sign(self, data: bytes) -> bytes:
        """Return an SM2 signature (DER) over `data`."""
        return bytes(gmssl_pyx.sm2_sign(self.private, self.public.point, data))

    def secret_for(self, purpose: str) -> bytes:
        """Return 32 secret bytes that only holders of the private half can derive."""
        return sm3(b"jiyue " + purpose.encode() + b"\0" + self.private)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt what `PublicKey.seal` made.

        Raises:
            UnreadableCiphertext: Changed bytes or another key.
        """
        length = int.from_bytes(sealed[:2], "big")
        wrapped, rest = sealed[2 : 2 + length], sealed[2 + length :]
        nonce, tag, body = (
            rest[:_NONCE_BYTES],
            rest[_NONCE_BYTES:][:_TAG_BYTES],
            rest[_NONCE_BYTES + _TAG_BYTES :],
        )
        try:
            key = gmssl_pyx.sm2_decrypt(self.private, wrapped)
            decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
            return decryptor.update(body) + decryptor.finalize()
        except (InvalidTag, ValueError, gmssl_pyx.GmsslInnerError, gmssl_pyx.InvalidValueError) as error:
            raise UnreadableCiphertext(str(error)) from error


def create_key_pairs() -> tuple[str, ...]:
    """Create the platform's own key pairs where they are missing; return their names."""
    for name in KEY_NAMES:
        create_key_pair(name)
    return KEY_NAMES


def create_key_pair(name: str) -> KeyPair:
    """Create `<name>.key` and `<name>.pub` in the key folder unless they exist."""
    folder = Path(settings.JIYUE_KEY_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private_path = folder / f"{name}.key"
    if not private_path.exists():
        point, private = gmssl_pyx.sm2_key_generate()
        descriptor = os.open(private_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private + point)
        (folder / f"{name}.pub").write_bytes(point)
    return load_key_pair(name)


def load_key_pair(name: str) -> KeyPair:
    """Read a key pair; a missing file is fatal (`FileNotFoundError`)."""
    raw = (Path(settings.JIYUE_KEY_DIR) / f"{name}.key").read_bytes()
    return KeyPair(public=PublicKey(raw[-_SM2_POINT_BYTES:]), private=raw[:-_SM2_POINT_BYTES])


def load_public_key(name: str) -> PublicKey:
    """Read the public half; a missing file is fatal (`FileNotFoundError`)."""
    return PublicKey((Path(settings.JIYUE_KEY_DIR) / f"{name}.pub").read_bytes())

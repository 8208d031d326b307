"""Signatures and digests by the algorithm of choice; each names its own, so that older ones stay readable.

`JIYUE_CRYPTO` chooses what is made from now on: `national` (SM2, SM3) or
`international` (Ed25519, SHA-256). Whatever was signed or digested before keeps
verifying, because the name of the algorithm stands before the value and the
keys of both lie side by side.

Source: GL 七(一)5 (SEC-12).
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from jiyue.core import crypto

NATIONAL, INTERNATIONAL = "national", "international"
SM2, ED25519 = "sm2", "ed25519"
_DIGESTS: dict[str, Callable[[bytes], str]] = {
    "sm3": crypto.sm3_hex,
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
}


def digest(data: bytes) -> str:
    """Return a digest that names its algorithm, e.g. `sm3:66c7…`."""
    name = "sm3" if settings.JIYUE_CRYPTO == NATIONAL else "sha256"
    return f"{name}:{_DIGESTS[name](data)}"


def is_digest_of(data: bytes, named_digest: str) -> bool:
    """Tell whether a digest that `digest` made belongs to the data; one of an unknown algorithm doesn't."""
    name, _, value = named_digest.partition(":")
    return name in _DIGESTS and _DIGESTS[name](data) == value


def sign(name: str, data: bytes) -> str:
    """Sign with the platform's key of that name; the signature names its algorithm.

    Raises:
        FileNotFoundError: The key is missing; `jiyue make_keys` makes it.
    """
    if settings.JIYUE_CRYPTO == NATIONAL:
        return f"{SM2}:{crypto.load_key_pair(name).sign(data).hex()}"
    raw = (Path(settings.JIYUE_KEY_DIR) / f"{name}.{ED25519}.key").read_bytes()
    return f"{ED25519}:{Ed25519PrivateKey.from_private_bytes(raw).sign(data).hex()}"


def is_signature(name: str, data: bytes, signature: str, *, key_folder: Path | None = None) -> bool:
    """Tell whether a signature that `sign` made belongs to the data.

    Args:
        name: The key's name.
        data: What was signed.
        signature: What `sign` returned.
        key_folder: Where the public halves lie; by default `JIYUE_KEY_DIR`.

    Raises:
        FileNotFoundError: The public half is missing.
    """
    folder = key_folder or Path(settings.JIYUE_KEY_DIR)
    algorithm, _, value = signature.partition(":")
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        return False
    if algorithm == SM2:
        return crypto.PublicKey((folder / f"{name}.pub").read_bytes()).is_signature_of(data, raw)
    if algorithm == ED25519:
        public = Ed25519PublicKey.from_public_bytes((folder / f"{name}.{ED25519}.pub").read_bytes())
        try:
            public.verify(raw, data)
        except InvalidSignature:
            return False
        return True
    return False


def create_signing_key(name: str) -> None:
    """Create the Ed25519 pair beside the SM2 pair of that name unless it exists."""
    folder = Path(settings.JIYUE_KEY_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private_path = folder / f"{name}.{ED25519}.key"
    if private_path.exists():
        return
    private = Ed25519PrivateKey.generate()
    descriptor = os.open(private_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private.private_bytes_raw())
    (folder / f"{name}.{ED25519}.pub").write_bytes(private.public_key().public_bytes_raw())

"""Envelopes: streams under a fresh SM4 key, and that key under the SM2 key of the backup.

The host that makes backups holds the public half only: whoever takes the host
and the backup reads nothing without the private half, which lies elsewhere.
A stream is cut into chunks; each is sealed with its number and whether it is
the last, so that none can be changed, swapped, repeated or cut off.

Source: GL 七(三)3 (SEC-13: symmetric and asymmetric double encryption).
"""

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from jiyue.core.crypto import KeyPair, PublicKey, UnreadableCiphertext

MARK = b"JYBK1"
LOCK_MARK = b"JYPW1"
CHUNK_BYTES = 1024 * 1024
_KEY_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SALT_BYTES = 16
_LENGTH_BYTES = 4
ITERATIONS = 600_000  # as for passwords of staff; about 0.7 s. Stands in what is locked, so that it may grow
_COUNT_BYTES = 4
_MAX_ITERATIONS = 10_000_000  # a forged count doesn't keep anybody waiting


def seal_stream(chunks: Iterable[bytes], out: BinaryIO, recipient: PublicKey) -> Iterator[int]:
    """Write the chunks into an envelope; yields the number of plain bytes of each piece written.

    Args:
        chunks: The plain bytes, in pieces of any size.
        out: Where the envelope goes.
        recipient: Public half of the backup key.
    """
    key = os.urandom(_KEY_BYTES)
    wrapped = recipient.seal(key)
    out.write(MARK + len(wrapped).to_bytes(2, "big") + wrapped)
    number, waiting = 0, b""
    for piece in _recut(chunks):
        if number or waiting:
            yield _write_chunk(out, key, number, waiting, is_last=False)
            number += 1
        waiting = piece
    yield _write_chunk(out, key, number, waiting, is_last=True)


def open_stream(source: BinaryIO, holder: KeyPair) -> Iterator[bytes]:
    """Yield the plain bytes of an envelope.

    Raises:
        UnreadableCiphertext: Changed, cut off, or for another key.
    """
    if source.read(len(MARK)) != MARK:
        raise UnreadableCiphertext("not an envelope of a backup")
    key = holder.open(source.read(int.from_bytes(source.read(2), "big")))
    number, is_last = 0, False
    while not is_last:
        head = source.read(_LENGTH_BYTES)
        if len(head) != _LENGTH_BYTES:
            raise UnreadableCiphertext("cut off")
        length = int.from_bytes(head, "big")
        nonce, tag, body = source.read(_NONCE_BYTES), source.read(_TAG_BYTES), source.read(length)
        is_last = _is_last(source)
        yield _open_chunk(key, number, nonce, tag, body, is_last=is_last)
        number += 1


def lock(plain: bytes, passphrase: str) -> bytes:
    """Encrypt a few bytes under a passphrase: PBKDF2 with HMAC-SM3, then SM4-GCM."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    count = ITERATIONS.to_bytes(_COUNT_BYTES, "big")
    encryptor = Cipher(algorithms.SM4(_derive(passphrase, salt, ITERATIONS)), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(LOCK_MARK + count)
    body = encryptor.update(plain) + encryptor.finalize()
    return LOCK_MARK + count + salt + nonce + encryptor.tag + body


def unlock(locked: bytes, passphrase: str) -> bytes:
    """Decrypt what `lock` made.

    Raises:
        UnreadableCiphertext: Another passphrase, or changed bytes.
    """
    if not locked.startswith(LOCK_MARK):
        raise UnreadableCiphertext("not locked by a passphrase")
    rest = locked[len(LOCK_MARK) :]
    count, rest = rest[:_COUNT_BYTES], rest[_COUNT_BYTES:]
    salt, rest = rest[:_SALT_BYTES], rest[_SALT_BYTES:]
    nonce, rest = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    iterations = int.from_bytes(count, "big")
    if not 0 < iterations <= _MAX_ITERATIONS:
        raise UnreadableCiphertext("damaged")
    key = _derive(passphrase, salt, iterations)
    return _finish(key, nonce, rest[:_TAG_BYTES], rest[_TAG_BYTES:], LOCK_MARK + count)


def _derive(passphrase: str, salt: bytes, iterations: int) -> bytes:
    return PBKDF2HMAC(hashes.SM3(), _KEY_BYTES, salt, iterations).derive(passphrase.encode())


def _recut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of exactly `CHUNK_BYTES`, the last one shorter."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


def _place(number: int, *, is_last: bool) -> bytes:
    return MARK + number.to_bytes(8, "big") + (b"\x01" if is_last else b"\x00")


def _write_chunk(out: BinaryIO, key: bytes, number: int, plain: bytes, *, is_last: bool) -> int:
    nonce = os.urandom(_NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(_place(number, is_last=is_last))
    body = encryptor.update(plain) + encryptor.finalize()
    out.write(len(body).to_bytes(_LENGTH_BYTES, "big") + nonce + encryptor.tag + body)
    return len(plain)


def _open_chunk(key: bytes, number: int, nonce: bytes, tag: bytes, body: bytes, *, is_last: bool) -> bytes:
    return _finish(key, nonce, tag, body, _place(number, is_last=is_last))


def _finish(key: bytes, nonce: bytes, tag: bytes, body: bytes, place: bytes) -> bytes:
    try:
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(place)
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise UnreadableCiphertext(str(error)) from error


def _is_last(source: BinaryIO) -> bool:
    """Whether nothing follows; the source can be sought."""
    if not source.read(1):
        return True
    source.seek(-1, os.SEEK_CUR)
    return False

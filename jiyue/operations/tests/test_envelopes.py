"""Envelopes of a backup: whole, in order, for one key; anything else is refused."""

import itertools
import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import gmssl_pyx
import pytest

from jiyue.core.crypto import KeyPair, PublicKey, UnreadableCiphertext
from jiyue.operations.backup import envelopes
from jiyue.operations.backup.keys import LOCKED_NAME, open_keys
from jiyue.operations.backup.refusals import RestoreRefused

pytestmark = pytest.mark.unit


def make_pair() -> KeyPair:
    point, private = gmssl_pyx.sm2_key_generate()
    return KeyPair(PublicKey(point), private)


PAIR = make_pair()


def sealed(*pieces: bytes) -> bytes:
    out = BytesIO()
    for _done in envelopes.seal_stream(pieces, out, PAIR.public):
        pass
    return out.getvalue()


def opened(data: bytes, pair: KeyPair = PAIR) -> bytes:
    return b"".join(envelopes.open_stream(BytesIO(data), pair))


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 40])
def test_what_goes_in_comes_out(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(envelopes, "CHUNK_BYTES", 16)
    plain = bytes(range(length))
    assert opened(sealed(*(plain[at : at + 7] for at in range(0, length, 7)))) == plain


@pytest.mark.req("SEC-13")
def test_any_change_cut_swap_or_other_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelopes, "CHUNK_BYTES", 16)
    data = sealed(b"a" * 16, b"b" * 16, b"c" * 16)
    chunk = 4 + 12 + 16 + 16
    head, first, second, third = (
        data[: -3 * chunk],
        *(data[len(data) - n * chunk : len(data) - (n - 1) * chunk] for n in (3, 2, 1)),
    )
    assert opened(head + first + second + third) == b"a" * 16 + b"b" * 16 + b"c" * 16
    wrong = [
        head + second + first + third,  # swapped
        head + first + third,  # one taken out
        head + first + second,  # cut off at a border
        data[:-1],
        head + first + first + second + third,  # one twice
        head,
        b"",
        *(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 9)),
    ]
    for text in itertools.chain(wrong):
        with pytest.raises((UnreadableCiphertext, ValueError)):
            opened(text)
    with pytest.raises(UnreadableCiphertext):
        opened(data, make_pair())


def test_passphrase_opens_only_what_it_locked() -> None:
    locked = envelopes.lock(b"the private half", "a passphrase")
    assert envelopes.unlock(locked, "a passphrase") == b"the private half"
    with pytest.raises(UnreadableCiphertext):
        envelopes.unlock(locked, "another one")
    for wrong in (b"x" + locked, locked[:5] + b"\xff" * 4 + locked[9:], locked[:-1], locked[:7]):
        with pytest.raises((UnreadableCiphertext, ValueError)):
            envelopes.unlock(wrong, "a passphrase")


@pytest.mark.parametrize("name", ["../../authorized.key", "/etc/cron.d/x.key", "audit.sh", ".key", "a/b.pub"])
def test_set_of_keys_never_names_a_file_elsewhere(tmp_path: Path, name: str) -> None:
    """Whoever holds the public half can seal a set of keys; what it names stays in the key folder."""
    private = envelopes.lock(PAIR.private + PAIR.public.point, "a passphrase")
    (tmp_path / LOCKED_NAME).write_bytes(private)
    bundle = json.dumps({name: b64encode(b"evil").decode()}).encode()
    (tmp_path / f"keys-20990101T000000Z-{'0' * 16}.sealed").write_bytes(sealed(bundle))
    with pytest.raises(RestoreRefused):
        open_keys(tmp_path, "a passphrase")

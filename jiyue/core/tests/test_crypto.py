"""State cryptography: known values, and nothing opens or verifies that was touched."""

import json
import stat
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from jiyue.core import crypto

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> crypto.KeyPair:
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "JIYUE_KEY_DIR", tmp_path_factory.mktemp("keys"))
    made = crypto.create_key_pair("test")
    patch.undo()
    return made


def test_sm3_gives_the_digests_of_the_standard() -> None:
    """GB/T 32905—2016, appendix A."""
    assert crypto.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert crypto.sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_again(pair: crypto.KeyPair, plain: bytes) -> None:
    assert pair.open(pair.public.seal(plain)) == plain


@pytest.mark.parametrize("place", [0, 5, -40, -1])
def test_touched_ciphertext_does_not_open(pair: crypto.KeyPair, place: int) -> None:
    sealed = bytearray(pair.public.seal("来信内容".encode()))
    sealed[place] ^= 1
    with pytest.raises(crypto.UnreadableCiphertext):
        pair.open(bytes(sealed))


@pytest.mark.parametrize("rubbish", [b"", b"\x00", bytes(range(40)), b"\xff\xff" + b"x" * 50])
def test_rubbish_does_not_open(pair: crypto.KeyPair, rubbish: bytes) -> None:
    with pytest.raises(crypto.UnreadableCiphertext):
        pair.open(rubbish)


def test_signature_holds_for_its_text_only(pair: crypto.KeyPair) -> None:
    signature = pair.sign(b"digest")
    assert pair.public.is_signature_of(b"digest", signature)
    assert not pair.public.is_signature_of(b"digesT", signature)
    assert not pair.public.is_signature_of(b"digest", b"\x00" * len(signature))


def test_keys_are_made_once_and_the_private_half_is_its_owners(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "JIYUE_KEY_DIR", tmp_path)
    first = crypto.create_key_pair("inbox")
    assert crypto.create_key_pair("inbox") == first
    assert crypto.load_public_key("inbox") == first.public
    assert stat.S_IMODE((tmp_path / "inbox.key").stat().st_mode) == 0o600
    assert first.private not in (tmp_path / "inbox.pub").read_bytes()


def test_file_has_the_digest_of_its_bytes_however_long_it_is(tmp_path):
    data = bytes(range(256)) * 5_000  # longer than one piece
    path = tmp_path / "long"
    path.write_bytes(data)
    assert crypto.sm3_file_hex(path) == crypto.sm3_hex(data)


@pytest.mark.parametrize(
    "value", [None, 1.5, '中\u2028"\\', [1, {"b": 2, "a": [True, "𠮷"]}], {"乙": 1, "甲": {}}]
)
def test_canonical_text_is_what_the_plain_encoder_writes(value):
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert crypto.canonical_text(value) == plain

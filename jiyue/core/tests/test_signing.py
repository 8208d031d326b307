"""Signatures and digests name their algorithm, so that both kinds stay readable whichever is chosen."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jiyue.core import crypto, signing

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _keys(settings, tmp_path: Path) -> None:
    settings.JIYUE_KEY_DIR = tmp_path
    crypto.create_key_pair("manifest")
    signing.create_signing_key("manifest")


@pytest.mark.req("SEC-12")
@pytest.mark.parametrize("choice", ["national", "international"])
def test_what_one_choice_signed_verifies_under_the_other(settings, choice):
    settings.JIYUE_CRYPTO = choice
    signature = signing.sign("manifest", b"abc")
    digest = signing.digest(b"abc")
    assert signature.startswith("sm2:" if choice == "national" else "ed25519:")
    settings.JIYUE_CRYPTO = "international" if choice == "national" else "national"
    assert signing.is_signature("manifest", b"abc", signature)
    assert not signing.is_signature("manifest", b"abd", signature)
    assert signing.is_digest_of(b"abc", digest)
    assert not signing.is_digest_of(b"abd", digest)


@pytest.mark.req("SEC-12")
def test_digests_are_those_of_the_standards(settings):
    """GB/T 32905—2016, appendix A; FIPS 180-4, example for "abc"."""
    settings.JIYUE_CRYPTO = "national"
    assert signing.digest(b"abc") == "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    settings.JIYUE_CRYPTO = "international"
    assert signing.digest(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_ed25519_signature_is_that_of_the_standard(settings, tmp_path):
    """RFC 8032, 7.1, test 2."""
    settings.JIYUE_CRYPTO = "international"
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    (tmp_path / "manifest.ed25519.key").write_bytes(secret)
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    (tmp_path / "manifest.ed25519.pub").write_bytes(public)
    signature = signing.sign("manifest", b"\x72")
    assert signature == (
        "ed25519:92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signing.is_signature("manifest", b"\x72", signature)


@pytest.mark.parametrize("signature", ["", "sm2:", "sm2:zz", "sm2:00", "ed25519:00", "rsa:00", "sm2"])
def test_unusable_signatures_prove_nothing(signature):
    assert not signing.is_signature("manifest", b"abc", signature)


def test_digest_of_an_unknown_algorithm_proves_nothing():
    assert not signing.is_digest_of(b"abc", "md5:900150983cd24fb0d6963f7d28e17f72")


def test_private_halves_are_their_owners_only_and_made_once(tmp_path):
    key = tmp_path / "manifest.ed25519.key"
    before = key.read_bytes()
    signing.create_signing_key("manifest")
    assert key.read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_seals_belong_to_a_text_and_a_secret():
    sealer = crypto.Sealer(b"one")
    seal = sealer.seal_of("row")
    assert sealer.is_seal_of("row", seal)
    assert not sealer.is_seal_of("row2", seal)
    assert not crypto.Sealer(b"two").is_seal_of("row", seal)
    assert len(seal) == 32

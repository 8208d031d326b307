"""Digests with SM3: against an independent computation, and renewed in both directions."""

import hashlib
import hmac
from base64 import b64decode
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from jiyue.organizations.credentials.hashers import PBKDF2SM3PasswordHasher

SM3 = "jiyue.organizations.credentials.hashers.PBKDF2SM3PasswordHasher"
ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"


def sm3(data: bytes = b"") -> Any:
    return hashlib.new("sm3", data)


def pbkdf2_by_hand(password: bytes, salt: bytes, iterations: int) -> bytes:
    """One block of RFC 8018 with HMAC-SM3, step by step."""
    block = hmac.new(password, salt + b"\x00\x00\x00\x01", sm3).digest()
    total = int.from_bytes(block, "big")
    for _round in range(iterations - 1):
        block = hmac.new(password, block, sm3).digest()
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(32, "big")


@pytest.mark.unit
@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL hides SM3 from hashlib")
def test_digest_is_pbkdf2_with_hmac_sm3() -> None:
    encoded = PBKDF2SM3PasswordHasher().encode("口令-password", "salt", iterations=7)
    algorithm, iterations, salt, digest = encoded.split("$")
    assert (algorithm, iterations, salt) == ("pbkdf2_sm3", "7", "salt")
    assert b64decode(digest) == pbkdf2_by_hand("口令-password".encode(), b"salt", 7)


@pytest.mark.parametrize(("before", "after"), [(ARGON2, SM3), (SM3, ARGON2)])
def test_digest_of_the_other_kind_is_read_and_renewed(settings, before: str, after: str) -> None:
    settings.PASSWORD_HASHERS = [before, after]
    old = make_password("correct-horse-battery")
    settings.PASSWORD_HASHERS = [after, before]
    renewed: list[str] = []
    assert check_password("correct-horse-battery", old, lambda raw: renewed.append(make_password(raw)))
    assert not check_password("wrong-horse-battery", old)
    assert identify_hasher(renewed[0]).algorithm != identify_hasher(old).algorithm
    assert check_password("correct-horse-battery", renewed[0])


@pytest.mark.unit
def test_digest_with_fewer_iterations_is_renewed() -> None:
    hasher = PBKDF2SM3PasswordHasher()
    salt = hasher.salt()
    assert hasher.must_update(hasher.encode("x", salt, iterations=10))
    assert hasher.iterations >= 600_000

"""Password digests with the national hash function, selectable by setting (SEC-10, SEC-12).

PBKDF2 (RFC 8018) with HMAC-SM3, computed by OpenSSL. 600,000 iterations: the
figure that is recommended for PBKDF2 with HMAC-SHA256, whose digests have the
same length; SM3 takes about five times as long per iteration where the processor
has instructions for SHA-256 but none for SM3, so one check costs a third of a
second. Argon2id resists graphics cards better: it stays the default, SM3 is for
installations that must use national algorithms throughout.
"""

from base64 import b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from django.contrib.auth.hashers import PBKDF2PasswordHasher

DIGEST_BYTES = 32


class PBKDF2SM3PasswordHasher(PBKDF2PasswordHasher):
    """Django's PBKDF2 format, `algorithm$iterations$salt$digest`, with SM3 inside.

    A digest with fewer iterations, or of another algorithm, is renewed at the
    next sign-in, in both directions.
    """

    algorithm = "pbkdf2_sm3"
    iterations = 600_000

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return the digest of a password as it is stored."""
        self._check_encode_args(password, salt)  # type: ignore[attr-defined]  # Django's own, without a type
        iterations = iterations or self.iterations
        kdf = PBKDF2HMAC(hashes.SM3(), DIGEST_BYTES, salt.encode(), iterations)
        return f"{self.algorithm}${iterations}${salt}${b64encode(kdf.derive(password.encode())).decode()}"

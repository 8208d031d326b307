"""The manifest of an export: its list of files, signed with SM2."""

import json
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiyue.core import crypto
from jiyue.publishing.exporting.layout import KEY_NAME, ImportRefused

_POINT_BYTES = 64
MAX_MANIFEST_BYTES = 64 * 1024


def sign(manifest: bytes) -> tuple[str, bytes]:
    """Return the signature in hexadecimal and the public key; the key pair is made at the first export."""
    pair = crypto.create_key_pair(KEY_NAME)
    return pair.sign(manifest).hex(), pair.public.point


def read_key(file: Path) -> crypto.PublicKey:
    """Read a public key: 64 bytes, as they are or in hexadecimal.

    Raises:
        ImportRefused: It can't be read, or is something else.
    """
    try:
        data = file.read_bytes()
        point = data if len(data) == _POINT_BYTES else bytes.fromhex(data.decode("ascii").strip())
    except (OSError, ValueError):
        point = b""
    if len(point) != _POINT_BYTES:
        raise ImportRefused(
            _("%(path)s holds no public key.") % {"path": file},
            fix=_("Get the file export.pub from whoever made the export."),
            code="no_public_key",
        )
    return crypto.PublicKey(point)


def own_key() -> crypto.PublicKey | None:
    """The public key of this platform's own exports; None where it never made one."""
    try:
        return crypto.load_public_key(KEY_NAME)
    except FileNotFoundError:
        return None


def require_signature(manifest: bytes, signature: bytes, trusted: crypto.PublicKey | None) -> None:
    """Make sure that a trusted key signed the manifest.

    Raises:
        ImportRefused: Nobody trusted did.
    """
    key = trusted or own_key()
    try:
        is_signed = key is not None and key.is_signature_of(
            manifest, bytes.fromhex(signature.decode("ascii").strip())
        )
    except ValueError:
        is_signed = False
    if not is_signed:
        raise ImportRefused(
            _("The export isn't signed by a key that this platform trusts."),
            fix=_(
                "If you know who made it: get their public key by a way of its own, compare it, "
                "and name it with --trust-key."
            ),
            code="export_not_trusted",
        )


def parse_manifest(data: bytes) -> dict[str, object]:
    """Return the manifest's values.

    Raises:
        ValueError: It is no JSON object.
    """
    values = json.loads(data)
    if not isinstance(values, dict):
        raise ValueError("the manifest is no object")
    return values

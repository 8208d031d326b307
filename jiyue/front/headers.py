"""Headers of public answers: one table for the embedded server and for nginx."""

import re

from jiyue.publishing.delivery.headers import (
    ASSETS_PREFIX,
    DEFAULT_TYPE,
    IMMUTABLE,
    MEDIA,
    MEDIA_PREFIX,
    REVALIDATE,
    TEXT_TYPES,
    TYPES,
    cache_control,
    content_type,
    is_text,
)

__all__ = [
    "ASSETS_PREFIX",
    "AWAY_SECONDS",
    "CONTENT_SECURITY_POLICY",
    "DEFAULT_TYPE",
    "IMMUTABLE",
    "MEDIA",
    "MEDIA_PREFIX",
    "PRIVATE",
    "REVALIDATE",
    "SECURITY_HEADERS",
    "SECURITY_NAMES",
    "STRICT_TRANSPORT_SECURITY",
    "TEXT_TYPES",
    "TOO_MANY_SECONDS",
    "TYPES",
    "UNCLEAN_PATH",
    "cache_control",
    "content_type",
    "is_text",
]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
SECURITY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
# Where the site's canonical address is https; nginx says it, which holds the certificate.
STRICT_TRANSPORT_SECURITY = ("Strict-Transport-Security", "max-age=31536000")
SECURITY_NAMES = frozenset(name.lower() for name, _value in SECURITY_HEADERS)

PRIVATE = "no-store"  # answers to one visitor
TOO_MANY_SECONDS = 30  # after which somebody who asked too often may ask again
AWAY_SECONDS = 60  # after which something that is down may be asked again

# Paths that name no published file, whatever lies on the disk: hidden files and `..`, empty
# segments, backslashes, control characters, doubly encoded characters, precompressed copies.
UNCLEAN_PATH = re.compile(r"(?:/\.|//|[\\%\x00-\x1f\x7f]|\.gz$)")

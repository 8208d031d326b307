"""Which addresses a link or an image may have."""

import re
from urllib.parse import urlsplit

ALLOWED_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
MAX_ADDRESS_CHARS = 2_000  # characters; browsers and proxies cut longer ones

_IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_COLON_BEFORE_PATH = re.compile(r"[^/?#]*:")
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_UNSAFE = {ord(character): f"%{ord(character):02X}" for character in ' "<>^`{|}[]'}
_MEDIA = re.compile(r"/media/(?:[\w-][\w.-]{0,200}/){0,6}[\w-][\w.-]{0,200}")


def safe_link(address: str | None) -> str:
    """Return the address of a link as it may be published, or "" when it may not.

    Allowed are http, https, mailto and tel, and addresses relative to the site.
    A bare fragment leads nowhere, because bodies carry no anchors.
    """
    cleaned = _IGNORED.sub(" ", address or "").strip()
    if not cleaned or cleaned[0] == "#" or len(cleaned) > MAX_ADDRESS_CHARS:
        return ""
    compact = cleaned.replace(" ", "").replace("\\", "/")
    scheme = _SCHEME.match(compact)
    if scheme is None:
        return "" if compact.startswith("//") or _COLON_BEFORE_PATH.match(compact) else _encoded(cleaned)
    if scheme[1].lower() not in ALLOWED_SCHEMES:
        return ""
    return _encoded(cleaned) if _is_complete(compact) else ""


def safe_image_source(source: str | None) -> str:
    """Return the address of an image in the media store, or ""."""
    cleaned = (source or "").strip()
    return cleaned if _MEDIA.fullmatch(cleaned) else ""


def _is_complete(address: str) -> bool:
    try:
        parts = urlsplit(address)
        has_target = bool(parts.hostname) if parts.scheme in {"http", "https"} else bool(parts.path)
    except ValueError:
        return False
    return has_target


def _encoded(address: str) -> str:
    return _STRAY_PERCENT.sub("%25", address.replace("\\", "/")).translate(_UNSAFE)

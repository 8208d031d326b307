"""One short name for what an item says, whatever its layout: equal texts have equal fingerprints."""

import re
import unicodedata

from jiyue.core import crypto
from jiyue.library.content import ResourceContent
from jiyue.library.richtext import html_to_text

_IGNORED = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


def normalise(text: str) -> str:
    """Return `text` without spaces and invisible marks, full-width letters and digits made plain."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).lower()


def fingerprint(title: str, text: str) -> str:
    """SM3 over normalised title and text.

    Source: GL 二(二)2; NB 20-21 (LIB-14): doubles are told by what they say.
    """
    return crypto.sm3_hex(f"{normalise(title)}\n{normalise(text)}".encode())


def fingerprint_of(content: ResourceContent) -> str:
    """Fingerprint of an item's title and body."""
    return fingerprint(content.title, html_to_text(content.body_html))

"""Text as every database stores it."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return `text` without the characters that no database stores: NUL and half surrogates."""
    return _UNSTORABLE.sub("", text)

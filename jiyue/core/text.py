"""Text as every database stores it."""

import re

_FORMULA_STARTS = frozenset("=+-@\t\r")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return `text` without the characters that no database stores: NUL and half surrogates."""
    return _UNSTORABLE.sub("", text)


def spreadsheet_safe(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before it."""
    return f"'{text}" if text[:1] in _FORMULA_STARTS else text

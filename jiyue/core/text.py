"""Text as every database stores it and every reader sees it."""

import re

_FORMULA_STARTS = frozenset("=+-@\t\r")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\u202d\u202e]")


def storable(text: str) -> str:
    """Return `text` without what no database stores (NUL, half surrogates) and without direction overrides.

    An override shows the letters after it in another order than they are stored: a reason that reads
    one way on screen and another way in the trail.
    """
    return _UNSTORABLE.sub("", text)


def spreadsheet_safe(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before it."""
    return f"'{text}" if text[:1] in _FORMULA_STARTS else text

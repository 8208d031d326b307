"""Numbers in addresses and forms, which anybody may have typed."""

import re

_KEY = re.compile(r"[0-9]{1,18}")  # every row number, and nothing that a database can't hold


def read_key(text: str | None) -> int | None:
    """Return the row number that `text` is, or None."""
    return int(text) if text and _KEY.fullmatch(text) else None


def read_keys(texts: list[str]) -> list[int]:
    """Return the row numbers among `texts`."""
    return [number for text in texts if (number := read_key(text)) is not None]

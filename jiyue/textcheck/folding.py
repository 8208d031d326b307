"""A text as checks read it: nothing hides behind full-width digits or invisible characters."""

import unicodedata
from functools import lru_cache

# Characters without width that split words for programs and not for people, and direction marks.
INVISIBLE = frozenset(
    map(chr, (0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F)))
) | frozenset(map(chr, (*range(0x2060, 0x2070), 0xFEFF, *range(0xFE00, 0xFE10))))
_FULL_WIDTH = {0x3000: " ", 0xA0: " ", 0xFF20: "@", 0xFF0D: "-", 0xFF0E: ".", 0xFF1A: "：", 0xFF0F: "/"}
_LETTERS = {code: chr(code - 0xFEE0) for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}


class Folded:
    """A text without invisible characters, its letters and digits in plain width.

    Attributes:
        original: The text as it was.
        text: The text to be searched.
    """

    def __init__(self, original: str):
        self.original = original
        characters = set(original)
        hidden = characters & INVISIBLE
        self._offsets: list[int] | None = None
        kept = original
        if hidden:
            self._offsets = [at for at, character in enumerate(original) if character not in hidden]
            kept = "".join(original[at] for at in self._offsets)
        table = _table("".join(sorted(character for character in characters if ord(character) > 127)))
        self.text = kept.translate(table) if table else kept

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of `text` lies in the original, invisible characters inside it included."""
        if self._offsets is None:
            return start, end
        if start >= len(self._offsets):
            return len(self.original), len(self.original)
        first = self._offsets[start]
        return first, self._offsets[end - 1] + 1 if end > start else first


@lru_cache(maxsize=64)
def _table(characters: str) -> dict[int, str]:
    """What to write for the given characters; each becomes exactly one character."""
    table: dict[int, str] = {}
    for character in characters:
        code = ord(character)
        if code in _FULL_WIDTH:
            table[code] = _FULL_WIDTH[code]
        elif code in _LETTERS:
            table[code] = _LETTERS[code]
        elif unicodedata.category(character) == "Nd":
            table[code] = str(unicodedata.digit(character))
    return table

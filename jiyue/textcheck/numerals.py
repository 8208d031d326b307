"""Numbers and days written in Chinese characters, turned into Arabic numerals."""

import tomllib
from functools import cache

from jiyue.textcheck.words import DATA


@cache
def _values(kind: str) -> dict[str, int]:
    with (DATA / "numerals.toml").open("rb") as file:
        table: dict[str, int] = tomllib.load(file)[kind]
    return table


def to_number(words: str) -> int:
    """The number that the characters say, e.g. 120 for a hundred and twenty.

    Raises:
        KeyError: A character is no numeral.
    """
    digits, units, large = _values("digits"), _values("units"), _values("large")
    total = section = digit = 0
    for character in words:
        if character in units:
            section += (digit or 1) * units[character]
            digit = 0
        elif character in large:
            total += (section + digit) * large[character]
            section = digit = 0
        else:
            digit = digits[character]
    return total + section + digit


def to_digits(characters: str) -> str:
    """Characters read one by one, as years are written.

    Raises:
        KeyError: A character is no numeral.
    """
    digits = _values("digits") | _values("formal")
    return "".join(str(digits[character]) for character in characters)

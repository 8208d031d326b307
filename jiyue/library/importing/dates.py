"""Dates as Chinese documents write them."""

import re
from dataclasses import dataclass
from datetime import date

EARLIEST_YEAR = 1900
LATEST_YEAR = 2100

_DIGITS = {character: str(value) for value, character in enumerate("〇一二三四五六七八九")} | {
    "○": "0",
    "零": "0",
    "Ｏ": "0",
    "O": "0",
    "０": "0",
}
_NUMERAL = "[〇○零Ｏ一二三四五六七八九十]"
_ARABIC = re.compile(
    r"(?<!\d)((?:19|20|21)\d{2})\s?(?:年|[-./])\s?(\d{1,2})\s?(?:月|[-./])\s?(\d{1,2})(?!\d)\s?日?"
)
_CHINESE = re.compile(
    rf"([一二][〇○零ＯO0一二三四五六七八九]{{3}})\s?年\s?({_NUMERAL}{{1,3}})\s?月\s?({_NUMERAL}{{1,3}})\s?日"
)
_GARBLED = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2,4})日")


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as a text states it; `day` is None for a day no calendar has."""

    text: str
    day: date | None
    start: int
    end: int


def find_dates(text: str) -> list[WrittenDate]:
    """Return every date written in a text, in order, impossible ones included."""
    if "年" not in text and not any(character.isdecimal() for character in text):
        return []
    found = [_arabic_date(match) for match in _ARABIC.finditer(text)]
    if "年" in text:
        found += [_chinese_date(match) for match in _CHINESE.finditer(text)]
    return sorted(found, key=lambda written: written.start)


def whole_date(text: str) -> WrittenDate | None:
    """Return the date that a line consists of, or None when it says anything else."""
    stripped = text.strip()
    found = find_dates(stripped)
    return found[0] if len(found) == 1 and len(found[0].text.strip()) == len(stripped) else None


def garbled_date(text: str) -> tuple[str, int] | None:
    """Return the digits and the year of a date whose separators were lost.

    `2023731日` came from `2023年7月31日`: digits without separators can't be
    read with certainty, so that they only confirm a date known from elsewhere.
    """
    match = _GARBLED.fullmatch(text.strip())
    return (match[1] + match[2], int(match[1])) if match else None


def confirms(digits: str, day: date) -> bool:
    """Tell whether separator-less digits are this date."""
    return digits in {f"{day.year}{day.month}{day.day}", f"{day.year}{day.month:02}{day.day:02}"}


def long_form(day: date) -> str:
    """Return a date the way official documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def _arabic_date(match: re.Match[str]) -> WrittenDate:
    return _written(match, int(match[1]), int(match[2]), int(match[3]))


def _chinese_date(match: re.Match[str]) -> WrittenDate:
    year = int("".join(_DIGITS.get(character, character) for character in match[1]))
    return _written(match, year, _small_number(match[2]), _small_number(match[3]))


def _written(match: re.Match[str], year: int, month: int, day: int) -> WrittenDate:
    try:
        exact = date(year, month, day) if EARLIEST_YEAR <= year <= LATEST_YEAR else None
    except ValueError:
        exact = None
    return WrittenDate(match[0].strip(), exact, match.start(), match.end())


def _small_number(text: str) -> int:
    """Read a month or day in Chinese numerals: 十 is 10, 二十一 is 21, 一○ is 10."""
    if "十" not in text:
        return int("".join(_DIGITS[character] for character in text))
    tens, _, ones = text.partition("十")
    return (int(_DIGITS.get(tens, "1")) if tens else 1) * 10 + (int(_DIGITS.get(ones, "0")) if ones else 0)

"""Fixed formulas whose parts stand in a fixed order."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.patterns import find_patterns
from jiyue.textcheck.wordchecks import check_misstatement_words
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import DATA

_CLAUSE = "HT 附件(单项否决1)"


@dataclass(frozen=True)
class Formula:
    """Parts in their order.

    Attributes:
        items: The parts.
        least: How many of them must stand together before their order is judged.
        source: Which formula it is, in words.
        pattern: Several parts side by side.
        part: One part.
    """

    items: tuple[str, ...]
    least: int
    source: str
    pattern: re.Pattern[str]
    part: re.Pattern[str]

    def misorders(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Places where the parts stand in another order, with the right one."""
        for match in self.pattern.finditer(text):
            found = self.part.findall(match[0])
            places = [self.items.index(item) for item in found]
            if len(set(found)) == len(found) >= self.least and places != sorted(places):
                marks = iter(self.part.split(match[0])[1:-1])
                ordered = [self.items[place] for place in sorted(places)]
                right = "".join(item + next(marks, "") for item in ordered)
                yield match.start(), match.end(), right


@cache
def formulas() -> tuple[Formula, ...]:
    """The formulas of `data/orders.toml`."""
    with (DATA / "orders.toml").open("rb") as file:
        entries = tomllib.load(file)["formula"]
    return tuple(_formula(tuple(entry["items"]), entry["least"], entry["source"]) for entry in entries)


def _formula(items: tuple[str, ...], least: int, source: str) -> Formula:
    part = "|".join(re.escape(item) for item in sorted(items, key=len, reverse=True))
    mark = "[、，,和与及 ]{1,2}"
    pattern = f"(?:{part})(?:{mark}(?:{part})){{{least - 1},{len(items)}}}"
    return Formula(items, least, source, re.compile(pattern), re.compile(part))


def check_misstatements(field: Field) -> Iterator[Hit]:
    """Serious misstatements: words, patterns, and formulas in the wrong order.

    Source: HT 附件(单项否决1); GL 八(二)1-2 (REV-25).
    """
    yield from check_misstatement_words(field)
    yield from find_patterns("misstatements.toml", field.text)
    for formula in formulas():
        for start, end, right in formula.misorders(field.text):
            message, fix = explain("misstatements.order", field.text[start:end], right, formula.source)
            yield Hit("misstatements.order", start, end, Severity.ERROR, message, fix, right, _CLAUSE)

"""Rules that are patterns: read from `data/*.toml`, compiled once, each with its examples."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import DATA, MAX_EQUAL


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule.

    Attributes:
        name: Stable name: the rule set, a dot, the rule.
        pattern: What is looked for; repetitions are bounded, so that the work stays linear.
        severity: How much a hit weighs.
        clause: Where the regulation says so.
        replacement: Template over the groups of the pattern; empty where what is right depends.
        note: What the message names beside the words in question.
        white: Longer phrases in which the words are right.
        positive: Texts in which the rule must find something.
        negative: Texts in which it mustn't.
    """

    name: str
    pattern: re.Pattern[str]
    severity: Severity
    clause: str
    replacement: str = ""
    note: str = ""
    white: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Places outside the white phrases; of equal ones the first `MAX_EQUAL`."""
        seen: Counter[str] = Counter()
        for match in self.pattern.finditer(text):
            if seen[match[0]] < MAX_EQUAL and not self._is_white(text, match.start(), match.end()):
                seen[match[0]] += 1
                yield match

    def _is_white(self, text: str, start: int, end: int) -> bool:
        for phrase in self.white:
            first = max(0, end - len(phrase))
            at = text.find(phrase, first, start + len(phrase))
            if at >= 0:
                return True
        return False

    def hit(self, match: re.Match[str], *, replacement: str | None = None) -> Hit:
        """A hit at a match, worded for people."""
        right = replacement if replacement is not None else self._right(match)
        message, fix = explain(self.name, match[0], right or "", self.note)
        return Hit(
            rule=self.name,
            start=match.start(),
            end=match.end(),
            severity=self.severity,
            message=message,
            fix=fix,
            replacement=right,
            clause=self.clause,
        )

    def _right(self, match: re.Match[str]) -> str | None:
        return match.expand(self.replacement) if self.replacement else None


def find_patterns(name: str, text: str) -> Iterator[Hit]:
    """Hits of all plain rules of a file, in the order of the file."""
    for rule in load_patterns(name).values():
        for match in rule.matches(text):
            yield rule.hit(match)


@cache
def load_patterns(name: str) -> Mapping[str, Pattern]:
    """The rules of one file of `data/`, by name."""
    with (DATA / name).open("rb") as file:
        return {rule["name"]: _read(rule) for rule in tomllib.load(file)["rule"]}


def _read(rule: Mapping[str, Any]) -> Pattern:
    return Pattern(
        name=rule["name"],
        pattern=re.compile(rule["pattern"]),
        severity=Severity(rule["severity"]),
        clause=rule["clause"],
        replacement=rule.get("replacement", ""),
        note=rule.get("note", ""),
        white=tuple(rule.get("white", ())),
        positive=tuple(rule["positive"]),
        negative=tuple(rule["negative"]),
    )

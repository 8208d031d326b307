"""Form of titles (REV-21)."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from jiyue.textcheck.fields import Field, Role
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import DATA

CLAUSE = "HT 二(二)2(1)"
_MARKS = re.compile(r"[^\w\s]")
_QUESTION_MARK = re.compile("[？?]")
_EXCLAMATION_MARK = re.compile("[！!]")


@cache
def style_words() -> dict[str, Any]:
    """Words that the form of titles and texts is judged by."""
    with (DATA / "ht_words.toml").open("rb") as file:
        return tomllib.load(file)


def check_title(field: Field) -> Iterator[Hit]:
    """Length, declarative form, few marks, short names of units.

    Source: HT 二(二)2(1) (REV-21).
    """
    if field.role != Role.TITLE or field.about.is_imported or not field.text.strip():
        return
    text = field.text.rstrip()
    yield from _length(text, field.about.title_max_chars)
    yield from _questions(text)
    yield from _imperatives(text)
    yield from _exclamations(text)
    yield from _marks(text, field.about.title_max_marks)
    yield from _unit_names(field, text)


def _length(text: str, limit: int) -> Iterator[Hit]:
    if limit and len(text) > limit:
        yield _hit("ht_title.length", limit, len(text), text, note=str(len(text) - limit))


def _questions(text: str) -> Iterator[Hit]:
    words = style_words()
    match = _QUESTION_MARK.search(text)
    if match:
        yield _hit("ht_title.question", match.start(), match.end(), text)
        return
    yield from _ending("ht_title.question", text, words["question_endings"])
    yield from _beginning("ht_title.question", text, words["question_starts"])


def _imperatives(text: str) -> Iterator[Hit]:
    yield from _beginning("ht_title.imperative", text, style_words()["imperative_starts"])


def _exclamations(text: str) -> Iterator[Hit]:
    match = _EXCLAMATION_MARK.search(text)
    if match:
        yield _hit("ht_title.exclamation", match.start(), match.end(), text)
    else:
        yield from _ending("ht_title.exclamation", text, style_words()["exclamation_endings"])


def _ending(rule: str, text: str, words: list[str]) -> Iterator[Hit]:
    for word in words:
        if text.endswith(word):
            yield _hit(rule, len(text) - len(word), len(text), text)
            return


def _beginning(rule: str, text: str, words: list[str]) -> Iterator[Hit]:
    for word in words:
        if text.startswith(word):
            yield _hit(rule, 0, len(word), text)
            return


def _marks(text: str, limit: int) -> Iterator[Hit]:
    uncounted = style_words()["uncounted_marks"]
    marks = [match for match in _MARKS.finditer(text) if match[0] not in uncounted]
    if limit >= 0 and len(marks) > limit:
        first = marks[limit]
        yield _hit("ht_title.marks", first.start(), first.end(), text, Severity.WARNING)


def _unit_names(field: Field, text: str) -> Iterator[Hit]:
    for name, short in field.about.short_names.items():
        start = text.find(name)
        if start >= 0 and short and short != name:
            yield _hit(
                "ht_title.unit_name", start, start + len(name), text, Severity.WARNING, replacement=short
            )


def _hit(
    rule: str,
    start: int,
    end: int,
    text: str,
    severity: Severity = Severity.ERROR,
    *,
    note: str = "",
    replacement: str | None = None,
) -> Hit:
    message, fix = explain(rule, text[start:end], replacement or "", note)
    return Hit(rule, start, end, severity, message, fix, replacement, CLAUSE)

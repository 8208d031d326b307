"""Numbers, dates and punctuation that are wrong wherever they stand."""

import calendar
import re
from collections.abc import Iterator
from itertools import islice

from jiyue.textcheck.fields import Field, Role
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.patterns import find_patterns
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import MAX_EQUAL

_DATE = re.compile(r"(?<!\d)((?:18|19|20)\d{2})年(\d{1,2})月(?:(\d{1,2})日)?")
_MONTH_DAY = re.compile(r"(?<![\d年])(\d{1,2})月(\d{1,2})日")
_LEAP_YEAR = 2000  # a date without a year may lie in a leap year
_MONTHS = 12
_PAIRS = {"“": "”", "《": "》", "（": "）", "〔": "〕", "【": "】", "「": "」"}
_OPENING = {closing: opening for opening, closing in _PAIRS.items()}
_MARKS = re.compile("[" + "".join(map(re.escape, (*_PAIRS, *_OPENING))) + "]")
_FULL_BRACKETS = {ord("("): "（", ord(")"): "）"}
_LISTED = re.compile(r"(?:^|[，。；：、\s])[（(]?[\w]{1,4}$")  # “1）” and “一）” number a list


def check_general_form(field: Field) -> Iterator[Hit]:
    """Dates that don't exist, document numbers, doubled, half-width and unpaired marks.

    Source: GB/T 9704—2012; GB/T 15834—2011; GB/T 15835—2011; GL 八(二)1 (REV-25).
    """
    if field.about.is_imported:
        return
    yield from find_patterns("general.toml", field.text)
    yield from _impossible_dates(field.text)
    yield from islice(_unpaired(field.text), MAX_EQUAL)
    if field.role == Role.TITLE and field.text.rstrip().endswith("。"):
        yield _stop(field.text.rstrip())


def _impossible_dates(text: str) -> Iterator[Hit]:
    for match in _DATE.finditer(text):
        if not _exists(int(match[1]), int(match[2]), int(match[3] or 1)):
            yield _hit("general_form.no_such_day", match.start(), match.end(), text, Severity.ERROR)
    for match in _MONTH_DAY.finditer(text):
        if not _exists(_LEAP_YEAR, int(match[1]), int(match[2])):
            yield _hit("general_form.no_such_day", match.start(), match.end(), text, Severity.ERROR)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= _MONTHS and 1 <= day <= calendar.monthrange(year, month)[1]


def _unpaired(text: str) -> Iterator[Hit]:
    """Marks without a counterpart in their paragraph; a quotation may open anew in every paragraph."""
    offset = 0
    for line in text.translate(_FULL_BRACKETS).split("\n"):
        waiting: list[tuple[str, int]] = []
        for match in _MARKS.finditer(line):
            mark = match[0]
            if mark in _PAIRS:
                waiting.append((mark, match.start()))
            elif waiting and waiting[-1][0] == _OPENING[mark]:
                waiting.pop()
            elif any(opening == _OPENING[mark] for opening, _at in waiting):
                while waiting.pop()[0] != _OPENING[mark]:
                    pass
            elif not _is_list_number(mark, line, match.start()):
                yield _mark(offset + match.start(), text)
        for mark, at in waiting:
            if mark != "“" or not line.startswith("“"):
                yield _mark(offset + at, text)
        offset += len(line) + 1


def _is_list_number(mark: str, line: str, at: int) -> bool:
    return mark == "）" and bool(_LISTED.search(line[max(0, at - 6) : at]))


def _mark(at: int, text: str) -> Hit:
    return _hit("general_form.unpaired", at, at + 1, text, Severity.ADVICE)


def _stop(text: str) -> Hit:
    message, fix = explain("general_form.title_stop", "。")
    end = len(text)
    return Hit("general_form.title_stop", end - 1, end, Severity.WARNING, message, fix, "", "GB/T 15834—2011")


def _hit(rule: str, start: int, end: int, text: str, severity: Severity) -> Hit:
    message, fix = explain(rule, text[start:end])
    return Hit(rule, start, end, severity, message, fix, None, "GB/T 15834—2011; GB/T 15835—2011")

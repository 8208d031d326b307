"""Form of texts (REV-22)."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from jiyue.textcheck.circumstances import Circumstances, Leader
from jiyue.textcheck.fields import Field, Role
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.numerals import to_digits, to_number
from jiyue.textcheck.patterns import load_patterns
from jiyue.textcheck.titles import style_words
from jiyue.textcheck.wording import explain

CLAUSE = "HT 二(二)2(2)"
_FULL_DATE = re.compile(r"(?:18|19|20)\d{2}年(?:1[0-2]|0?[1-9])月")
_SHORT_DATE = re.compile(r"(?<![\d年])(?:1[0-2]|0?[1-9])月(?:3[01]|[12]\d|0?[1-9])日")
_QUOTES = re.compile("[“”]")
_BEFORE_NAME = 24  # characters before a leader's name in which unit and post are looked for
Right = Callable[[re.Match[str], Circumstances], str | None]


def check_body(field: Field) -> Iterator[Hit]:
    """First person, days, dates, numerals, leaders, paragraphs, the four elements of news.

    Source: HT 二(二)2(2) (REV-22).
    """
    if field.about.is_imported or not field.text.strip():
        return
    if field.role == Role.TITLE:
        yield from _patterns(field, ("ht_text.first_person", "ht_text.relative_day", "ht_text.vague_day"))
        return
    if field.name not in ("body_html", "summary"):
        return
    yield from _patterns(field, tuple(load_patterns("ht.toml")))
    yield from _leaders(field)
    if field.role == Role.BODY:
        yield from _short_dates(field.text)
        yield from _paragraphs(field.text, field.about.paragraph_max_chars)
        yield from _elements(field)


def _patterns(field: Field, names: tuple[str, ...]) -> Iterator[Hit]:
    quoted = _quotations(field.text)
    for name in names:
        rule = load_patterns("ht.toml")[name]
        right = _RIGHT.get(name)
        for match in rule.matches(field.text):
            if _lies_in(match.start(), quoted):
                continue  # what somebody said stays as it was said
            yield rule.hit(match, replacement=right(match, field.about) if right else None)


def _quotations(text: str) -> list[tuple[int, int]]:
    """Stretches inside quotation marks, in their order."""
    stretches, start = [], -1
    for match in _QUOTES.finditer(text):
        if match[0] == "“":
            start = match.start() if start < 0 else start
        elif start >= 0:
            stretches.append((start, match.end()))
            start = -1
    return stretches


def _lies_in(at: int, stretches: list[tuple[int, int]]) -> bool:
    low, high = 0, len(stretches)
    while low < high:
        middle = (low + high) // 2
        if stretches[middle][1] <= at:
            low = middle + 1
        else:
            high = middle
    return low < len(stretches) and stretches[low][0] <= at


def _own_name(match: re.Match[str], about: Circumstances) -> str | None:
    """The unit or place that the first person means: a name that ends so, or begins with such a place."""
    ending = match[1]
    for name in about.unit_names:
        if name.endswith(ending):
            return name
    for name in about.unit_names:
        at = name.find(ending, 2)
        if at > 0:
            return name[: at + len(ending)]
    return None


def _event_day(match: re.Match[str], about: Circumstances) -> str | None:
    day = about.event_on
    if day is None or match[0] not in style_words()["same_day"]:
        return None
    return str(style_words()["date"]).format(year=day.year, month=day.month, day=day.day)


def _plain_date(match: re.Match[str], _about: Circumstances) -> str | None:
    return str(style_words()["date"]).format(year=match[1], month=int(match[3]), day=int(match[4]))


def _chinese_date(match: re.Match[str], _about: Circumstances) -> str | None:
    parts = style_words()["date_parts"]
    right = f"{to_digits(match[1])}{parts[0]}"
    for group, part in ((match[2], parts[1]), (match[3], parts[2])):
        right += f"{to_number(group)}{part}" if group else ""
    return right


def _arabic(match: re.Match[str], _about: Circumstances) -> str | None:
    return str(to_number(match[1]))


def _percent(match: re.Match[str], _about: Circumstances) -> str | None:
    return f"{to_number(match[1])}%"


_RIGHT: Mapping[str, Right] = {
    "ht_text.first_person": _own_name,
    "ht_text.relative_day": _event_day,
    "ht_text.date_digits": _plain_date,
    "ht_text.date_chinese": _chinese_date,
    "ht_text.numerals": _arabic,
    "ht_text.percent": _percent,
}


def _leaders(field: Field) -> Iterator[Hit]:
    """A leader's first mention without unit and post; later ones are free."""
    for leader in field.about.leaders:
        at = field.text.find(leader.name) if len(leader.name) > 1 else -1
        if at >= 0 and not _is_introduced(field.text[max(0, at - _BEFORE_NAME) : at], leader):
            end = at + len(leader.name)
            full = f"{leader.unit}{leader.post}{leader.name}"
            right = full if leader.post else None
            yield _hit("ht_text.leader", at, end, field.text, Severity.WARNING, full, right)


def _is_introduced(before: str, leader: Leader) -> bool:
    if leader.post:
        return leader.post in before
    return any(post in before for post in style_words()["posts"])


def _short_dates(text: str) -> Iterator[Hit]:
    match = _SHORT_DATE.search(text)
    if match and not _FULL_DATE.search(text):
        yield _hit("ht_text.date_short", match.start(), match.end(), text, Severity.WARNING)


def _paragraphs(text: str, limit: int) -> Iterator[Hit]:
    if not limit:
        return
    offset = 0
    for line in text.split("\n"):
        if len(line) > limit and "\t" not in line:  # rows of tables are no paragraphs
            yield _hit(
                "ht_text.paragraph", offset + limit, offset + limit, text, Severity.ADVICE, str(len(line))
            )
        offset += len(line) + 1


@cache
def _element_patterns() -> Mapping[str, re.Pattern[str]]:
    words = style_words()
    return {
        "ht_text.no_time": re.compile(words["time_pattern"]),
        "ht_text.no_place": re.compile("|".join(map(re.escape, words["place_words"]))),
        "ht_text.no_person": re.compile("|".join(map(re.escape, words["person_words"]))),
        "ht_text.no_event": re.compile("|".join(map(re.escape, words["event_words"]))),
    }


def _elements(field: Field) -> Iterator[Hit]:
    """Time, place, person and event, where an item of news lacks one."""
    if not field.about.is_news:
        return
    end = len(field.text)
    for rule, pattern in _element_patterns().items():
        if not pattern.search(field.text) and not (rule == "ht_text.no_person" and _names_a_unit(field)):
            yield _hit(rule, end, end, field.text, Severity.ADVICE)


def _names_a_unit(field: Field) -> bool:
    return any(name in field.text for name in field.about.unit_names)


def _hit(
    rule: str,
    start: int,
    end: int,
    text: str,
    severity: Severity,
    note: str = "",
    replacement: str | None = None,
) -> Hit:
    message, fix = explain(rule, text[start:end], replacement or "", note)
    return Hit(rule, start, end, severity, message, fix, replacement, CLAUSE)

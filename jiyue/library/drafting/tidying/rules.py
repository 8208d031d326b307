"""The rules of the clean-up, each from a line to its edits.

Source: HT 二(二)2(2) (REV-24); forms of GB/T 9704-2012 7.3 (levels of numbering, year of a
document number in 〔〕) and GB/T 15834-2011 (Chinese punctuation), as product decisions.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.drafting.tidying.lines import HAN, Edit, Line

_FULL_WIDTH = dict(zip(",;!?:", "，；！？：", strict=True))
_CLOSERS = "”’》〉）】〕」』"
_NUMERALS = "一二三四五六七八九十百"


@dataclass(frozen=True)
class Change:
    """What one rule did.

    Attributes:
        code: Stable name of the rule.
        label: What it does, in words.
        count: How many places it changed.
        before: The first place as it was, with a few characters around it.
        after: The same place now.
    """

    code: str
    label: Promise | str
    count: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Rule:
    """A named rule of the clean-up."""

    code: str
    label: Promise
    find: Callable[[Line], Iterator[Edit]]


def _substitutions(
    pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str], line: Line
) -> Iterator[Edit]:
    for match in pattern.finditer(line.text):
        text = replacement(match)
        if text != match[0]:
            yield Edit(match.start(), match.end(), text)


_LETTERS = re.compile("[０-９Ａ-Ｚａ-ｚ％]")


def narrow_letters(line: Line) -> Iterator[Edit]:
    """Digits and Latin letters are written half-width."""
    return _substitutions(_LETTERS, lambda match: chr(ord(match[0]) - 0xFEE0), line)


_DOCUMENT_YEAR = re.compile(r"[\[(（【［]((?:19|20)\d\d)[\])）】］](?=第?\d{1,5}号)")


def bracket_years(line: Line) -> Iterator[Edit]:
    """The year of a document number stands in 〔〕."""
    return _substitutions(_DOCUMENT_YEAR, lambda match: f"〔{match[1]}〕", line)


_ROUND_NUMBER = re.compile(rf"^[(（]([{_NUMERALS}]{{1,4}})[)）][、.．]? ?")
_POINT_NUMBER = re.compile(rf"^([{_NUMERALS}]{{1,4}})[.．、,，] ?(?={HAN})")
_DIGIT_NUMBER = re.compile(rf"^(\d{{1,2}})(?:[.．] +|．|、 ?)(?={HAN})")


def write_numbers(line: Line) -> Iterator[Edit]:
    """The four levels of numbering are 一、 （一） 1. （1）."""
    for pattern, form in ((_ROUND_NUMBER, "（{}）"), (_POINT_NUMBER, "{}、"), (_DIGIT_NUMBER, "{}.")):
        match = pattern.match(line.text)
        if match is not None:
            text = form.format(match[1])
            if text != match[0]:
                yield Edit(match.start(), match.end(), text)
            return


_ELLIPSIS = re.compile(rf"(?<=[^\x00-\x7f])\.{{3,}}|。{{3,}}|(?<!…)…(?!…)|…{{3,}}|…\.+(?=\Z|{HAN})")


def write_ellipses(line: Line) -> Iterator[Edit]:
    """An ellipsis is ……."""
    return _substitutions(_ELLIPSIS, lambda _match: "……", line)


_MARK = re.compile(rf"(?<={HAN}|[{_CLOSERS}])[,;!?:](?!//)|(?<=[A-Za-z0-9%])[,;!?](?={HAN})")


def widen_marks(line: Line) -> Iterator[Edit]:
    """Punctuation beside Chinese characters is full-width."""
    return _substitutions(_MARK, lambda match: _FULL_WIDTH[match[0]], line)


_FULL_STOP = re.compile(
    rf"(?<={HAN}{HAN}{HAN}{HAN})\.(?={HAN})|(?<={HAN}|[{_CLOSERS}])\.(?=\Z|[ \n{_CLOSERS}])"
)


def widen_full_stops(line: Line) -> Iterator[Edit]:
    """A sentence ends with 。."""
    return _substitutions(_FULL_STOP, lambda _match: "。", line)


_PARENTHESES = re.compile(r"[(（]([^()（）\n]{1,300})[)）]")
_HAN = re.compile(HAN)


def widen_parentheses(line: Line) -> Iterator[Edit]:
    """Parentheses around Chinese text are full-width, and both of a pair alike."""
    for match in _PARENTHESES.finditer(line.text):
        if _HAN.search(match[1]) is None and (match[0][0] == "(") == (match[0][-1] == ")"):
            continue
        for position, mark in ((match.start(), "（"), (match.end() - 1, "）")):
            if line.text[position] != mark:
                yield Edit(position, position + 1, mark)


_STRAIGHT = re.compile('"')
_CORNERS = str.maketrans("「」『』", "“”‘’")
_CORNER = re.compile("[「」『』]")


def curl_quotes(line: Line) -> Iterator[Edit]:
    """Quotation marks in Chinese text are “ ” and ‘ ’."""
    edits = list(_substitutions(_CORNER, lambda match: match[0].translate(_CORNERS), line))
    marks = list(_STRAIGHT.finditer(line.text)) if _HAN.search(line.text) else []
    if len(marks) % 2 == 0:
        edits += [
            Edit(mark.start(), mark.end(), "“" if index % 2 == 0 else "”") for index, mark in enumerate(marks)
        ]
    return iter(sorted(edits, key=lambda edit: edit.start))


_REPEATED = re.compile("([，。；：、！？])\\1+")


def single_marks(line: Line) -> Iterator[Edit]:
    """A mark of punctuation stands once."""
    return _substitutions(
        _REPEATED,
        lambda match: match[0] if match[1] in "！？" or match[0].startswith("。。。") else match[1],
        line,
    )


_BESIDE_MARK = re.compile(
    rf"(?<=[，。；：！？、（《“”》）]) +(?={HAN}|[（《“”》），。；：！？、])"
    rf"|(?<={HAN}) +(?=[，。；：！？、）》”])"
)
_IN_DATE = re.compile(r"(?<=\d) +(?=[年月日])|(?<=[年月]) +(?=\d{1,2} *[月日])")
_CLAUSE = re.compile(f"{HAN}+(?: +{HAN}+)+")
_ARTICLE = re.compile(rf"第[{_NUMERALS}零〇\d]+(?:编|章|节|条|款|项)")
_BESIDE_DIGIT = re.compile(rf"(?<={HAN}) +(?=\d)|(?<=\d) +(?={HAN})")
MAX_NAME_CHARS = 4  # characters of a person's name


def close_gaps(line: Line) -> Iterator[Edit]:
    """No spaces between Chinese characters, beside punctuation and in dates; lists of names keep theirs."""
    spans = {match.span() for match in _IN_DATE.finditer(line.text)}
    if not line.is_right:
        spans |= {match.span() for match in _BESIDE_MARK.finditer(line.text)}
        spans |= {span for match in _CLAUSE.finditer(line.text) for span in _gaps(match, line)}
        if line.is_running:
            spans |= {match.span() for match in _BESIDE_DIGIT.finditer(line.text)}
    return (Edit(start, end, "") for start, end in sorted(spans))


def _gaps(match: re.Match[str], line: Line) -> Iterator[tuple[int, int]]:
    """Yield the spaces in a stretch of Chinese characters that say nothing."""
    words = match[0].split()
    position = match.start()
    is_list = len(words) > 2 and all(2 <= len(word) <= MAX_NAME_CHARS for word in words)
    for left, right in pairwise(words):
        start = position + len(left)
        end = line.text.index(right, start)
        position = end
        if is_list or _ARTICLE.fullmatch(left):
            continue
        if line.is_running or len(left) == 1 or len(right) == 1:
            yield start, end


RULES = (
    Rule("letters", _("full-width digits and letters made half-width"), narrow_letters),
    Rule("numbers", _("numbering written in the official form"), write_numbers),
    Rule("years", _("year of a document number put in hexagonal brackets"), bracket_years),
    Rule("ellipses", _("ellipsis written with six dots"), write_ellipses),
    Rule("marks", _("half-width punctuation made full-width"), widen_marks),
    Rule("full_stops", _("half-width full stops made full-width"), widen_full_stops),
    Rule("parentheses", _("parentheses made full-width"), widen_parentheses),
    Rule("quotes", _("straight quotation marks made curly"), curl_quotes),
    Rule("repeated", _("repeated punctuation removed"), single_marks),
    Rule("gaps", _("spaces between Chinese characters removed"), close_gaps),
)

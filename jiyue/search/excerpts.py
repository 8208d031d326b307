"""Highlighted titles and excerpts.

Matches are looked for in folded text, which has the same positions as the
stored `plain` text; escaping happens piece by piece, so that `<mark>` is the
only markup that can come out.
"""

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from jiyue.search import text as folding
from jiyue.search.query import Term

EXCERPT_CHARS = 90
LEAD_CHARS = 18  # shown before the first match
SCAN_CHARS = 16_000  # folded at a time; most matches lie in the first piece
SCAN_OVERLAP_CHARS = 256
MAX_SPOTS = 200  # enough to choose the best spot of one piece
SENTENCE_ENDS = "。！？；\n"

_OPEN, _CLOSE, _CUT, _NOTHING = Markup("<mark>"), Markup("</mark>"), Markup("…"), Markup("")

Spot = tuple[int, int, int]  # start, end, which term


class Highlighter:
    """Finds the terms of one query in many texts."""

    def __init__(self, terms: Sequence[Term]):
        ordered = sorted(terms, key=lambda term: len(term.units), reverse=True)
        self._pattern = re.compile("|".join(f"({_term_pattern(term)})" for term in ordered) or r"(?!)")

    def mark(self, text: str) -> Markup:
        """Return the whole `plain` text with its matches marked."""
        return _marked(text, 0, len(text), list(self._spots(text)))

    def excerpt(self, text: str) -> Markup:
        """Return about `EXCERPT_CHARS` characters around the best spot of a `plain` text.

        The best spot shows the most different terms; without any match it is
        the beginning.
        """
        spots: list[Spot] = []
        step = SCAN_CHARS - SCAN_OVERLAP_CHARS
        for start in range(0, max(len(text), 1), step):
            piece = text[start : start + SCAN_CHARS]
            spots = [(start + a, start + b, term) for a, b, term in self._spots(piece)]
            if spots:
                break
        first = _best_spot(spots)
        begin = _lead_in(text, spots[first][0]) if spots else 0
        begin += len(text[begin:]) - len(text[begin:].lstrip())
        end = min(len(text), begin + EXCERPT_CHARS)
        before = _CUT if text[:begin].strip() else _NOTHING
        after = _CUT if text[end:].strip() else _NOTHING
        return before + _marked(text, begin, end, spots) + after

    def _spots(self, text: str) -> Iterator[Spot]:
        for count, match in enumerate(self._pattern.finditer(folding.fold_plain(text))):
            if count == MAX_SPOTS:
                return
            yield match.start(), match.end(), match.lastindex or 0


def _term_pattern(term: Term) -> str:
    """Return the expression for one term; spaces may lie between its units."""
    pieces = []
    for unit in term.units:
        if unit == folding.SEPARATOR:
            pieces.append(f"{folding.SEPARATOR}[ {folding.SEPARATOR}]*")
        elif unit.startswith(folding.WORD_PREFIX):
            word = re.escape(unit.removeprefix(folding.WORD_PREFIX))
            pieces.append(f"(?<!{folding.WORD_CHARACTER}){word}(?!{folding.WORD_CHARACTER})")
        else:
            pieces.append(re.escape(unit))
    return " *".join(pieces)


def _best_spot(spots: Sequence[Spot]) -> int:
    """Return the index of the match that the excerpt should begin with."""
    best, most = 0, 0
    for index, (start, _, _) in enumerate(spots):
        reach = start + EXCERPT_CHARS - LEAD_CHARS
        shown = len({term for a, b, term in spots[index : index + 20] if a >= start and b <= reach})
        if shown > most:
            best, most = index, shown
    return best


def _lead_in(text: str, start: int) -> int:
    """Return where the excerpt begins: at a sentence if one begins shortly before."""
    earliest = max(0, start - LEAD_CHARS)
    if earliest == 0:
        return 0
    lead = text[earliest:start]
    return earliest + max(lead.rfind(mark) for mark in SENTENCE_ENDS) + 1


def _marked(text: str, begin: int, end: int, spots: Sequence[Spot]) -> Markup:
    """Return `text[begin:end]` on one line, escaped, matches marked."""
    pieces = []
    position = begin
    for start, stop, _ in spots:
        start, stop = max(start, position), min(stop, end)
        if start < stop:
            pieces += [_one_line(text[position:start]), _OPEN, _one_line(text[start:stop]), _CLOSE]
            position = stop
    return _NOTHING.join([*pieces, _one_line(text[position:end])])


def _one_line(text: str) -> Markup:
    return escape(re.sub(r"\s+", " ", text))

"""Runs of digits in a text, also those broken by spaces and hyphens or written in Chinese characters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_RUN = re.compile(r"(?<![A-Za-z])\d(?:[ \-‐‑‒–—·]{0,2}\d)*(?:[ \-]?[Xx](?![A-Za-z0-9]))?")
_GROUP = re.compile(r"\d+[Xx]?|[Xx]")
_SHORTEST = 7  # characters of a run; shorter ones name nobody
LENGTHS = (19, 18, 17, 16, 15, 13, 11)  # of numbers that name somebody, the longest first


@dataclass(frozen=True, slots=True)
class Number:
    """A candidate: the digits without what breaks them.

    Attributes:
        digits: Digits, the last one possibly X.
        start: Where the candidate begins in the text.
        end: Where it ends.
        groups: Lengths of the groups it is written in.
    """

    digits: str
    start: int
    end: int
    groups: tuple[int, ...]

    @property
    def is_broken(self) -> bool:
        """Whether it is written in several groups."""
        return len(self.groups) > 1


class Run:
    """Neighbouring groups of digits.

    Attributes:
        count: How many groups there are.
    """

    def __init__(self, match: re.Match[str]):
        groups = [(found.start(), found.end()) for found in _GROUP.finditer(match[0])]
        self.count = len(groups)
        self._places = [(match.start() + start, match.start() + end) for start, end in groups]
        self._lengths = [end - start for start, end in groups]
        self._digits = "".join(match[0][start:end] for start, end in groups)
        self._offsets = [0, *accumulate(self._lengths)]
        self._group_at = {offset: index for index, offset in enumerate(self._offsets)}

    def numbers_from(self, first: int) -> Iterator[tuple[int, Number]]:
        """Stretches of whole groups whose length could name somebody, the longest first.

        Args:
            first: The group they begin with.

        Yields:
            The group behind the stretch, and the stretch.
        """
        offset = self._offsets[first]
        for length in LENGTHS:
            behind = self._group_at.get(offset + length)
            if behind is not None:
                yield (
                    behind,
                    Number(
                        self._digits[offset : offset + length],
                        self._places[first][0],
                        self._places[behind - 1][1],
                        tuple(self._lengths[first:behind]),
                    ),
                )


def find_runs(text: str) -> Iterator[Run]:
    """Runs of digits that may hold a number, from left to right."""
    for match in _RUN.finditer(text):
        if match.end() - match.start() >= _SHORTEST:
            yield Run(match)

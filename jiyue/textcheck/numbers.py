"""Runs of digits in a text, also those broken by spaces and hyphens or written in Chinese characters."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_RUN = re.compile(r"(?<![A-Za-z])\d(?:[ \-‐‑‒–—·]{0,2}\d)*(?:[ \-]?[Xx](?![A-Za-z0-9]))?")
_GROUP = re.compile(r"\d+[Xx]?|[Xx]")
LONGEST = 19  # digits of the longest number that names anybody


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


def find_runs(text: str) -> Iterator[list[Number]]:
    """The groups of every run of digits, each run as one list, from left to right."""
    for match in _RUN.finditer(text):
        if match.end() - match.start() >= 7:  # shorter runs name nobody
            yield [
                Number(group[0], match.start() + group.start(), match.start() + group.end(), (len(group[0]),))
                for group in _GROUP.finditer(match[0])
            ]


def joined(groups: Sequence[Number], first: int) -> Iterator[tuple[int, Number]]:
    """Stretches of neighbouring groups with at most `LONGEST` digits, from one group on, the longest first.

    Yields:
        How many groups the stretch takes, and the stretch.
    """
    digits = ""
    stretches = []
    near = groups[first : first + LONGEST]
    for count, group in enumerate(near, 1):
        digits += group.digits
        if len(digits) > LONGEST:
            break
        lengths = tuple(len(part.digits) for part in near[:count])
        stretches.append((count, Number(digits, near[0].start, group.end, lengths)))
    yield from reversed(stretches)

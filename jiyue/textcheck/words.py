"""Lists of words, found in one pass over the text: the longest match, white phrases before it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from jiyue.textcheck.findings import Severity

MAX_EQUAL = 100  # places of one word that are looked at; a person mends them all or none
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of a list.

    Attributes:
        word: What is looked for.
        right: What to write instead; empty where that depends.
        severity: How much it weighs.
        white: Longer phrases in which the word is right.
        note: Why, in the words of the list.
        source: Where the entry comes from, as the head of its part of the list says.
    """

    word: str
    right: str
    severity: Severity
    white: tuple[str, ...] = ()
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A word at a place."""

    word: Word
    start: int
    end: int


class WordList:
    """Many words and the phrases in which they are right.

    One automaton holds both: where a white phrase begins no later than the word
    inside it, it is the longest match and the word is not reported.
    """

    def __init__(self, words: Iterable[Word], white: Iterable[str] = ()):
        self.words = list(words)
        phrases = dict.fromkeys(phrase for word in self.words for phrase in word.white)
        phrases |= dict.fromkeys(white)
        known = {word.word for word in self.words}
        patterns = [word.word.lower() for word in self.words]
        patterns += [phrase.lower() for phrase in phrases if phrase not in known]
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest) if patterns else None

    def find(self, text: str) -> Iterator[Match]:
        """The words of the list in the text, from left to right; of equal ones the first `MAX_EQUAL`."""
        if self._automaton is None:
            return
        seen: Counter[int] = Counter()
        for index, start, end in self._automaton.find_matches_as_indexes(_lowered(text)):
            if index < len(self.words) and seen[index] < MAX_EQUAL:
                seen[index] += 1
                yield Match(self.words[index], start, end)


def _lowered(text: str) -> str:
    """Lower case that keeps every offset; a few characters grow when they are lowered."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


@cache
def load_words(name: str) -> tuple[Word, ...]:
    """Read a list of `data/`.

    A line holds, between tabs: the word, what to write instead, the severity (the one
    of the part where blank), the white phrases between bars, a note. A line
    `# part: severity | source` begins a part; other lines with `#` are remarks.

    Raises:
        ValueError: A line has no part above it, or a word is shorter than two characters.
    """
    words: list[Word] = []
    severity, source = None, ""
    for number, line in enumerate((DATA / name).read_text("utf-8").splitlines(), 1):
        if line.startswith("# part:"):
            stated, _bar, source = line.removeprefix("# part:").partition("|")
            severity, source = Severity(stated.strip()), source.strip()
        elif line.strip() and not line.startswith("#"):
            if severity is None:
                raise ValueError(f"{name}:{number}: no part above this line")
            words.append(_read(line, severity, source, f"{name}:{number}"))
    return tuple(words)


def _read(line: str, severity: Severity, source: str, place: str) -> Word:
    word, right, stated, white, note, *_rest = [*line.split("\t"), "", "", "", ""]
    if len(word) < 2:  # one character alone says nothing in Chinese
        raise ValueError(f"{place}: {word!r} is too short")
    phrases: Sequence[str] = [phrase for phrase in white.split("|") if phrase]
    return Word(word, right, Severity(stated) if stated else severity, tuple(phrases), note or "", source)

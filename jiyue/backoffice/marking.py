"""Marks at the words that a check found, put into the text that reviewers read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import escape, unescape

from django.utils.safestring import SafeString, mark_safe

from jiyue.library.richtext import sanitize
from jiyue.textcheck.findings import Finding

MAX_MARKED_CHARS = 400_000  # of HTML; the list of findings says the same for longer texts
_TOKEN = re.compile(r"<[^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);|[^<&]+|.", re.DOTALL)
_BREAKS = re.compile(r"</?(?:p|h[1-6]|li|tr|td|th|caption|figcaption|blockquote|figure|table|br|hr)\b")


class _Text:
    """The words of a body with the place of every character in its HTML."""

    def __init__(self, html: str):
        self.tokens: list[str] = []
        self.parts: list[tuple[int, str]] = []  # token behind each run of characters
        for match in _TOKEN.finditer(html):
            token = match.group()
            if not token.startswith("<"):
                self.parts.append((len(self.tokens), unescape(token)))
            elif _BREAKS.match(token):
                self.parts.append((len(self.tokens), "\n"))
            self.tokens.append(token)
        self.text = "".join(words for _token, words in self.parts)

    def write(self, ranges: Sequence[tuple[int, int, int]]) -> Iterator[str]:
        """The HTML again with `mark` elements at ranges that don't overlap: (start, end, number)."""
        cuts: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        offset = 0
        position = 0
        for place, words in self.parts:
            end = offset + len(words)
            while position < len(ranges) and ranges[position][1] <= offset:
                position += 1
            for start, stop, number in ranges[position:]:
                if start >= end:
                    break
                name = f' id="finding-{number}-text"' if start >= offset else ""
                cuts[place].append((max(start, offset) - offset, min(stop, end) - offset, name))
            offset = end
        for index, token in enumerate(self.tokens):
            yield _cut(token, cuts[index]) if index in cuts and not token.startswith("<") else token


def _cut(token: str, cuts: Iterable[tuple[int, int, str]]) -> str:
    words, done, parts = unescape(token), 0, []
    for start, end, name in cuts:
        parts.append(escape(words[done:start]))
        parts.append(f'<mark{name} class="finding">{escape(words[start:end])}</mark>')
        done = end
    return "".join([*parts, escape(words[done:])])


def _places(text: str, findings: Iterable[tuple[int, Finding]]) -> list[tuple[int, int, int]]:
    """Where each finding stands: its excerpt's n-th occurrence; of two that overlap the first one."""
    found = []
    for number, finding in findings:
        start = -1
        for _turn in range(finding.occurrence):
            start = text.find(finding.excerpt, start + 1)
            if start < 0:
                break
        if finding.excerpt and start >= 0:
            found.append((start, start + len(finding.excerpt), number))
    kept: list[tuple[int, int, int]] = []
    for place in sorted(found):
        if not kept or place[0] >= kept[-1][1]:
            kept.append(place)
    return kept


def mark_body(html: str, findings: Sequence[tuple[int, Finding]]) -> SafeString:
    """A body for showing, through the sanitizer once more, with a mark at each finding in it.

    Args:
        html: The body.
        findings: Findings of the body with the numbers they carry in the list beside it.
    """
    clean = sanitize(html)
    if not findings or len(clean) > MAX_MARKED_CHARS:
        return mark_safe(clean)  # noqa: S308  # the sanitizer's closed list is what makes it safe
    text = _Text(clean)
    ranges = _places(text.text, findings)
    return mark_safe("".join(text.write(ranges)))  # noqa: S308  # the same list, with escaped words in marks

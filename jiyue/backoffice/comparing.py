"""Differences between two states of an item, for people: by field, then by paragraph and word.

Nothing that differs is left out: a paragraph, a row of a table, a picture, the
address of a link. Texts of any length are compared in bounded time; where words
can't be told apart within it, the old and the new paragraph stand whole.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import escape, unescape

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.backoffice.describing import LABELS, describe
from jiyue.library.content import ResourceContent
from jiyue.library.richtext import html_to_text

MAX_PAIRS = 4_000_000  # words of the old × of the new text matched in one comparison; about two seconds
MAX_LINE_PAIRS = 1_000_000  # the same for paragraphs between two anchors
MIN_MOVED_CHARS = 4  # shorter runs turn up elsewhere by chance
LEAST_ALIKE = 0.3  # below, a patchwork is harder to read than the two texts
CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs shown around a change
_WORDS = re.compile(r"[A-Za-z0-9]+(?:[.,][0-9]+)*%?|\s+|.", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^>]*>")
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ATTRIBUTE = re.compile(r'\b(alt|src)="([^"]*)"')


@dataclass(frozen=True)
class Piece:
    """A run of text that stays ("same"), goes ("del"), comes ("ins"), or moved ("from", "to")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of the comparison; `is_gap` stands for unchanged ones left out."""

    pieces: tuple[Piece, ...] = ()
    is_gap: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether anything in it differs."""
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True)
class FieldDifference:
    """One field that differs."""

    label: Promise | str
    paragraphs: tuple[Paragraph, ...]


class _Budget:
    """How much work one comparison may still do."""

    def __init__(self, pairs: int):
        self.pairs = pairs

    def take(self, pairs: int) -> bool:
        """Whether so much is left; it is used up then."""
        if pairs > self.pairs:
            return False
        self.pairs -= pairs
        return True


def compare(
    old: ResourceContent, new: ResourceContent, *, channel_names: dict[int, str]
) -> list[FieldDifference]:
    """List the fields that differ, in the order of the form; an empty list means no difference."""
    found = []
    for name, label in LABELS.items():
        before, after = describe(old, name, channel_names), describe(new, name, channel_names)
        if before != after:
            found.append(FieldDifference(label, tuple(compare_texts(before, after))))
    if old.body_html == new.body_html:
        return found
    body = compare_texts(readable(old.body_html), readable(new.body_html))
    if not any(paragraph.is_changed for paragraph in body):
        body = [Paragraph((Piece("same", _("The words are the same; the layout differs.")),))]
    return [*found, FieldDifference(gettext_lazy("Text"), tuple(body))]


def readable(html: str) -> str:
    """A body as lines of text in which pictures, link addresses and cells of tables can be read."""
    html = _LINK.sub(_link_words, _IMAGE.sub(_picture_words, html))
    return html_to_text(html).replace("\t", " | ")


def _picture_words(match: re.Match[str]) -> str:
    values = {name: unescape(text) for name, text in _ATTRIBUTE.findall(match.group())}
    name = values.get("src", "").rpartition("/")[2][:8]
    words = _("[picture %(name)s: %(alt)s]") % {"name": name, "alt": values.get("alt", "")}
    return f"<p>{escape(words)}</p>"


def _link_words(match: re.Match[str]) -> str:
    return f"{match.group(2)} [{match.group(1)}]"


def compare_texts(old: str, new: str) -> list[Paragraph]:
    """Compare two texts paragraph by paragraph; unchanged stretches become gaps.

    What is taken out in one place and put in again in another counts as moved.
    """
    before, after, budget = _paragraphs(old), _paragraphs(new), _Budget(MAX_PAIRS)
    result: list[Paragraph] = []
    for is_same, old_lines, new_lines in _blocks(before, after):
        result.extend(_unchanged(old_lines) if is_same else _changed(old_lines, new_lines, budget))
    return _with_moves(result)


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _blocks(old: list[str], new: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Runs of paragraphs that are the same, and runs that aren't, in order."""
    i = j = 0
    for a, b in [*_anchors(old, new), (len(old), len(new))]:
        yield from _between(old[i:a], new[j:b])
        if a < len(old):
            yield True, [old[a]], [new[b]]
        i, j = a + 1, b + 1


def _between(old: list[str], new: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    if not old and not new:
        return
    if not old or not new or len(old) * len(new) > MAX_LINE_PAIRS:
        yield False, old, new
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", old[i1:i2], new[j1:j2]


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Pairs of positions of paragraphs that stand once in both texts, as many as keep their order.

    The longest rising run among them, found as in patience sorting: n log n for any length.
    """
    old_count, new_count = Counter(old), Counter(new)
    places = {line: index for index, line in enumerate(new) if new_count[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(old) if old_count[line] == 1 and line in places]
    tops: list[int] = []  # smallest last position of a rising run of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for index, (_place, position) in enumerate(pairs):
        length = bisect_left(tops, position)
        before.append(ends[length - 1] if length else -1)
        if length == len(tops):
            tops.append(position)
            ends.append(index)
        else:
            tops[length], ends[length] = position, index
    chain, index = [], ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _unchanged(lines: Sequence[str]) -> Iterator[Paragraph]:
    yield from (Paragraph((Piece("same", line),)) for line in lines)


def _changed(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[Paragraph]:
    common = min(len(old), len(new))
    for before, after in zip(old, new, strict=False):
        yield Paragraph(tuple(_pieces(before, after, budget)))
    yield from (Paragraph((Piece("del", line),)) for line in old[common:])
    yield from (Paragraph((Piece("ins", line),)) for line in new[common:])


def _pieces(old: str, new: str, budget: _Budget) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if not budget.take(len(before) * len(after)):
        yield from _whole(old, new)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        yield from _whole(old, new)
        return
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[i1:i2]))
        else:
            yield from _whole("".join(before[i1:i2]), "".join(after[j1:j2]))


def _whole(old: str, new: str) -> Iterator[Piece]:
    yield from (Piece(kind, text) for kind, text in (("del", old), ("ins", new)) if text)


def _with_moves(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Mark what went in one place and came in another, then leave long unchanged stretches out."""
    gone, come = (
        Counter(
            piece.text
            for paragraph in paragraphs
            for piece in paragraph.pieces
            if piece.kind == kind and len(piece.text) >= MIN_MOVED_CHARS
        )
        for kind in ("del", "ins")
    )
    left: dict[str, Counter[str]] = {"del": gone & come, "ins": gone & come}
    names = {"del": "from", "ins": "to"}

    def moved(piece: Piece) -> Piece:
        if piece.kind not in left or not left[piece.kind][piece.text]:
            return piece
        left[piece.kind][piece.text] -= 1
        return replace(piece, kind=names[piece.kind])

    marked = [Paragraph(tuple(moved(piece) for piece in paragraph.pieces)) for paragraph in paragraphs]
    return list(_shortened(marked))


def _shortened(paragraphs: Sequence[Paragraph]) -> Iterator[Paragraph]:
    start = 0
    while start < len(paragraphs):
        end = start
        while end < len(paragraphs) and not paragraphs[end].is_changed:
            end += 1
        same = paragraphs[start:end]
        if len(same) > 2 * CONTEXT_PARAGRAPHS + 1:
            yield from same[:CONTEXT_PARAGRAPHS]
            yield Paragraph(is_gap=True)
            yield from same[-CONTEXT_PARAGRAPHS:]
        else:
            yield from same
        if end < len(paragraphs):
            yield paragraphs[end]
        start = end + 1

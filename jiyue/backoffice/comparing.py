"""Differences between two states of an item, for people: by field, then by paragraph and character."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.describing import LABELS, describe
from jiyue.library.content import ResourceContent
from jiyue.library.richtext import html_to_text

MAX_CHARS_COMPARED = 4_000  # characters of one paragraph; longer ones are shown whole, old then new
MAX_PARAGRAPHS = 4_000  # paragraphs; beyond, comparing takes longer than reading
CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs shown around a change


@dataclass(frozen=True)
class Piece:
    """A run of text that stays ("same"), goes ("del") or comes ("ins")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of the comparison; `is_gap` stands for unchanged ones left out."""

    pieces: tuple[Piece, ...] = ()
    is_gap: bool = False


@dataclass(frozen=True)
class FieldDifference:
    """One field that differs."""

    label: Promise | str
    paragraphs: tuple[Paragraph, ...]


def compare(
    old: ResourceContent, new: ResourceContent, *, channel_names: dict[int, str]
) -> list[FieldDifference]:
    """List the fields that differ, in the order of the form; an empty list means no difference."""
    found = []
    for name, label in LABELS.items():
        before, after = describe(old, name, channel_names), describe(new, name, channel_names)
        if before != after:
            found.append(FieldDifference(label, (Paragraph(tuple(_pieces(before, after))),)))
    body = compare_texts(html_to_text(old.body_html), html_to_text(new.body_html))
    if any(piece.kind != "same" for paragraph in body for piece in paragraph.pieces):
        found.append(FieldDifference(_("Text"), tuple(body)))
    elif old.body_html != new.body_html:
        found.append(
            FieldDifference(
                _("Text"),
                (Paragraph((Piece("same", str(_("The words are the same; the layout differs."))),)),),
            )
        )
    return found


def compare_texts(old: str, new: str) -> list[Paragraph]:
    """Compare two texts paragraph by paragraph; unchanged stretches become gaps."""
    before, after = _paragraphs(old), _paragraphs(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    result: list[Paragraph] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            result.extend(_unchanged(before[i1:i2]))
        else:
            result.extend(_changed(before[i1:i2], after[j1:j2]))
    return result


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:MAX_PARAGRAPHS]


def _unchanged(lines: Sequence[str]) -> Iterator[Paragraph]:
    is_cut = len(lines) > 2 * CONTEXT_PARAGRAPHS + 1
    shown = lines[:CONTEXT_PARAGRAPHS] if is_cut else lines
    yield from (Paragraph((Piece("same", line),)) for line in shown)
    if is_cut:
        yield Paragraph(is_gap=True)
        yield from (Paragraph((Piece("same", line),)) for line in lines[-CONTEXT_PARAGRAPHS:])


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Paragraph]:
    common = min(len(old), len(new))
    for before, after in zip(old, new, strict=False):
        yield Paragraph(tuple(_pieces(before, after)))
    yield from (Paragraph((Piece("del", line),)) for line in old[common:])
    yield from (Paragraph((Piece("ins", line),)) for line in new[common:])


def _pieces(old: str, new: str) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    is_long = len(old) > MAX_CHARS_COMPARED or len(new) > MAX_CHARS_COMPARED
    if is_long or matcher.ratio() < 0.3:  # below, a patchwork is harder to read than the two texts
        yield from (Piece(kind, text) for kind, text in (("del", old), ("ins", new)) if text)
        return
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", old[i1:i2])
            continue
        if i2 > i1:
            yield Piece("del", old[i1:i2])
        if j2 > j1:
            yield Piece("ins", new[j1:j2])

"""The clean-up of a whole body: blanks, line by line, headings, signature."""

import re
from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from jiyue.library.drafting.tidying.lines import Edit, Line, content_of, line_of
from jiyue.library.drafting.tidying.rules import RULES, Change
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.outlining import mark_headings
from jiyue.library.richtext import clean_html, sanitize
from jiyue.library.richtext.inline import join_lines
from jiyue.library.richtext.model import Block, TextBlock, text_blocks
from jiyue.library.richtext.outline import level_headings
from jiyue.library.richtext.reader import read_html
from jiyue.library.richtext.writer import write_html

MAX_PASSES = 6  # one rule may make work for another; two passes are the rule
EXAMPLE_CHARS = 8  # characters shown on each side of a change

_BLANK = r"(?:\s|&nbsp;|&emsp;|&ensp;|\u3000|<br[^>]*>|<o:p>|</o:p>|<span[^>]*>|</span>)"
_EMPTY_PARAGRAPH = re.compile(rf"<p\b[^>]*>{_BLANK}*</p>", re.IGNORECASE)
_TYPED_INDENT = re.compile(
    r"<(?:p|div)\b[^>]*>(?:<(?:span|strong|b|em)\b[^>]*>)*\s*(?:&nbsp;|&emsp;|\u3000|\xa0)+[^<\s&]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Tidied:
    """A body after the clean-up, and what it changed.

    Attributes:
        html: As `clean_html` returns it.
        changes: One entry for each rule that changed something.
    """

    html: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _Record:
    """Counts changes and remembers the first of each rule."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)

    def note(self, code: str, line: Line, edits: list[Edit]) -> None:
        """Count edits that are about to be carried out."""
        self.counts[code] += len(edits)
        if code not in self.examples:
            first = edits[0]
            before = line.text[max(0, first.start - EXAMPLE_CHARS) : first.start]
            after = line.text[first.end : first.end + EXAMPLE_CHARS]
            old = line.text[first.start : first.end]
            self.examples[code] = (f"{before}{old}{after}", f"{before}{first.text}{after}")


def tidy(html: str, *, marks_headings: bool = True) -> Tidied:
    """Bring a body into the form of official texts.

    Typed indents and empty paragraphs go (paragraphs are indented by the site's
    style), punctuation, quotation marks, numbering and document numbers get their
    Chinese forms, spaces between Chinese characters go, numbered lines become
    headings where the text has none, levels of headings have no gaps. Addresses,
    signatures and lists of names keep theirs. Tidying tidy text changes nothing.

    Args:
        html: The body, clean or not.
        marks_headings: Make headings of lines numbered 一、 and （一） in a text without headings.

    Raises:
        RichTextTooLarge: The text is longer than one document can be.

    Source: HT 二(二)2(2) (REV-24).
    """
    blocks = read_html(html)
    record = _Record()
    indents = len(_TYPED_INDENT.findall(html))
    empty = len(_EMPTY_PARAGRAPH.findall(html))
    for block in text_blocks(blocks):
        _tidy_block(block, record)
    headings = _mark(blocks) if marks_headings else 0
    level_headings(blocks)
    counted = [
        Change("indents", _("typed indents removed"), indents),
        Change("empty", _("empty paragraphs removed"), empty),
        *(
            Change(rule.code, rule.label, record.counts[rule.code], *record.examples.get(rule.code, ("", "")))
            for rule in RULES
        ),
        Change("headings", _("numbered lines made headings"), headings),
    ]
    changes = tuple(change for change in counted if change.count)
    return Tidied(clean_html(sanitize(write_html(blocks))), changes)


def _tidy_block(block: TextBlock, record: _Record) -> None:
    line = line_of(block.content, is_right="align-right" in block.classes)
    is_changed = False
    for _pass in range(MAX_PASSES):
        if not _tidy_once(line, record):
            break
        is_changed = True
    if is_changed:
        block.content = join_lines(content_of(line, block.content))


def _tidy_once(line: Line, record: _Record) -> bool:
    is_changed = False
    for rule in RULES:
        edits = list(rule.find(line))
        if edits and (places := line.protected()):
            edits = [edit for edit in edits if not any(a < edit.end and edit.start < b for a, b in places)]
        if edits:
            record.note(rule.code, line, edits)
            line.apply(edits)
            is_changed = True
    return is_changed


def _mark(blocks: list[Block]) -> int:
    """Make headings of numbered lines, in a text that has no headings; return how many."""
    if any(isinstance(block, TextBlock) and block.level for block in blocks):
        return 0
    mark_headings(Draft("", blocks))
    return sum(1 for block in blocks if isinstance(block, TextBlock) and block.level)

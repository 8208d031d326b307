"""Plain text: every line is a paragraph, bars make tables."""

from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.draft import Draft
from jiyue.library.importing.pipetables import read_pipe_table, starts_table
from jiyue.library.richtext.inline import clean_characters, collapse
from jiyue.library.richtext.model import Block, paragraph


def read_plain_text(name: str, text: str) -> Draft:
    """Return the lines of a text as paragraphs, with real tables for drawn ones."""
    lines = clean_characters(text).splitlines()
    draft = Draft(name, [])
    if "|" in text:
        draft.blocks = _with_tables(draft, lines)
    else:
        draft.blocks = [paragraph(line) for line in map(collapse, lines) if line]
    return draft


def _with_tables(draft: Draft, lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        found = read_pipe_table(lines, index) if starts_table(lines[index]) else None
        if found is None:
            line = collapse(lines[index])
            if line:
                blocks.append(paragraph(line))
            index += 1
            continue
        blocks.append(found.table)
        index += found.line_count
        if found.has_guessed_spans:
            draft.note(
                "table_spans_guessed",
                _("A table had lost its merged cells; they were restored by rule. Please compare it."),
            )
    return blocks

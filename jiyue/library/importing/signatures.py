"""Signature and date at the end of a notice, and dates whose separators were lost."""

import re

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.dates import WrittenDate, confirms, garbled_date, long_form, whole_date
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.labels import note_impossible_date
from jiyue.library.importing.titles import is_organization
from jiyue.library.richtext.model import Block, Run, TextBlock

MAX_DATE_LINE_CHARS = 24
MAX_SIGNERS = 6  # bodies that sign one notice on lines of their own
RIGHT = ("align-right",)

_BROKEN_NUMBER = re.compile(r"(〔)((?:19|20)\d{2})(\d{1,4}号)")


def read_signatures(draft: Draft) -> None:
    """Read who signed and when, from the first signed date on; align signatures right."""
    blocks = draft.blocks
    for index, block in enumerate(blocks):
        line = _short_line(block)
        if not line or (not line[0].isdecimal() and line[0] not in "一二"):
            continue
        written = whole_date(line)
        if written is not None:
            _read_signed_date(draft, index, written)
        elif garbled_date(line) is not None:
            _repair_date(draft, index, line)


def _short_line(block: Block) -> str:
    if not isinstance(block, TextBlock) or block.level:
        return ""
    text = block.text.strip()
    return text if len(text) <= MAX_DATE_LINE_CHARS else ""


def _read_signed_date(draft: Draft, index: int, written: WrittenDate) -> None:
    signers = _align(draft.blocks, index)
    if written.day is None:
        note_impossible_date(draft, written.text)
    elif signers:
        draft.find("written_on", written.day)
    else:
        draft.guess("written_on", written.day)
    if signers:
        draft.find("issuing_body", " ".join(signers))


def _align(blocks: list[Block], index: int) -> list[str]:
    """Align a date line and the signers above it; return the signers."""
    date_block = blocks[index]
    if isinstance(date_block, TextBlock):
        date_block.classes = RIGHT
    signers: list[str] = []
    position = index - 1
    while position >= 0 and len(signers) < MAX_SIGNERS:
        block = blocks[position]
        if not isinstance(block, TextBlock) or block.level or not is_organization(block.text):
            break
        block.classes = RIGHT
        signers.insert(0, " ".join(block.text.split()))
        position -= 1
    return signers


def _repair_date(draft: Draft, index: int, line: str) -> None:
    """Restore a date without separators where the metadata confirms it; else only report it."""
    garbled = garbled_date(line)
    known = draft.day("written_on")
    block = draft.blocks[index]
    if garbled is None or not isinstance(block, TextBlock):
        return
    signers = _align(draft.blocks, index)
    if signers:
        draft.find("issuing_body", " ".join(signers))
    if known is None or not confirms(garbled[0], known):
        draft.note(
            "garbled_date",
            format_lazy(_("The date “{text}” lost its separators and was left as it is."), text=line),
        )
        return
    block.content = [Run(long_form(known))]
    draft.note(
        "repaired_date",
        format_lazy(
            _("The date “{text}” had lost its separators; it was restored from the metadata."), text=line
        ),
    )


def repair_numbers(draft: Draft) -> None:
    """Put back the bracket that a document number lost, as in 〔202214号."""
    repaired = 0
    for block in draft.blocks:
        if not isinstance(block, TextBlock):
            continue
        for item in block.content:
            if isinstance(item, Run) and "号" in item.text and "〔" in item.text:
                item.text, count = _BROKEN_NUMBER.subn(r"\1\2〕\3", item.text)
                repaired += count
    if repaired:
        draft.note(
            "repaired_numbers",
            format_lazy(_("{count} document numbers had lost a bracket; it was put back."), count=repaired),
        )

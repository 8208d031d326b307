"""From a file to a document: format, clean-up, metadata, structure."""

from pathlib import PurePosixPath

from django.utils.translation import gettext_lazy as _

from jiyue.library.importing import heads, history, outlining, signatures, tails, traditional
from jiyue.library.importing.dates import find_dates
from jiyue.library.importing.decoding import Format, decode, is_word_file, text_format
from jiyue.library.importing.document import ParsedDocument
from jiyue.library.importing.draft import TITLE, Draft
from jiyue.library.importing.errors import EmptyDocument
from jiyue.library.importing.formats.markdown import read_markdown
from jiyue.library.importing.formats.plaintext import read_plain_text
from jiyue.library.importing.formats.webpage import read_web_page
from jiyue.library.importing.formats.word import read_word
from jiyue.library.importing.titles import genre_of, is_organization, issuer_of, tidy_title
from jiyue.library.richtext.cleaning import sanitize
from jiyue.library.richtext.model import LINE_BREAK, NOTE_CLASS, Inline, Run, TextBlock, text_blocks
from jiyue.library.richtext.outline import level_headings
from jiyue.library.richtext.text import html_to_text
from jiyue.library.richtext.writer import write_html


def parse_document(name: str, data: bytes) -> ParsedDocument:
    """Read one file and say what was found, guessed and missing.

    Page furniture goes; paragraphs, headings, lists and tables stay. Nothing is
    invented: a value that only follows from something else is listed as guessed,
    and a date no calendar has is reported, not replaced.

    Args:
        name: File name, with its folders where it comes from a container.
        data: The bytes of the file.

    Raises:
        UnreadableDocument: Empty, binary, of an unknown format or encoding, or a
            broken word-processor file; the subclass says which.
        DocumentTooLarge: More than one document can have.
        RichTextTooLarge: The markup is longer than one document can have.

    Source: LIB-03, LIB-13; metadata of NT 页首, NB 页首, GL 页首.
    """
    draft, entries = _read(name, data)
    entries = _simplify(draft, entries)
    if entries:
        heads.read_opening(draft)
    else:
        heads.read_head(draft)
        entries = _take_history(draft)
    tails.strip_tail(draft)
    if not draft.blocks:
        raise EmptyDocument
    heads.settle_title(draft)
    history.read_history(draft, entries)
    signatures.read_signatures(draft)
    signatures.repair_numbers(draft)
    if not draft.has_outline:
        outlining.mark_headings(draft)
    _guess_rest(draft)
    if entries:
        draft.guess("keywords", _folder_names(draft.name))
    return _finish(draft, entries)


def _read(name: str, data: bytes) -> tuple[Draft, list[str]]:
    if is_word_file(name, data):
        return read_word(name, data), []
    text = decode(data)
    match text_format(name, text):
        case Format.HTML:
            return read_web_page(name, text), []
        case Format.MARKDOWN:
            return read_markdown(name, text)
        case _:
            return read_plain_text(name, text), []


def _simplify(draft: Draft, entries: list[str]) -> list[str]:
    """Turn traditional characters with pinyin noise into clean simplified text."""
    runs = [
        item
        for block in text_blocks(draft.page + draft.blocks)
        for item in block.content
        if isinstance(item, Run)
    ]
    sample = "".join(run.text for run in runs[:200])
    has_noise = traditional.has_pinyin_noise(sample)
    is_traditional = traditional.is_traditional(traditional.without_pinyin(sample))
    if not has_noise and not is_traditional:
        return entries

    def convert(text: str) -> str:
        plain = traditional.without_pinyin(text) if has_noise else text
        return traditional.simplify(plain) if is_traditional else plain

    for run in runs:
        run.text = convert(run.text)
    draft.title = convert(draft.title)
    draft.tags = {key: convert(value) for key, value in draft.tags.items()}
    draft.values = {
        key: convert(value) if isinstance(value, str) else value for key, value in draft.values.items()
    }
    if is_traditional:
        draft.note(
            "converted_traditional", _("The text was in traditional characters; it was made simplified.")
        )
    if has_noise:
        draft.note("removed_pinyin", _("Readings in brackets that a machine had mixed in were removed."))
    return [convert(entry) for entry in entries]


def _take_history(draft: Draft) -> list[str]:
    """Take the lines that tell of adoption and revision off the beginning."""
    lines: list[str] = []
    while draft.blocks and isinstance(first := draft.blocks[0], TextBlock) and history.is_history(first.text):
        lines.append(first.text)
        draft.blocks.pop(0)
    return history.join_entries(lines)


def _guess_rest(draft: Draft) -> None:
    """Fill what follows from the title, the folder or the file name."""
    path = PurePosixPath(draft.name)
    draft.guess("issuing_body", issuer_of(draft.title))
    draft.guess("genre_category", genre_of(draft.title))
    if is_organization(path.parent.name):
        draft.guess("issuing_body", path.parent.name)
    dates = find_dates(path.stem)
    if dates:
        draft.guess("written_on", dates[-1].day)
        draft.guess("originally_published_on", dates[-1].day)
    if TITLE not in draft.found and draft.title == tidy_title(path.stem):
        draft.note("title_from_file_name", _("No title was found; the name of the file was taken instead."))


def _folder_names(name: str) -> tuple[str, ...]:
    """Return the Chinese names of the folders in which a collection of laws is sorted."""
    return tuple(dict.fromkeys(part for part in PurePosixPath(name).parts[:-1] if not part.isascii()))


def _finish(draft: Draft, entries: list[str]) -> ParsedDocument:
    blocks = draft.blocks
    if entries:
        blocks.insert(0, TextBlock(_as_lines(entries), classes=(NOTE_CLASS,)))
    level_headings(blocks)
    body_html = sanitize(write_html(blocks))
    body_text = html_to_text(body_html)
    if not body_text and "<img" not in body_html:
        raise EmptyDocument
    found, guessed, missing = draft.outcome()
    return ParsedDocument(
        title=draft.title,
        body_html=body_html,
        body_text=body_text,
        metadata=draft.metadata(),
        found=found,
        guessed=guessed,
        missing=missing,
        notes=tuple(draft.notes),
    )


def _as_lines(entries: list[str]) -> list[Inline]:
    lines: list[Inline] = []
    for entry in entries:
        if lines:
            lines.append(Run(LINE_BREAK))
        lines.append(Run(entry))
    return lines

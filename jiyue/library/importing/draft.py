"""The working record of one file while the importer reads it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import Text
from jiyue.library.importing.document import DocumentMetadata, Note
from jiyue.library.richtext.model import Block

FIELDS = tuple(DocumentMetadata.__dataclass_fields__)
TITLE = "title"
Value = str | date | tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """Blocks still to be read, and what was learned so far.

    Attributes:
        name: File name, with the folders inside a container.
        blocks: Content in reading order; readers of metadata take theirs out.
        page: Blocks around the content of a web page, for metadata only.
        tags: `meta` elements of a web page, names in lower case.
        title: Empty until found.
        has_outline: The format itself marked headings.
    """

    name: str
    blocks: list[Block]
    page: list[Block] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    title: str = ""
    has_outline: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)

    def find(self, name: str, value: Value | None) -> None:
        """Keep a value the file states; the first statement wins."""
        if value and name not in self.found:
            self.values[name] = value
            self.found.add(name)

    def guess(self, name: str, value: Value | None) -> None:
        """Keep a value that only follows from something else, unless one is known."""
        if value and name not in self.values:
            self.values[name] = value

    def note(self, code: str, message: Text) -> None:
        """Tell the reader of the report something, once for each code and wording."""
        note = Note(code, message)
        if all(known.code != code or str(known.message) != str(message) for known in self.notes):
            self.notes.append(note)

    def note_pictures(self, count: int) -> None:
        """Tell how many pictures of the file are not in the text."""
        if count:
            message = _("{count} pictures were left out; upload them to the media store.")
            self.note("pictures_left_out", format_lazy(message, count=count))

    def set_title(self, title: str, *, is_found: bool = True) -> None:
        """Settle the title, unless it is known."""
        if title and not self.title:
            self.title = title
            if is_found:
                self.found.add(TITLE)

    def day(self, name: str) -> date | None:
        """Return a date already known."""
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def text(self, name: str) -> str:
        """Return a text value already known, or ""."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def metadata(self) -> DocumentMetadata:
        """Return what was learned as frozen metadata."""
        return DocumentMetadata(**cast("dict[str, Any]", self.values))

    def outcome(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return the names of the fields found, guessed and missing, in a fixed order."""
        names = (TITLE, *FIELDS)
        known = {name for name in FIELDS if name in self.values} | ({TITLE} if self.title else set())
        return (
            tuple(name for name in names if name in self.found),
            tuple(name for name in names if name in known and name not in self.found),
            tuple(name for name in names if name not in known),
        )

"""One paragraph as a plain line that can be edited without losing the look of its parts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from jiyue.library.richtext.model import Inline, Run

PICTURE = "\ufffc"  # stands for a picture in the line
HAN = "[〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"

_PROTECTED = re.compile(
    r"(?:https?://|ftp://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+"
    r"|[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a line become `text`."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Line:
    """The text of a paragraph and, for each character, the part it belongs to.

    Attributes:
        text: The words; a picture is one character.
        owners: Index of the part each character belongs to.
        is_running: It has sentence punctuation, so it is no title, list or signature.
        is_right: It stands on the right: signature, date.
    """

    text: str
    owners: list[int]
    is_right: bool = False

    @property
    def is_running(self) -> bool:
        """Whether the line holds sentences."""
        return re.search("[，。；！？]", self.text) is not None

    def protected(self) -> list[tuple[int, int]]:
        """Places of addresses, which no rule touches."""
        if "." not in self.text:
            return []
        return [match.span() for match in _PROTECTED.finditer(self.text)]

    def apply(self, edits: Sequence[Edit]) -> None:
        """Carry edits out; they are in order and don't overlap."""
        text: list[str] = []
        owners: list[int] = []
        position = 0
        for edit in edits:
            text.append(self.text[position : edit.start])
            owners.extend(self.owners[position : edit.start])
            owner = self.owners[min(edit.start, len(self.owners) - 1)]
            text.append(edit.text)
            owners.extend([owner] * len(edit.text))
            position = edit.end
        text.append(self.text[position:])
        owners.extend(self.owners[position:])
        self.text, self.owners = "".join(text), owners


def line_of(content: Sequence[Inline], *, is_right: bool) -> Line:
    """Return inline content as one line."""
    text: list[str] = []
    owners: list[int] = []
    for index, item in enumerate(content):
        part = item.text if isinstance(item, Run) else PICTURE
        text.append(part)
        owners.extend([index] * len(part))
    return Line("".join(text), owners, is_right)


def content_of(line: Line, parts: Sequence[Inline]) -> list[Inline]:
    """Return the edited line as inline content, each part with its old look."""
    content: list[Inline] = []
    pairs: Iterable[tuple[str, int]] = zip(line.text, line.owners, strict=True)
    for owner, group in groupby(pairs, key=lambda pair: pair[1]):
        part = parts[owner]
        if isinstance(part, Run):
            content.append(Run("".join(character for character, _owner in group), part.marks))
        else:
            content.append(part)
    return content

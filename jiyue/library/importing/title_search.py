"""Finding the title among the first lines of a document."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jiyue.library.importing.titles import (
    MAX_TITLE_CHARS,
    MAX_TITLE_LINES,
    compact,
    is_document_title,
    is_named_document,
    is_organization,
    tidy_title,
)

MIN_TITLE_CHARS = 4

_NAVIGATION = re.compile(
    r"(?:网站)?首页(?:\s?[|>＞»].*)?|(?:您的|您现在的|当前|现在的)位置\s?[:：]?.*|网站地图|无障碍(?:浏览|阅读)?|登录|注册|[>＞»].*"
)


@dataclass(frozen=True, slots=True)
class TitleLines:
    """Where the title stands, and whether it is surely one."""

    start: int
    count: int
    is_sure: bool = True

    @property
    def end(self) -> int:
        """Position behind the last line of the title."""
        return self.start + self.count

    def text(self, lines: Sequence[str]) -> str:
        """Return the title without the gaps of its line breaks."""
        return tidy_title("".join(lines[self.start : self.end]))


def is_navigation(line: str) -> bool:
    """Tell whether a line only leads somewhere else."""
    return _NAVIGATION.fullmatch(line) is not None


def find_known_title(title: str, lines: Sequence[str]) -> TitleLines | None:
    """Return where a title known from elsewhere is repeated, over one line or several."""
    wanted = compact(title)
    for count in range(1, MAX_TITLE_LINES + 1):
        for start in range(len(lines) - count + 1):
            if compact("".join(lines[start : start + count])) == wanted:
                return TitleLines(start, count)
    return None


def find_document_title(lines: Sequence[str]) -> TitleLines | None:
    """Return the lines that are surely the title of an official document.

    A body on a line of its own belongs to a title that begins with 关于.
    """
    for count in range(1, MAX_TITLE_LINES + 1):
        for start in range(len(lines) - count + 1):
            part = lines[start : start + count]
            if not all(part) or not is_document_title(compact("".join(part))):
                continue
            if start and part[0].startswith("关于") and is_organization(lines[start - 1]):
                return TitleLines(start - 1, count + 1)
            return TitleLines(start, count)
    return None


def find_likely_title(lines: Sequence[str]) -> TitleLines | None:
    """Return the name of a document, else the first line that is no furniture."""
    for index, line in enumerate(lines):
        if is_named_document(line) and not is_navigation(line):
            return TitleLines(index, 1)
    for index, line in enumerate(lines):
        if _could_be_title(line):
            return TitleLines(index, 1, is_sure=False)
    return None


def repetition(lines: Sequence[str], title: str) -> int:
    """Return how many lines say the title once more; 0 when they say something else."""
    wanted = compact(title)
    if wanted:
        for count in range(1, min(MAX_TITLE_LINES + 1, len(lines)) + 1):
            if compact("".join(lines[:count])) == wanted:
                return count
    return 0


def _could_be_title(line: str) -> bool:
    if not MIN_TITLE_CHARS <= len(line) <= MAX_TITLE_CHARS or line.endswith(("。", "；", "，")):
        return False
    return not is_navigation(line)

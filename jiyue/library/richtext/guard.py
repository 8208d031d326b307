"""Makes hostile or broken markup safe to parse in linear time.

A conforming HTML parser needs quadratic time for very deep nesting, for
formatting tags that are never closed, and for tags with thousands of
attributes. The guard follows the nesting with a small model of the HTML parsing
rules and turns every tag that goes too far into a comment; the text stays.
"""

import re
from dataclasses import dataclass, field

from jiyue.library.richtext.errors import RichTextTooLarge
from jiyue.library.richtext.model import tag_names

MAX_HTML_CHARS = 4_000_000  # characters; twice the largest paste expected from a word processor
MAX_DEPTH = 120  # open elements; real documents stay below 40
MAX_OPEN_FORMATTING = 8  # each one may be repeated by the parser in every following paragraph
LONG_TAG_CHARS = 8_000  # characters; a tag this long holds an embedded image or an attack
MAX_TAG_PARTS = 500  # attributes in one long tag

VOID = tag_names("area base br col embed hr img input link meta param source track wbr")
FORMATTING = tag_names("a b big code em font i nobr s small strike strong tt u")
CELLS = frozenset({"td", "th", "caption"})
TABLE_PARTS = CELLS | {"tr", "thead", "tbody", "tfoot", "colgroup"}
CLOSES_PARAGRAPH = tag_names(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p pre search section "
    "summary table ul"
)
SCOPE_LIMITS = tag_names("applet button marquee object table template select svg math") | CELLS
TABLE_PARENTS = {
    "td": frozenset({"table", "tr"}),
    "th": frozenset({"table", "tr"}),
    "tr": frozenset({"table", "tbody", "thead", "tfoot"}),
}
SPECIAL = CLOSES_PARAGRAPH | SCOPE_LIMITS | TABLE_PARTS

_RAW_TEXT_START = re.compile(
    r"<!--|<(script|style|title|textarea|xmp|iframe|noembed|noframes)\b", re.IGNORECASE
)
_TAG_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_SEPARATOR = re.compile(r"[\s/]+")


def tame(html: str) -> str:
    """Return markup that any HTML parser reads in linear time.

    Scripts, style sheets, comments and other raw text are gone, tags beyond the
    nesting limits have become comments, everything else is unchanged.

    Args:
        html: Any text.

    Raises:
        RichTextTooLarge: More than `MAX_HTML_CHARS` characters.
    """
    if len(html) > MAX_HTML_CHARS:
        raise RichTextTooLarge
    pieces = _without_raw_text(html).split("<")
    nesting = _Nesting()
    tamed = [pieces[0]]
    for piece in pieces[1:]:
        match = _TAG_NAME.match(piece)
        is_refused = match is not None and not (
            nesting.admits(match[2].lower(), is_end=match[1] == "/") and not _is_flooded(piece)
        )
        tamed.append("<!" if is_refused else "<")
        tamed.append(piece)
    return "".join(tamed)


def _without_raw_text(html: str) -> str:
    """Cut comments and the elements whose content is not text of the document."""
    kept = []
    position = 0
    while match := _RAW_TEXT_START.search(html, position):
        kept.append(html[position : match.start()])
        position = _end_of_raw_text(html, match)
    kept.append(html[position:])
    return "".join(kept)


def _end_of_raw_text(html: str, start: re.Match[str]) -> int:
    name = start[1]
    if name is None:
        end = html.find("-->", start.end() - 2)
        return len(html) if end < 0 else end + len("-->")
    closing = re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE).search(html, start.end())
    return len(html) if closing is None else closing.end()


def _is_flooded(piece: str) -> bool:
    """Tell whether one tag carries more attributes than any document needs."""
    if len(piece) < LONG_TAG_CHARS:
        return False
    tag = _QUOTED.sub("", piece).partition(">")[0]
    return len(_SEPARATOR.findall(tag)) > MAX_TAG_PARTS


@dataclass(slots=True)
class _Nesting:
    """The open elements as the HTML parsing rules would keep them."""

    names: list[str] = field(default_factory=list)
    formatting_before: list[int] = field(default_factory=list)  # parallel to names
    formatting: list[str] = field(default_factory=list)

    def admits(self, name: str, *, is_end: bool) -> bool:
        """Follow one tag; False when it must not reach the parser."""
        if name == "plaintext":
            return False
        if name in VOID:
            return True
        if is_end:
            self._close(name)
            return True
        return self._open(name)

    def _open(self, name: str) -> bool:
        if name in TABLE_PARTS:
            self._return_to_table(name)
        if name in CLOSES_PARAGRAPH:
            self._close_open_paragraph()
        if name == "li":
            self._close_open_item()
        if name in FORMATTING:
            if len(self.formatting) >= MAX_OPEN_FORMATTING:
                return False
            self.formatting.append(name)
        if len(self.names) >= MAX_DEPTH:
            return False
        self.names.append(name)
        self.formatting_before.append(len(self.formatting))
        return True

    def _close(self, name: str) -> None:
        if name in FORMATTING:
            self._close_formatting(name)
            return
        stops = SCOPE_LIMITS - CELLS if name in SPECIAL else SPECIAL
        index = self._find(frozenset({name}), stops)
        if index is not None:
            self._cut(index)

    def _close_formatting(self, name: str) -> None:
        index = self._find(frozenset({name}), SCOPE_LIMITS)
        if index is not None:
            del self.names[index]
            del self.formatting_before[index]
        if name in self.formatting:
            del self.formatting[len(self.formatting) - 1 - self.formatting[::-1].index(name)]

    def _find(self, wanted: frozenset[str], stops: frozenset[str]) -> int | None:
        """Position of the innermost wanted element not hidden behind a stop."""
        for index in range(len(self.names) - 1, -1, -1):
            if self.names[index] in wanted:
                return index
            if self.names[index] in stops:
                return None
        return None

    def _return_to_table(self, name: str) -> None:
        index = self._find(TABLE_PARENTS.get(name, frozenset({"table"})), frozenset())
        if index is not None:
            self._cut(index + 1)

    def _close_open_paragraph(self) -> None:
        index = self._find(frozenset({"p"}), SCOPE_LIMITS)
        if index is not None:
            self._cut(index)

    def _close_open_item(self) -> None:
        index = self._find(frozenset({"li"}), SPECIAL - {"li", "address", "div", "p"})
        if index is not None:
            self._cut(index)

    def _cut(self, index: int) -> None:
        """Close every element from `index` on; a closed cell forgets its formatting."""
        for position in range(index, len(self.names)):
            if self.names[position] in CELLS:
                del self.formatting[self.formatting_before[position] :]
                break
        del self.names[index:]
        del self.formatting_before[index:]

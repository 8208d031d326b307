"""From inline styles and presentational attributes to the closed list of classes."""

import re
from collections.abc import Mapping

from jiyue.library.richtext.model import (
    ALIGNMENT_CLASSES,
    ALL_CLASSES,
    INDENT_CLASSES,
    NOTE_CLASS,
    WIDTH_CLASSES,
    Marks,
)

Attributes = Mapping[str, str | None]

EM_PER_UNIT = {
    "em": 1.0,
    "rem": 1.0,
    "ch": 0.5,
    "pt": 1 / 14,
    "px": 1 / 18,
    "cm": 2.0,
    "mm": 0.2,
    "in": 5.1,
    "pc": 0.86,
}
EMS_PER_INDENT = 2.0  # one step of indentation is two characters
FIRST_LINE_EMS = 2.0  # the usual first-line indentation, which every paragraph has anyway
MAX_STYLE_CHARS = 4_000  # characters; longer style attributes are ignored

_LENGTH = re.compile(r"\s*(-?\d{0,6}(?:\.\d{0,6})?)\s*(em|rem|ch|pt|px|cm|mm|in|pc|%)?", re.IGNORECASE)
_BOLD = re.compile(r"bold|bolder|[6-9]00")
_NOT_BOLD = re.compile(r"normal|lighter|[1-5]00")
_ALIGNMENTS = {
    "right": "align-right",
    "end": "align-right",
    "center": "align-center",
    "middle": "align-center",
    "-webkit-center": "align-center",
    "justify": "align-justify",
    "left": "",
    "start": "",
}
_WIDTHS = tuple((int(name.rpartition("-")[2]), name) for name in WIDTH_CLASSES)


def parse_style(attributes: Attributes) -> dict[str, str]:
    """Return the declarations of a `style` attribute, lower case, last one wins."""
    style = attributes.get("style")
    if not style or len(style) > MAX_STYLE_CHARS:
        return {}
    declarations = {}
    for part in style.lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            declarations[name.strip()] = value.replace("!important", "").strip()
    return declarations


def is_hidden(style: Mapping[str, str]) -> bool:
    """Tell whether the author's software hid the element."""
    return style.get("display") == "none" or style.get("mso-hide") == "all"


def own_classes(attributes: Attributes) -> tuple[str, ...]:
    """Return the classes of the closed list that an element already carries."""
    names = (attributes.get("class") or "").split()
    return tuple(name for name in ALL_CLASSES if name in names) if names else ()


def alignment(attributes: Attributes, style: Mapping[str, str]) -> str | None:
    """Return the alignment class an element asks for; "" for left, None when it says nothing."""
    value = style.get("text-align") or (attributes.get("align") or "").strip().lower()
    if value in _ALIGNMENTS:
        return _ALIGNMENTS[value]
    return next((name for name in own_classes(attributes) if name in ALIGNMENT_CLASSES), None)


def block_classes(
    attributes: Attributes, style: Mapping[str, str], inherited_alignment: str
) -> tuple[str, ...]:
    """Return alignment, indentation and note classes of a paragraph or heading."""
    own = own_classes(attributes)
    stated = alignment(attributes, style)
    aligned = inherited_alignment if stated is None else stated
    indent = _indent_class(style) or next((name for name in own if name in INDENT_CLASSES), "")
    note = NOTE_CLASS if NOTE_CLASS in own else ""
    return tuple(name for name in (aligned, indent, note) if name)


def width_class(attributes: Attributes, style: Mapping[str, str]) -> str:
    """Return the width class nearest to a width in per cent, or ""."""
    length = _LENGTH.match(style.get("width") or attributes.get("width") or "")
    if length and length[2] == "%" and _number(length[1]) > 0:
        percent = _number(length[1])
        return min(_WIDTHS, key=lambda width: abs(width[0] - percent))[1]
    return next((name for name in own_classes(attributes) if name in WIDTH_CLASSES), "")


def styled_marks(marks: Marks, style: Mapping[str, str]) -> Marks:
    """Return the marks of text inside an element with this style."""
    weight = style.get("font-weight", "")
    if _BOLD.fullmatch(weight):
        marks = marks._replace(is_strong=True)
    elif _NOT_BOLD.fullmatch(weight):
        marks = marks._replace(is_strong=False)
    if style.get("font-style") in {"italic", "oblique"}:
        marks = marks._replace(is_emphasized=True)
    position = style.get("vertical-align")
    if position == "super":
        marks = marks._replace(script="sup")
    elif position == "sub":
        marks = marks._replace(script="sub")
    return marks


def _indent_class(style: Mapping[str, str]) -> str:
    if not style or "mso-list" in style:  # the indentation of a list paragraph makes room for its label
        return ""
    margin = max(
        _ems(style.get("margin-left", "")), _ems(style.get("padding-left", "")), _margin_shorthand(style)
    )
    first_line = _ems(style.get("text-indent", "")) - FIRST_LINE_EMS
    steps = round((max(margin, 0.0) + max(first_line, 0.0)) / EMS_PER_INDENT)
    return INDENT_CLASSES[min(steps, len(INDENT_CLASSES)) - 1] if steps > 0 else ""


def _margin_shorthand(style: Mapping[str, str]) -> float:
    sides = style.get("margin", "").split()
    return _ems(sides[3]) if len(sides) == 4 else 0.0


def _ems(text: str) -> float:
    length = _LENGTH.match(text)
    if length is None or not length[2]:
        return 0.0
    return _number(length[1]) * EM_PER_UNIT.get(length[2], 0.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

"""Lists as word processors put them on the clipboard: paragraphs with a typed label."""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from jiyue.library.richtext.inline import clean_characters, collapse
from jiyue.library.richtext.model import Block, Item, Listing
from jiyue.library.richtext.styles import parse_style

MAX_LIST_LEVEL = 9  # levels a word processor has

_LEVEL = re.compile(r"\blevel([1-9])\b")
_NUMBER = re.compile("[0-9０-９一二三四五六七八九十①-⑳⒈-⒛㈠-㈩ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]")
_CLOSED = ("、", "）", "．")  # labels that no space follows


def is_list_label(style: Mapping[str, str]) -> bool:
    """Tell whether an element is only the label of its paragraph."""
    return style.get("mso-list") == "ignore"


def list_level(style: Mapping[str, str]) -> int:
    """Return the level of a list paragraph, 1 to 9; 0 for any other paragraph."""
    found = _LEVEL.search(style.get("mso-list", ""))
    return int(found[1]) if found else 0


def outline_level(style: Mapping[str, str]) -> int:
    """Return the heading level a paragraph has by its style, 1 to 6; 0 for body text."""
    level = style.get("mso-outline-level", "")
    return int(level) if level in {"1", "2", "3", "4", "5", "6"} else 0


def label_text(node: LexborNode) -> str:
    """Return a typed label as text to stand before the paragraph; "" for a bullet."""
    label = collapse(clean_characters(node.text() or ""))
    if is_bullet(label):
        return ""
    return label if label.endswith(_CLOSED) else f"{label} "


def is_bullet(label: str) -> bool:
    """Tell whether a label is a mark without order; symbol fonts write it as some letter."""
    return len(label) <= 1 and _NUMBER.fullmatch(label) is None


def has_bullet(node: LexborNode) -> bool:
    """Tell whether the label of a list paragraph is a bullet."""
    for part in node.css("span"):
        if is_list_label(parse_style(part.attributes)):
            return is_bullet(collapse(clean_characters(part.text() or "")))
    return False


def add_entry(listing: Listing, level: int, blocks: list[Block]) -> None:
    """Append an entry at a level; a level that opens without its parents counts as the one below."""
    for _step in range(level - 1):
        if not listing.items:
            break
        tail = listing.items[-1].blocks
        last = tail[-1] if tail else None
        if not isinstance(last, Listing):
            last = Listing([])
            tail.append(last)
        listing = last
    listing.items.append(Item(blocks))

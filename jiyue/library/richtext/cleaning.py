"""The one gate through which HTML enters the library."""

import nh3

from jiyue.library.richtext.addresses import ALLOWED_SCHEMES
from jiyue.library.richtext.model import (
    ALIGNMENT_CLASSES,
    INDENT_CLASSES,
    NOTE_CLASS,
    WIDTH_CLASSES,
    tag_names,
)
from jiyue.library.richtext.outline import level_headings
from jiyue.library.richtext.reader import read_html
from jiyue.library.richtext.writer import write_html

BODY_FORMAT = 1  # version of the rules below; editions keep the one they were frozen under

HEADING_TAGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
ALLOWED_TAGS = HEADING_TAGS | tag_names(
    "p br hr ul ol li table caption thead tbody tfoot tr th td blockquote figure figcaption img a strong "
    "em sub sup"
)
ALLOWED_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_TEXT_CLASSES = {*ALIGNMENT_CLASSES, *INDENT_CLASSES, NOTE_CLASS}
_CELL_CLASSES = {*ALIGNMENT_CLASSES, *WIDTH_CLASSES}
ALLOWED_CLASSES = {
    "p": _TEXT_CLASSES,
    **dict.fromkeys(HEADING_TAGS, _TEXT_CLASSES),
    "td": _CELL_CLASSES,
    "th": _CELL_CLASSES,
    "table": set(WIDTH_CLASSES),
    "img": set(WIDTH_CLASSES),
}

_sanitizer = nh3.Cleaner(
    tags=set(ALLOWED_TAGS),
    attributes=ALLOWED_ATTRIBUTES,
    allowed_classes=ALLOWED_CLASSES,
    url_schemes=set(ALLOWED_SCHEMES),
    link_rel=None,
    strip_comments=True,
)


def clean_html(html: str) -> str:
    """Return the HTML of a body as the library keeps it.

    Headings, paragraphs, lists, tables with merged cells, quotations, figures,
    images of the media store and safe links stay. Alignment, indentation and
    widths become classes of a closed list. Scripts, styles, event handlers,
    foreign images and what word processors leave behind go; the text of unknown
    elements stays. Cleaning clean HTML changes nothing.

    Args:
        html: Any text: pasted, typed, uploaded or received.

    Returns:
        HTML valid inside an `article` whose title is the page's `h1`.

    Raises:
        RichTextTooLarge: The text is longer than one document can be.
    """
    blocks = read_html(html)
    level_headings(blocks)
    return sanitize(write_html(blocks))


def sanitize(html: str) -> str:
    """Return HTML with nothing but the allowed elements, attributes, classes and schemes.

    The second, independent wall: HTML of our own writer passes it unchanged.
    """
    return _sanitizer.clean(html)

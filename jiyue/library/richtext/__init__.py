"""Rich text of the library: one closed format, readers for the rest."""

from jiyue.library.richtext.cleaning import BODY_FORMAT, clean_html, sanitize
from jiyue.library.richtext.errors import RichTextTooLarge
from jiyue.library.richtext.text import html_to_text, text_to_html

__all__ = [
    "BODY_FORMAT",
    "RichTextTooLarge",
    "clean_html",
    "html_to_text",
    "sanitize",
    "text_to_html",
]

"""The real detail template, rendered once per channel and filled article by article.

The template is rendered around sentinels, cut at them, and from then on a page
is one join of bytes. This holds because every hole of `DetailHoles` is a
finished, escaped string and the template makes no decision about one; a test
compares the result with the plain rendering byte by byte.
"""

import re
import secrets
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter

from markupsafe import Markup

from jiyue.publishing.pages import DetailPage, SiteFrame
from jiyue.publishing.theme import (
    DetailChannel,
    DetailHoles,
    detail_channel,
    detail_holes,
    render_detail_frame,
)

_NONCE = secrets.token_hex(16)  # nobody can write a sentinel into a title
_SENTINEL = re.compile(rf"\[{_NONCE}:(\w+)\]")


@dataclass(frozen=True, slots=True)
class SplicedTemplate:
    """A channel's detail page cut at its holes."""

    parts: tuple[bytes, ...]  # fixed text at even places, room for a hole at odd ones
    holes: tuple[str, ...]  # names of the holes in order

    def fill(self, values: DetailHoles) -> bytes:
        """Return the whole page."""
        parts = list(self.parts)
        parts[1::2] = [value.encode() for value in attrgetter(*self.holes)(values)]
        return b"".join(parts)


def render_spliced(page: DetailPage, *, theme: str) -> bytes:
    """Return the same bytes as `theme.render_detail(page).encode()`, about ten times as fast."""
    template = _cut_template(page.frame, detail_channel(page), theme)
    return template.fill(detail_holes(page, theme=theme))


@lru_cache(maxsize=512)
def _cut_template(frame: SiteFrame, channel: DetailChannel, theme: str) -> SplicedTemplate:
    sentinels = {field.name: Markup(f"[{_NONCE}:{field.name}]") for field in fields(DetailHoles)}  # noqa: S704 - our own text
    html = render_detail_frame(frame, channel, DetailHoles(**sentinels), theme=theme)
    pieces = _SENTINEL.split(html)
    parts = tuple(b"" if place % 2 else piece.encode() for place, piece in enumerate(pieces))
    return SplicedTemplate(parts, tuple(pieces[1::2]))

"""The theme's real templates, rendered once per channel and filled article by article.

A template is rendered around sentinels, cut at them, and from then on a page is
one join of bytes. This holds for `detail.html` because every hole of
`DetailHoles` is a finished, escaped string and the template makes no decision
about one; for the fragments because what decides their shape is part of the
key under which they are kept. Tests compare every result with the plain
rendering byte by byte.
"""

import re
import secrets
from dataclasses import fields
from functools import lru_cache
from json.encoder import encode_basestring
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

from markupsafe import Markup, escape

from jiyue.publishing.pages import ChannelPage, DetailPage, Link, ListItem, SiteFrame
from jiyue.publishing.structured_data import detail_json_ld
from jiyue.publishing.theme import (
    DetailChannel,
    DetailHoles,
    day,
    describe,
    iso,
    render_detail_frame,
    render_fragment,
    render_page,
)

_NONCE = secrets.token_hex(16)  # nobody can write a sentinel into a title
_SENTINEL = re.compile(rf"\[{_NONCE}:(\w+)\]")
_LINES_KEPT = 4_096  # rendered list items; each is used on about six pages in a row
# as the theme writes JSON inside a script element
_SCRIPT_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_SCRIPT_UNSAFE = re.compile("[<>&\u2028\u2029]")
_HTML_UNSAFE = re.compile("[<>&'\"]")
_SAMPLE_DATE = "2026-01-01 00:00"
_SAMPLE_MOMENT = "0000-99-99 99:99"  # a day nothing else on a page shows


def _sentinel(name: str) -> str:
    return f"[{_NONCE}:{name}]"


class _Cut:
    """Text cut at its sentinels."""

    def __init__(self, text: str):
        pieces = _SENTINEL.split(text)
        self._parts = [b"" if place % 2 else piece.encode() for place, piece in enumerate(pieces)]
        self._names = pieces[1::2]

    def fill(self, values: dict[str, bytes]) -> bytes:
        """Put a value into every hole."""
        parts = self._parts.copy()
        parts[1::2] = map(values.__getitem__, self._names)
        return b"".join(parts)


class Lines:
    """List items as a theme writes them, each filled in once for all pages that show it."""

    def __init__(self, theme: str, *, with_summary: bool):
        self._theme = theme
        self._with_summary = with_summary
        self._shapes = lru_cache(maxsize=None)(self._cut_line)
        self._line = lru_cache(maxsize=_LINES_KEPT)(self._fill)

    def join(self, items: tuple[ListItem, ...]) -> bytes:
        """Return the items one after the other."""
        return b"".join([self._line(item) for item in items])

    def _fill(self, item: ListItem) -> bytes:
        shape = self._shapes(bool(item.date), bool(item.summary), bool(item.validity), bool(item.archived_on))
        return shape.fill(
            {
                "title": _escaped(item.title),
                "url": _escaped(item.url),
                "iso": _escaped(iso(item.date)),
                "day": _escaped(day(item.date)),
                "summary": _escaped(item.summary),
                "validity": _escaped(item.validity),
            }
        )

    def _cut_line(self, date: bool, summary: bool, validity: bool, archived_on: bool) -> _Cut:
        sample = ListItem(
            title=_sentinel("title"),
            url=_sentinel("url"),
            date=_SAMPLE_MOMENT if date else "",
            summary=_sentinel("summary") if summary else "",
            validity=_sentinel("validity") if validity else "",
            archived_on=_SAMPLE_DATE if archived_on else "",
        )
        line = self.text((sample,)).replace(iso(_SAMPLE_MOMENT), _sentinel("iso"))
        line = line.replace(day(_SAMPLE_MOMENT), _sentinel("day"))
        if day(_SAMPLE_MOMENT)[:7] in line:
            raise ValueError("fragments/list_items.html shows a date otherwise than by `iso` or `day`")
        return _Cut(line)

    def text(self, items: tuple[ListItem, ...]) -> str:
        """Return the items as the theme's own loop writes them."""
        return str(
            render_fragment("list_items", theme=self._theme, items=items, with_summary=self._with_summary)
        )

    def cut(self, html: str) -> str:
        """Replace the sample item in a rendered page by the sentinel `items`."""
        before, line, after = html.partition(self.text((SAMPLE_ITEM,)))
        if not line:
            raise ValueError("the theme doesn't show list items through fragments/list_items.html")
        return f"{before}{_sentinel('items')}{after}"


SAMPLE_ITEM = ListItem(title=_sentinel("title"), url=_sentinel("url"), date=_SAMPLE_DATE)


class DetailWriter:
    """Writes the detail pages of one channel; get one from `detail_writer`."""

    def __init__(self, frame: SiteFrame, channel: DetailChannel, theme: str):
        sentinels = {field.name: Markup(_sentinel(field.name)) for field in fields(DetailHoles)}  # noqa: S704 - our own text
        self._cut = _Cut(render_detail_frame(frame, channel, DetailHoles(**sentinels), theme=theme))
        self._theme = theme
        self._lines = Lines(theme, with_summary=False)
        self._related = _Cut(self._lines.cut(self._fragment("related", related=(SAMPLE_ITEM,))))
        self._frame = frame
        self._json_ld = lru_cache(maxsize=16)(self._cut_json_ld)
        self._small = lru_cache(maxsize=512)(self._fragment_bytes)
        self._image_meta = lru_cache(maxsize=16)(self._image_bytes)
        self._beside = lru_cache(maxsize=4)(self._cut_neighbours)

    def render(self, page: DetailPage) -> bytes:
        """Return the same bytes as `theme.render_detail(page).encode()`, many times as fast."""
        title = _escaped(page.title)
        small = self._small
        return self._cut.fill(
            {
                "title": title,
                "title_attr": title,
                "canonical_url": _escaped(page.canonical_url),
                "page_query": _escaped(quote(page.url, safe="/")),
                "public_id": _escaped(page.public_id),
                "description": _escaped(describe(page)),
                "published_attr": _escaped(page.published_at),
                "source_attr": _escaped(page.source or page.frame.sponsor),
                "author_meta": small("author_meta", ("author",), (page.author,)),
                "image_meta": self._image_meta(page.image_url),
                "archived": small("archived", ("archived_on",), (page.archived_on,)),
                "published": small(
                    "published",
                    ("source", "author", "published_at", "originally_published_on"),
                    (page.source, page.author, page.published_at, page.originally_published_on),
                ),
                "metadata": small(
                    "metadata",
                    ("is_document", "metadata", "validity", "validity_label", "relations"),
                    (page.is_document, page.metadata, page.validity, page.validity_label, page.relations),
                ),
                "details": small(
                    "details",
                    ("is_document", "details", "portrait", "relations"),
                    (page.is_document, page.details, page.portrait, page.relations),
                ),
                "body": page.body_html.encode(),
                "attachments": small("attachments", ("attachments",), (page.attachments,)),
                "recordings": small("recordings", ("recordings",), (page.recordings,)),
                "related": self._related_items(page.related),
                "neighbours": self._neighbours(page.newer, page.older),
                "qr_svg": page.qr_svg.encode(),
                "json_ld": self._json_ld(page.schema_type, bool(page.image_url)).fill(
                    {
                        "headline": _json_text(page.title),
                        "address": _json_text(page.canonical_url),
                        "moment": _json_text(page.published_at.replace(" ", "T", 1)),
                        "change": _json_text((page.changed_at or page.published_at).replace(" ", "T", 1)),
                        "source": _json_text(page.source or page.frame.sponsor),
                        "image": _json_text(page.image_url),
                    }
                ),
            }
        )

    def _fragment(self, name: str, **values: object) -> str:
        """Render a fragment that may look at nothing but `values`: anything else is an error."""
        return str(render_fragment(name, theme=self._theme, page=SimpleNamespace(**values)))

    def _fragment_bytes(self, name: str, fields: tuple[str, ...], values: tuple[object, ...]) -> bytes:
        return self._fragment(name, **dict(zip(fields, values, strict=True))).encode()

    def _image_bytes(self, image_url: str) -> bytes:
        return self._fragment("image_meta", frame=self._frame, image_url=image_url).encode()

    def _related_items(self, items: tuple[ListItem, ...]) -> bytes:
        if not items:
            return self._small("related", ("related",), ((),))
        return self._related.fill({"items": self._lines.join(items)})

    def _neighbours(self, newer: Link | None, older: Link | None) -> bytes:
        values = {}
        for name, link in (("newer", newer), ("older", older)):
            if link is not None:
                values[f"{name}_name"] = _escaped(link.name)
                values[f"{name}_url"] = _escaped(link.url)
        return self._beside(newer is not None, older is not None).fill(values)

    def _cut_neighbours(self, has_newer: bool, has_older: bool) -> _Cut:
        newer = Link(_sentinel("newer_name"), _sentinel("newer_url")) if has_newer else None
        older = Link(_sentinel("older_name"), _sentinel("older_url")) if has_older else None
        return _Cut(self._fragment("neighbours", newer=newer, older=older))

    def _cut_json_ld(self, schema_type: str, has_image: bool) -> _Cut:
        sample = SimpleNamespace(
            frame=self._frame,
            schema_type=schema_type,
            title=_sentinel("headline"),
            canonical_url=_sentinel("address"),
            published_at=_sentinel("moment"),
            changed_at=_sentinel("change"),
            source=_sentinel("source"),
            image_url=_sentinel("image") if has_image else "",
        )
        return _Cut(str(detail_json_ld(cast(DetailPage, sample))))


def _json_text(text: str) -> bytes:
    """A string of JSON in a script element, its quotes left out."""
    quoted = encode_basestring(text)[1:-1]
    return (quoted.translate(_SCRIPT_ESCAPES) if _SCRIPT_UNSAFE.search(quoted) else quoted).encode()


def _escaped(text: str) -> bytes:
    """The same as `escape(text).encode()`; most texts need no escaping."""
    return (escape(text) if _HTML_UNSAFE.search(text) else text).encode()


@lru_cache(maxsize=512)
def detail_writer(frame: SiteFrame, channel: DetailChannel, theme: str) -> DetailWriter:
    """Return the writer of a channel's detail pages, made once; public pages have one language."""
    return DetailWriter(frame, channel, theme)


class ListWriter:
    """Writes numbered list pages of one channel: same template, other items and numbers."""

    def __init__(self, theme: str):
        self._theme = theme
        self._lines = Lines(theme, with_summary=True)
        self._shapes: dict[tuple[bool, bool], _Cut] = {}

    def render(self, page: ChannelPage) -> bytes:
        """Return the same bytes as `theme.render_page("channel.html", page).encode()`.

        All pages given to one writer must differ in nothing but their items,
        their number and their links to older and newer items.
        """
        if not page.items or page.number is None:
            return render_page("channel.html", page, theme=self._theme).encode()
        shape = bool(page.older_url), bool(page.newer_url)
        cut = self._shapes.get(shape)
        if cut is None:
            cut = self._shapes[shape] = self._cut(page)
        return cut.fill(
            {
                "items": self._lines.join(page.items),
                "number": str(page.number).encode(),
                "older": _escaped(page.older_url),
                "newer": _escaped(page.newer_url),
            }
        )

    def _cut(self, page: ChannelPage) -> _Cut:
        sample = {field.name: getattr(page, field.name) for field in fields(page)}
        sample |= {
            "items": (SAMPLE_ITEM,),
            "number": Markup(_sentinel("number")),  # noqa: S704 - our own text
            "older_url": _sentinel("older") if page.older_url else "",
            "newer_url": _sentinel("newer") if page.newer_url else "",
        }
        return _Cut(self._lines.cut(render_page("channel.html", ChannelPage(**sample), theme=self._theme)))

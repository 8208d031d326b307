"""What an item says: one frozen value, digested, stored as JSON in revisions and editions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache
from typing import Any

from jiyue.core import crypto
from jiyue.core.text import storable

BODY_FORMAT = 1  # version of the sanitizer's closed list of elements and classes
MAX_TITLE_CHARS = 300  # what lists, feeds and databases are built for; rules of style are shorter
MAX_INDEX_NUMBER_CHARS = 60
MAX_FIELD_CHARS = 2_000  # of any other single-line field: a limit against abuse, not of style
MAX_DETAIL_CHARS = 20_000  # of one field of a kind's own: a transcript of two hours fits
MAX_BODY_CHARS = 2_000_000  # of HTML; the longest code of laws has about 400,000
MAX_TRANSCRIPT_CHARS = 100_000  # about five hours of speech
MEDIA_PREFIX = "/media/"
_BODY_MEDIA = re.compile(r"/media/([0-9a-f]{32}\.[a-z0-9]{1,8})(?![\w.-])")
_DATES = ("written_on", "originally_published_on", "event_on")
_LISTS = ("keywords", "channel_ids")
_ROWS = ("attachments", "relations")
_MAPPINGS = ("details", "justifications")


@dataclass(frozen=True)
class Attachment:
    """A file offered with an item: a document to download, or a recording that its page plays.

    Attributes:
        media: Its name in the media store.
        title: What people read.
        captions: Subtitles of a video: their name in the media store.
        poster: Still of a video before it is played: its name in the media store.
        transcript: The words of a recording, for people who can't hear or play it.
    """

    media: str
    title: str
    captions: str = ""
    poster: str = ""
    transcript: str = ""


@dataclass(frozen=True)
class Relation:
    """What a document does to an earlier one (LIB-07), or which document an item interprets.

    Attributes:
        kind: A `RelationKind`.
        resource_id: The other item, where it is in the library.
        title: Title and number of the other document, where it isn't.
        effective_on: ISO date from which it holds; empty for the day of publication.
    """

    kind: str
    resource_id: int | None = None
    title: str = ""
    effective_on: str = ""


@dataclass(frozen=True)
class ResourceContent:
    """Everything that is reviewed and frozen (LIB-03)."""

    kind: str
    title: str
    body_html: str = ""
    summary: str = ""
    document_number: str = ""
    index_number: str = ""
    issuing_body: str = ""
    subject_category: str = ""
    genre_category: str = ""
    audience: str = ""
    written_on: date | None = None
    originally_published_on: date | None = None
    validity_status: str = ""
    source: str = ""
    author: str = ""
    keywords: tuple[str, ...] = ()
    picture: str = ""  # name in the media store, shown in lists
    picture_alt: str = ""
    picture_caption: str = ""
    sort: str = ""  # SortOfContent; empty: as the kind says
    openness: str = ""  # Openness, stated by the providing unit (REV-17)
    openness_basis: str = ""
    region: str = ""
    language: str = "zh-Hans"
    event_on: date | None = None  # when it happened or was signed (REV-19)
    timeliness: str = ""  # TimelinessClass (REV-19)
    is_repost: bool = False
    source_url: str = ""
    details: Mapping[str, str] = field(default_factory=dict)  # fields of the kind's own (LIB-06)
    relations: tuple[Relation, ...] = ()
    justifications: Mapping[str, str] = field(default_factory=dict)  # key of a text finding → why it stays
    attachments: tuple[Attachment, ...] = ()
    channel_ids: tuple[int, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, dates as ISO text."""
        data = dict(vars(self))  # every field; `asdict` copies deeply and takes ten times as long
        for name in _DATES:
            data[name] = data[name].isoformat() if data[name] else None
        for name in _MAPPINGS:
            data[name] = dict(data[name])
        for name in _LISTS:
            data[name] = list(data[name])
        for name in _ROWS:
            data[name] = [dict(vars(row)) for row in data[name]]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ResourceContent":
        """Rebuild the value from stored JSON; unknown keys of other versions are left out."""
        known = {name: data[name] for name in _field_names() if name in data}
        for name in _DATES:
            known[name] = date.fromisoformat(known[name]) if known.get(name) else None
        for name in ("keywords", "channel_ids"):
            known[name] = tuple(known.get(name, ()))
        known["attachments"] = tuple(Attachment(**item) for item in known.get("attachments", ()))
        known["relations"] = tuple(Relation(**item) for item in known.get("relations", ()))
        return cls(**known)

    def storable(self) -> "ResourceContent":
        """Return a copy without characters that no database stores (NUL, half surrogates)."""
        texts: dict[str, Any] = {
            f.name: storable(value) for f in fields(self) if isinstance(value := getattr(self, f.name), str)
        }
        files = tuple(
            Attachment(**{name: storable(text) for name, text in vars(file).items()})
            for file in self.attachments
        )
        others: dict[str, Any] = {
            "keywords": tuple(storable(keyword) for keyword in self.keywords),
            "attachments": files,
            "details": {storable(name): storable(text) for name, text in self.details.items()},
            "justifications": {storable(key): storable(text) for key, text in self.justifications.items()},
            "relations": tuple(replace(item, title=storable(item.title)) for item in self.relations),
        }
        return replace(self, **texts, **others)

    def media_names(self) -> frozenset[str]:
        """Names in the media store of everything the item shows or offers."""
        named = {self.picture}
        for file in self.attachments:
            named |= {file.media, file.captions, file.poster}
        return frozenset(named.union(_BODY_MEDIA.findall(self.body_html))) - {""}

    def digest(self) -> str:
        """SM3 over the canonical JSON."""
        return crypto.sm3_hex(crypto.canonical_json(self.as_json()))

    def with_values(self, **values: Any) -> "ResourceContent":
        """Return a copy with some fields changed."""
        return replace(self, **values)


@cache
def _field_names() -> tuple[str, ...]:
    return tuple(f.name for f in fields(ResourceContent))

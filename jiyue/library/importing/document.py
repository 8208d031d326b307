"""What the parser makes of a file."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise


@dataclass(frozen=True)
class Note:
    """Something a person should know about how a file was read."""

    code: str
    message: str | Promise


@dataclass(frozen=True)
class DocumentMetadata:
    """Metadata as found; empty where the file says nothing."""

    index_number: str = ""
    document_number: str = ""
    issuing_body: str = ""
    written_on: date | None = None
    originally_published_on: date | None = None
    validity_status: str = ""
    source: str = ""
    author: str = ""
    subject_category: str = ""
    genre_category: str = ""
    audience: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedDocument:
    """One document: clean text, metadata, and how each field was come by."""

    title: str
    body_html: str
    body_text: str
    metadata: DocumentMetadata
    found: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

"""Reading documents of many formats; pure functions, no database."""

from jiyue.library.importing.containers import FoundFile, SkippedFile, iter_documents
from jiyue.library.importing.document import DocumentMetadata, Note, ParsedDocument
from jiyue.library.importing.errors import DocumentTooLarge, UnreadableDocument
from jiyue.library.importing.reading import parse_document

__all__ = [
    "DocumentMetadata",
    "DocumentTooLarge",
    "FoundFile",
    "Note",
    "ParsedDocument",
    "SkippedFile",
    "UnreadableDocument",
    "iter_documents",
    "parse_document",
]

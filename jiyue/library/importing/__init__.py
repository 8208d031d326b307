"""Reading documents of many formats; pure functions, no database."""

from jiyue.library.importing.document import DocumentMetadata, Note, ParsedDocument

__all__ = ["DocumentMetadata", "Note", "ParsedDocument"]

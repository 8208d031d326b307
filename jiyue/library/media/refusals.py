"""Refusals of uploads, in one shape."""

from jiyue.core.errors import DomainError, Text


class MediaRefused(DomainError):
    """A file that the library doesn't take; the text says why and what to do."""

    code = "media_refused"


def refuse(message: Text, fix: Text) -> MediaRefused:
    """A refusal that belongs to the field of the file."""
    return MediaRefused(message, fix=fix, field="file")

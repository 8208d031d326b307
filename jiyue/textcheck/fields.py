"""A field as the checks get it."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import cached_property

from jiyue.textcheck.circumstances import Circumstances
from jiyue.textcheck.findings import Hit
from jiyue.textcheck.folding import Folded


class Role(StrEnum):
    """What a field is to the reader."""

    TITLE = "title"
    BODY = "body"
    OTHER = "other"


ROLES = {"title": Role.TITLE, "body_html": Role.BODY}


@dataclass(frozen=True)
class Field:
    """One field with everything a check may ask.

    Attributes:
        name: Name of the field.
        original: Its text.
        about: What is known about unit and item.
    """

    name: str
    original: str
    about: Circumstances

    @property
    def role(self) -> Role:
        """What it is to the reader."""
        return ROLES.get(self.name, Role.OTHER)

    @cached_property
    def folded(self) -> Folded:
        """The text without what hides words from programs."""
        return Folded(self.original)

    @cached_property
    def text(self) -> str:
        """The folded text."""
        return self.folded.text

    def placed(self, hit: Hit) -> tuple[int, int]:
        """Where a hit lies in the original text."""
        return self.folded.span(hit.start, hit.end)

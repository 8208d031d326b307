"""What the checks are told about the unit and the item; nothing is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class LinkMode(StrEnum):
    """What holds for links to places that are neither governmental nor official media."""

    ALLOWED = "allowed"
    WARNED = "warned"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Leader:
    """A leader whose name must stand with unit and post."""

    name: str
    unit: str
    post: str


@dataclass(frozen=True)
class Link:
    """A link in the text: where it leads, and the words that carry it."""

    url: str
    text: str = ""


@dataclass(frozen=True)
class LocalWord:
    """A word of a local list.

    Attributes:
        word: What is looked for; two characters or more.
        right: What to write instead, if that is certain.
        severity: `veto`, `error`, `warning` or `advice`.
        white: Longer phrases in which the word is right.
    """

    word: str
    right: str = ""
    severity: str = "error"
    white: tuple[str, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """Everything a check may ask.

    Attributes:
        title_max_chars: Longest title in characters; 0 for no limit.
        title_max_marks: Most punctuation marks in a title; negative for no limit.
        paragraph_max_chars: Longest paragraph in characters; 0 for no limit.
        is_news: Whether the item reports an event, so that time, place, person and event are asked for.
        is_imported: Whether it was published elsewhere before; style is not asked of it.
        is_enforcement: Whether it discloses a decision of law enforcement.
        event_on: Day of the event, if stated.
        unit_names: Name and short name of the unit, then of the units above it.
        short_names: Full name of a unit → its standard short form.
        leaders: Leaders whose posts are known.
        allowed_numbers: Telephone numbers and e-mail addresses that the unit makes public.
        party_names: Names of parties that must be masked.
        links: Links of the text.
        unofficial_links: What holds for links to other places.
        official_domains: Domains that the unit's sites count as official, beside the shipped list.
        blocked_domains: Domains that nobody may link to, beside the shipped list.
        local_words: Words of local lists.
        white_words: Phrases in which nothing is wrong.
    """

    title_max_chars: int = 0
    title_max_marks: int = -1
    paragraph_max_chars: int = 0
    is_news: bool = False
    is_imported: bool = False
    is_enforcement: bool = False
    event_on: date | None = None
    unit_names: tuple[str, ...] = ()
    short_names: Mapping[str, str] = field(default_factory=dict)
    leaders: tuple[Leader, ...] = ()
    allowed_numbers: frozenset[str] = frozenset()
    party_names: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    unofficial_links: LinkMode = LinkMode.ALLOWED
    official_domains: frozenset[str] = frozenset()
    blocked_domains: frozenset[str] = frozenset()
    local_words: tuple[LocalWord, ...] = ()
    white_words: tuple[str, ...] = ()

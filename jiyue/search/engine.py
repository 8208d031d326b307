"""What a search engine must do, whichever one does it.

Two engines stand behind `SearchIndex`: the embedded one of this room and, for
large installations, an external server. Both pass the same contract suite
(`tests/contract.py`). Nothing here touches the database: the public process
searches without one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from markupsafe import Markup

from jiyue.core.errors import DomainError

MAX_QUERY_CHARS = 200  # a pasted title fits; what is longer is cut, and the result says so
MAX_REACHABLE_HITS = 1_000  # every engine sorts all hits before the page shown
MAX_PER_PAGE = 50
LEVEL_SEPARATOR = "\\"
FACETS = ("subject", "genre", "issuer", "year", "validity")  # in the order they are offered
MAX_FACET_VALUES = 300  # of one query, counted


@dataclass(frozen=True, slots=True)
class SitePlacement:
    """Where one site shows the resource; `url` is site-relative.

    `archived_on` is the day on which this page went into the web archive (SITE-23).
    """

    site_key: str
    url: str
    channel_key: str
    channel_name: str
    archived_on: str = ""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """One resource as the index knows it: its live edition and its placements.

    `sites` may name a site twice (two channels); the first placement is the
    one a hit on that site links to. Imported history carries its own date in
    `originally_published_on` (REV-29).
    """

    public_id: str
    sites: tuple[SitePlacement, ...]
    kind: str
    title: str
    body_text: str
    published_at: datetime
    document_number: str = ""
    index_number: str = ""
    issuing_body: str = ""
    validity_status: str = ""
    originally_published_on: date | None = None
    is_archived: bool = False
    subject: str = ""  # levels divided by a backslash
    genre: str = ""
    year: str = ""  # of its writing

    @property
    def facets(self) -> tuple[str, ...]:
        """What results can be narrowed to, as `name=value`; a subject stands for the levels above it too."""
        levels = self.subject.split(LEVEL_SEPARATOR) if self.subject else []
        subjects = [LEVEL_SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels) + 1)]
        single = {
            "genre": self.genre,
            "issuer": self.issuing_body,
            "year": self.year,
            "validity": self.validity_status,
        }
        return (
            *(f"subject={subject}" for subject in subjects),
            *(f"{name}={value}" for name, value in single.items() if value),
        )

    @property
    def dated_on(self) -> date:
        """The date that readers know the document by, in Asia/Shanghai."""
        return self.originally_published_on or timezone.localtime(self.published_at).date()


@dataclass(frozen=True, slots=True)
class Upsert:
    """Put a document in, replacing the one with the same `public_id`."""

    document: SearchDocument


@dataclass(frozen=True, slots=True)
class Delete:
    """Take a document out; one that is not there is no error."""

    public_id: str


Change = Upsert | Delete


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a visitor asked one site; pages count from 1.

    `facets` are `name=value`, all of which must hold. Without words, a kind or a
    facet alone lists everything it has. `with_counts` asks for the numbers of
    hits by facet.
    """

    text: str
    site_key: str
    kind: str | None = None
    page: int = 1
    per_page: int = 10
    facets: tuple[str, ...] = ()
    with_counts: bool = False

    def __post_init__(self) -> None:
        """Refuse paging that no caller can mean."""
        if self.page < 1 or not 1 <= self.per_page <= MAX_PER_PAGE:
            raise ValueError(f"page {self.page} with {self.per_page} hits per page is not a result page")


class Notice(TextChoices):
    """What a visitor should know about how the query was understood."""

    QUERY_CUT = "query_cut", _("Only the first 200 characters of your words were searched for.")
    NOTHING_TO_SEARCH = (
        "nothing_to_search",
        _("There is no word to search for: please enter Chinese characters, letters or digits."),
    )
    WORDS_APART = (
        "words_apart",
        _("No page contains exactly what you entered; these pages contain all of its words."),
    )
    SOME_WORDS = (
        "some_words",
        _("No page contains all of your words; these pages contain some of them."),
    )
    TOO_FAR = (
        "too_far",
        _("Only the first 1,000 results can be shown. Please add a word to narrow the search."),
    )


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One resource found; `Markup` is escaped text with `<mark>` around what matched.

    `date` is the document's `dated_on`.
    """

    public_id: str
    title_html: Markup
    excerpt_html: Markup
    url: str
    channel_name: str
    date: date
    kind: str
    document_number: str
    validity_status: str
    issuing_body: str
    is_archived: bool
    archived_on: str = ""  # day on which the page on this site went into the web archive


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of hits, best first; `total` counts all hits, `counts` those of each facet."""

    total: int
    hits: tuple[SearchHit, ...]
    took_ms: float
    notices: tuple[Notice, ...] = field(default=())
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def messages(self) -> tuple[str | Promise, ...]:
        """The notices as sentences for the visitor."""
        return tuple(notice.label for notice in self.notices)


class SearchUnavailable(DomainError):
    """The index exists and cannot be read."""

    code = "search_unavailable"


class IndexOutdated(DomainError):
    """The index was written by another version of the program."""

    code = "search_index_outdated"


class IndexBusy(DomainError):
    """Another process is writing; the outbox tries again."""

    code = "search_index_busy"


class SearchIndex(Protocol):
    """An engine. All methods may be called from several threads."""

    def search(self, query: SearchQuery) -> SearchResults:
        """Answer a visitor; sees every change committed before the call, by any process.

        An index that was never written has no hits.

        Raises:
            SearchUnavailable: The index is damaged or its server is away.
            IndexOutdated: The index must be rebuilt first.
        """
        ...

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out the changes in order and commit once; repeating them changes nothing.

        Raises:
            IndexBusy: Another process holds the writer.
            IndexOutdated: The index must be rebuilt first.
        """
        ...

    def rebuild(self, documents: Iterable[SearchDocument]) -> int:
        """Replace the whole index by `documents` at one instant; return how many there are.

        Visitors search the old index until then. Changes applied meanwhile are
        carried over.

        Raises:
            IndexBusy: Another rebuild is running.
        """
        ...

    def entries(self) -> dict[str, str]:
        """Return `public_id` and `digest` of every document, for reconciliation."""
        ...

    def may_write(self) -> bool:
        """Take the lane of the one writer if it is free, and keep it until `close`.

        Returns:
            Whether this process holds it; False while another one does.
        """
        ...

    def close(self) -> None:
        """Let go of files and locks; the next call opens them again."""
        ...

"""The document repository: search narrowed by subject, genre, issuing body, year, validity (LIB-08)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from jiyue.library.enums import ValidityStatus
from jiyue.publishing.pages import Link, SearchFilter
from jiyue.search.engine import FACETS, LEVEL_SEPARATOR, MAX_QUERY_CHARS

KIND = "policy_document"
MOST_VALUES = 24  # of one filter, the ones with most documents
LABELS: dict[str, Promise] = {
    "subject": _("Subject category"),
    "genre": _("Genre"),
    "issuer": _("Issuing body"),
    "year": _("Year"),
    "validity": _("Validity"),
}


@dataclass(frozen=True)
class Narrowing:
    """What a request narrows the search to; what isn't known narrows nothing."""

    kind: str | None
    chosen: Mapping[str, str]

    @property
    def facets(self) -> tuple[str, ...]:
        """As the engine takes them."""
        return tuple(f"{name}={value}" for name, value in self.chosen.items())

    def parameters(self, **changed: str) -> dict[str, str]:
        """Query parameters of the same narrowing, with some changed or (empty) left out."""
        values = {"kind": self.kind or "", **self.chosen, **changed}
        return {name: value for name, value in values.items() if value}


def read_narrowing(request: HttpRequest) -> Narrowing:
    """What the address asks for."""
    if request.GET.get("kind") != KIND:
        return Narrowing(None, {})
    chosen = {
        name: value[:MAX_QUERY_CHARS]
        for name in FACETS
        if (value := request.GET.get(name, "").replace("\x00", "").strip())
    }
    return Narrowing(KIND, chosen)


def filters_of(
    narrowing: Narrowing, counts: tuple[tuple[str, int], ...], *, text: str, search_url: str
) -> tuple[SearchFilter, ...]:
    """The ways to narrow further, each value with its number of documents."""

    def url(**changed: str) -> str:
        words = {"q": text} if text else {}
        return f"{search_url}?{urlencode({**words, **narrowing.parameters(**changed)})}"

    found = []
    for name in FACETS:
        values = _values(name, narrowing.chosen.get(name, ""), counts)
        links = tuple(
            (
                Link(_label(name, value), url(**{name: value}), narrowing.chosen.get(name) == value),
                f"{count:,}",
            )
            for value, count in values
        )
        is_chosen = name in narrowing.chosen
        if links or is_chosen:
            clear = url(**{name: ""}) if is_chosen else ""
            found.append(SearchFilter(name, str(LABELS[name]), links, clear))
    return tuple(found)


def _values(name: str, chosen: str, counts: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """Subjects are offered level by level: those right below the chosen one, and itself."""
    prefix = f"{name}="
    values = [(facet[len(prefix) :], count) for facet, count in counts if facet.startswith(prefix)]
    if name == "subject":
        depth = chosen.count(LEVEL_SEPARATOR) + 1 if chosen else 0
        values = [
            (value, count)
            for value, count in values
            if value == chosen or value.count(LEVEL_SEPARATOR) == depth
        ]
    order = (lambda row: row[0]) if name == "year" else (lambda row: f"{row[1]:09}")
    return sorted(values, key=order, reverse=True)[:MOST_VALUES]


def _label(name: str, value: str) -> str:
    if name == "validity" and value in ValidityStatus.values:
        return str(ValidityStatus(value).label)
    return value.rsplit(LEVEL_SEPARATOR, 1)[-1]

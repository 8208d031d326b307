"""What a visitor's words mean, before any engine sees them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from jiyue.search import text as folding
from jiyue.search.engine import MAX_QUERY_CHARS, Notice


@dataclass(frozen=True, slots=True)
class Term:
    """Characters that must stand together, as units."""

    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The parts of a query.

    Attributes:
        terms: What the visitor separated by spaces; each is a phrase.
        words: The dictionary words of all terms, for ranking and as a second try;
            lone characters only when there is nothing longer.
        number_keys: Spellings that may be a whole document or index number.
        title_key: The whole query as a title.
        is_number: The query is a number and nothing else; its digits mean nothing apart.
    """

    terms: tuple[Term, ...]
    words: tuple[str, ...] = ()
    number_keys: tuple[str, ...] = ()
    title_key: str = ""
    is_number: bool = False
    notices: tuple[Notice, ...] = field(default=())

    @property
    def word_terms(self) -> tuple[Term, ...]:
        """The words as terms."""
        return _distinct(to_term(word) for word in self.words)


def parse(text: str) -> ParsedQuery:
    """Understand a query; nothing a visitor types is refused or raises."""
    notices: tuple[Notice, ...] = ()
    text = " ".join(text.split())
    if len(text) > MAX_QUERY_CHARS:
        text = text[:MAX_QUERY_CHARS]
        notices = (Notice.QUERY_CUT,)
    parts = [part.strip(folding.SEPARATOR) for part in folding.fold(text).split()]
    terms = _distinct(to_term(part) for part in parts)
    if not terms:
        return ParsedQuery(terms=(), notices=(*notices, Notice.NOTHING_TO_SEARCH))
    words = tuple(dict.fromkeys(word for part in parts for word in folding.words(part)))
    long = tuple(word for word in words if len(word) > 1 or not folding.is_han(word))
    keys = (folding.number_key(candidate) for candidate in (text, *text.split()))
    return ParsedQuery(
        terms=terms,
        words=long or words,
        number_keys=tuple(dict.fromkeys(key for key in keys if key)),
        title_key=folding.title_key(text),
        is_number=folding.is_whole_number(text),
        notices=notices,
    )


def to_term(folded: str) -> Term:
    """Return folded text as a term."""
    return Term(tuple(folding.units(folded)))


def _distinct(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(term for term in dict.fromkeys(terms) if term.units)

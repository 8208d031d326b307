"""Queries of the embedded index, built from parts and never from text.

No query language is parsed: what a visitor types cannot be an operator.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from tantivy import Occur, Query, Searcher

from jiyue.search.engine import Notice, SearchQuery
from jiyue.search.query import ParsedQuery, Term
from jiyue.search.tantivy_schema import SCHEMA

NUMBER_SCORE = 10_000.0  # above anything that words can reach
TITLE_SCORE = 1_000.0
# A short run of characters may lie across words, as 民政 in 人民政府; a long one hardly does.
TITLE_SCORE_PER_UNIT = 0.4
BODY_TERM_BOOST = 0.15
TITLE_WORD_BOOST = 3.0
BODY_WORD_BOOST = 1.0


class Reading(Enum):
    """How strictly a query is read, strictest first; the value says so to the visitor."""

    AS_TYPED = None
    WORDS_APART = Notice.WORDS_APART
    SOME_WORDS = Notice.SOME_WORDS


def readings(parsed: ParsedQuery) -> tuple[Reading, ...]:
    """Return the readings worth trying, in order; the first with a hit counts."""
    if not parsed.terms:
        return ()
    if parsed.is_number or (len(parsed.terms) == 1 and parsed.terms == parsed.word_terms):
        return (Reading.AS_TYPED,)
    if set(parsed.word_terms) <= set(parsed.terms):
        return (Reading.AS_TYPED, Reading.SOME_WORDS)
    return (Reading.AS_TYPED, Reading.WORDS_APART, Reading.SOME_WORDS)


def needles(parsed: ParsedQuery, reading: Reading) -> tuple[Term, ...]:
    """Return what is highlighted."""
    return parsed.terms if reading is Reading.AS_TYPED else parsed.word_terms


def build(query: SearchQuery, parsed: ParsedQuery, reading: Reading, searcher: Searcher) -> Query:
    """Return the whole query: filters, matches and what only ranks.

    The body fields repeat the title, so that one phrase per term decides what
    matches; unions would be looked at for every document of an intersection.
    """
    terms = needles(parsed, reading)
    matches = [(Occur.Must, match) for match in _matches(terms, reading)]
    if exact := _exact(parsed, searcher):
        matches = [(Occur.Must, _any_of([Query.boolean_query(matches), *exact]))]
    filters = _filters(query)
    ranking = [(Occur.Should, rank) for rank in _ranking(terms, parsed.words)]
    return Query.boolean_query([*matches, *filters, *ranking])


def build_listing(query: SearchQuery) -> Query:
    """Everything of a kind or with a facet, where no word was typed."""
    return Query.boolean_query([(Occur.Must, Query.all_query()), *_filters(query)])


def _filters(query: SearchQuery) -> list[tuple[Occur, Query]]:
    filters = [(Occur.Must, _constant("site", query.site_key, 0.0))]
    if query.kind is not None:
        filters.append((Occur.Must, _constant("kind", query.kind, 0.0)))
    filters += [(Occur.Must, _constant("facet", facet, 0.0)) for facet in query.facets]
    return filters


def _matches(terms: Sequence[Term], reading: Reading) -> list[Query]:
    phrases = [Query.boost_query(_phrase("body", term), BODY_TERM_BOOST) for term in terms]
    return [_any_of(phrases)] if reading is Reading.SOME_WORDS else phrases


def _exact(parsed: ParsedQuery, searcher: Searcher) -> list[Query]:
    """Return queries for whole numbers and titles that exist."""
    exact = [("number", key, NUMBER_SCORE) for key in parsed.number_keys]
    exact.append(("title_exact", parsed.title_key, TITLE_SCORE))
    return [
        _constant(field, value, score) for field, value, score in exact if searcher.doc_freq(field, value)
    ]


def _ranking(terms: Iterable[Term], words: Iterable[str]) -> Iterator[Query]:
    for term in terms:
        score = TITLE_SCORE_PER_UNIT * max(1, len(term.units) - 1)
        yield Query.const_score_query(_phrase("title", term), score)
    for word in words:
        for part, boost in (("title", TITLE_WORD_BOOST), ("body", BODY_WORD_BOOST)):
            yield Query.boost_query(Query.term_query(SCHEMA, f"{part}_words", word), boost)


def _phrase(part: str, term: Term) -> Query:
    if len(term.units) == 1:
        return Query.term_query(SCHEMA, f"{part}_units", term.units[0])
    pairs = [first + second for first, second in zip(term.units, term.units[1:], strict=False)]
    if len(pairs) == 1:
        return Query.term_query(SCHEMA, f"{part}_pairs", pairs[0])
    return Query.phrase_query(SCHEMA, f"{part}_pairs", list(pairs))


def _constant(field: str, value: str, score: float) -> Query:
    return Query.const_score_query(Query.term_query(SCHEMA, field, value), score)


def _any_of(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])

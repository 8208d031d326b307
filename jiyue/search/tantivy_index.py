"""The embedded search engine: tantivy in a folder, one writer, any number of readers."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy

from jiyue.search import query as understanding
from jiyue.search import tantivy_query
from jiyue.search.engine import (
    MAX_FACET_VALUES,
    MAX_REACHABLE_HITS,
    Change,
    Notice,
    SearchDocument,
    SearchHit,
    SearchQuery,
    SearchResults,
)
from jiyue.search.excerpts import Highlighter
from jiyue.search.generations import Generations
from jiyue.search.tantivy_reader import Reader
from jiyue.search.tantivy_schema import ENTRY_DIVIDER, SCHEMA_VERSION, from_json
from jiyue.search.tantivy_writer import Writer


class TantivyIndex:
    """`SearchIndex` in the folder `path`.

    Processes that only search hold nothing between queries; tantivy takes a short
    lock in the folder while it opens a commit, so they need write access to it.
    """

    def __init__(self, path: Path):
        generations = Generations(path, SCHEMA_VERSION)
        self._reader = Reader(generations)
        self._writer = Writer(generations)

    def search(self, query: SearchQuery) -> SearchResults:
        """Answer a visitor; see `SearchIndex.search`."""
        started = time.perf_counter()
        parsed = understanding.parse(query.text)
        searcher = self._reader.searcher()
        is_listing = not query.text.strip() and (query.kind is not None or bool(query.facets))
        found: Found = (0, (), (), ())
        if searcher is not None:
            found = (
                _page_of(searcher, query, parsed, tantivy_query.build_listing(query), None)
                if is_listing
                else _first_reading_with_hits(searcher, query, parsed)
            )
        total, hits, notices, counts = found
        took_ms = (time.perf_counter() - started) * 1000
        understood = () if is_listing else parsed.notices
        return SearchResults(
            total=total, hits=hits, took_ms=took_ms, notices=(*understood, *notices), counts=counts
        )

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out the changes and commit once; see `SearchIndex.apply`."""
        self._writer.apply(changes)

    def rebuild(self, documents: Iterable[SearchDocument]) -> int:
        """Replace the whole index; see `SearchIndex.rebuild`."""
        return self._writer.rebuild(documents)

    def entries(self) -> dict[str, str]:
        """Return `public_id` and `digest` of every document."""
        searcher = self._reader.searcher()
        if searcher is None:
            return {}
        # Without a filter the terms of deleted documents would be listed too.
        terms = searcher.terms_with_prefix("entry", "", filter_query=tantivy.Query.all_query())
        return dict(term.rsplit(ENTRY_DIVIDER, 1) for term, _ in terms)

    def may_write(self) -> bool:
        """Take the lane of the one writer; see `SearchIndex.may_write`."""
        return self._writer.may_write()

    def close(self) -> None:
        """Let go of files and of the writer's lock."""
        self._reader.close()
        self._writer.close()


Found = tuple[int, tuple[SearchHit, ...], tuple[Notice, ...], tuple[tuple[str, int], ...]]


def _first_reading_with_hits(
    searcher: tantivy.Searcher, query: SearchQuery, parsed: understanding.ParsedQuery
) -> Found:
    for reading in tantivy_query.readings(parsed):
        built = tantivy_query.build(query, parsed, reading, searcher)
        found = _page_of(searcher, query, parsed, built, reading)
        if found[0]:
            return found
    return 0, (), (), ()


def _page_of(
    searcher: tantivy.Searcher,
    query: SearchQuery,
    parsed: understanding.ParsedQuery,
    built: tantivy.Query,
    reading: tantivy_query.Reading | None,
) -> Found:
    """One page of what a built query finds; without a reading nothing is highlighted."""
    offset = (query.page - 1) * query.per_page
    is_reachable = offset + query.per_page <= MAX_REACHABLE_HITS
    result: Any = searcher.search(  # its type information lacks `count`
        built,
        limit=query.per_page,
        offset=offset if is_reachable else 0,
        weight_by_field="weight",
    )
    if not result.count:
        return 0, (), (), ()
    notices = (reading.value,) if reading is not None and reading.value else ()
    if not is_reachable:
        return result.count, (), (*notices, Notice.TOO_FAR), ()
    needles = tantivy_query.needles(parsed, reading) if reading is not None else ()
    highlighter = Highlighter(needles)
    documents = (from_json(searcher.doc(address)["payload"][0]) for _, address in result.hits)
    hits = tuple(_hit(document, query.site_key, highlighter) for document in documents)
    counts = tuple(searcher.terms_with_prefix("facet", "", built)) if query.with_counts else ()
    return result.count, hits, notices, counts[:MAX_FACET_VALUES]


def _hit(document: SearchDocument, site_key: str, highlighter: Highlighter) -> SearchHit:
    placement = next(placement for placement in document.sites if placement.site_key == site_key)
    return SearchHit(
        public_id=document.public_id,
        title_html=highlighter.mark(document.title),
        excerpt_html=highlighter.excerpt(document.body_text),
        url=placement.url,
        channel_name=placement.channel_name,
        date=document.dated_on,
        kind=document.kind,
        document_number=document.document_number,
        validity_status=document.validity_status,
        issuing_body=document.issuing_body,
        is_archived=document.is_archived,
        archived_on=placement.archived_on,
    )

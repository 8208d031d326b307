"""The embedded search engine: tantivy in a folder, one writer, any number of readers."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy

from jiyue.search import query as understanding
from jiyue.search import tantivy_query
from jiyue.search.engine import (
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
        found: Found = (0, (), ())
        if searcher is not None:
            found = _first_reading_with_hits(searcher, query, parsed)
        total, hits, notices = found
        took_ms = (time.perf_counter() - started) * 1000
        return SearchResults(total=total, hits=hits, took_ms=took_ms, notices=(*parsed.notices, *notices))

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


Found = tuple[int, tuple[SearchHit, ...], tuple[Notice, ...]]


def _first_reading_with_hits(
    searcher: tantivy.Searcher, query: SearchQuery, parsed: understanding.ParsedQuery
) -> Found:
    offset = (query.page - 1) * query.per_page
    is_reachable = offset + query.per_page <= MAX_REACHABLE_HITS
    for reading in tantivy_query.readings(parsed):
        result: Any = searcher.search(  # its type information lacks `count`
            tantivy_query.build(query, parsed, reading, searcher),
            limit=query.per_page,
            offset=offset if is_reachable else 0,
            weight_by_field="weight",
        )
        if not result.count:
            continue
        notices = (reading.value,) if reading.value else ()
        if not is_reachable:
            return result.count, (), (*notices, Notice.TOO_FAR)
        highlighter = Highlighter(tantivy_query.needles(parsed, reading))
        documents = (from_json(searcher.doc(address)["payload"][0]) for _, address in result.hits)
        hits = tuple(_hit(document, query.site_key, highlighter) for document in documents)
        return result.count, hits, notices
    return 0, (), ()


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
    )

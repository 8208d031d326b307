"""Search in the process: latency, indexing rate and time until a change is found.

The peer is SQLite's FTS5 with its trigram tokenizer, the usual way to search
Chinese text without another server; it ranks by BM25, counts the hits and
makes snippets as we do. Both answer the same queries in turn. FTS5 finds no
words of two characters (its tokens have three), so those are asked of us only.
"""

import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.test")
django.setup()

from bench.corpus import CorpusArticle, articles  # noqa: E402
from bench.harness import Figure, Scale, faster, higher, percentile, scratch_folder  # noqa: E402
from jiyue.search.engine import SearchDocument, SearchQuery, SitePlacement, Upsert  # noqa: E402
from jiyue.search.tantivy_index import TantivyIndex  # noqa: E402

NAME = "search"
COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 1_000_000}
QUERIES = 300  # for each figure
SINGLE_CHANGES = 30
SITES = ("city", "county")
SEED = 11
_HAN = re.compile(r"[\u4e00-\u9fff]{4,}")

Ask = Callable[[str], int]


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    count = COUNTS[scale]
    with scratch_folder(NAME) as folder:
        index = TantivyIndex(folder / "ours")
        ours_rate = _rate(count, lambda source: index.rebuild(map(_document, source)))
        peer, peer_rate = _build_peer(folder / "peer.sqlite3", count)
        peer_name = f"SQLite {sqlite3.sqlite_version} FTS5 trigram"

        def ask(text: str) -> int:
            return index.search(SearchQuery(text, SITES[0])).total

        ours, theirs = _latencies([ask, lambda text: _ask_peer(peer, text)], _queries(count, (3, 4)))
        [short] = _latencies([ask], _queries(count, (2,)))
        live = _time_to_found(index, count)
        index.close()
        peer.close()
        size = sum(file.stat().st_size for file in (folder / "ours").rglob("*") if file.is_file())
    words = "1-3 words of 3-4 characters"
    return [
        faster(
            f"query, {words}, p50",
            percentile(ours, 50),
            peer_name,
            percentile(theirs, 50),
            unit="ms",
            target="<= 20",
        ),
        faster(
            f"query, {words}, p99",
            percentile(ours, 99),
            peer_name,
            percentile(theirs, 99),
            unit="ms",
            target="<= 100",
        ),
        Figure("query, 1-3 words of 2 characters, p50", percentile(short, 50), "ms", "<= 20"),
        Figure("query, 1-3 words of 2 characters, p99", percentile(short, 99), "ms", "<= 100"),
        Figure("one changed document until a query finds it, p50", percentile(live, 50), "ms"),
        Figure("one changed document until a query finds it, p99", percentile(live, 99), "ms"),
        higher(
            "documents indexed in a rebuild",
            ours_rate,
            peer_name,
            peer_rate,
            unit="documents/s",
            target=">= 1000",
        ),
        Figure("index on disk, texts included", size / count, "bytes/document"),
    ]


def _document(article: CorpusArticle) -> SearchDocument:
    address = f"/zwgk/{article.issued_on:%Y%m}/{article.number}.html"
    return SearchDocument(
        public_id=str(article.number),
        sites=tuple(SitePlacement(site, address, "zwgk", "政务公开") for site in SITES),
        kind="policy_document",
        title=article.title,
        body_text=article.body_text,
        published_at=datetime(
            article.issued_on.year, article.issued_on.month, article.issued_on.day, tzinfo=UTC
        ),
        document_number=article.document_number,
        index_number=article.index_number,
        issuing_body=article.unit,
        validity_status="valid",
    )


class _Metered:
    """Passes articles on and adds up how long making them took."""

    def __init__(self, count: int):
        self._source = articles(count)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[CorpusArticle]:
        while True:
            started = time.perf_counter()
            article = next(self._source, None)
            self.seconds += time.perf_counter() - started
            if article is None:
                return
            yield article


def _rate(count: int, build: Callable[[Iterable[CorpusArticle]], object]) -> float:
    """Return documents per second of `build`, without the time that making the articles took."""
    source = _Metered(count)
    started = time.perf_counter()
    build(source)
    return count / (time.perf_counter() - started - source.seconds)


def _build_peer(path: Path, count: int) -> tuple[sqlite3.Connection, float]:
    peer = sqlite3.connect(path)
    peer.execute("PRAGMA journal_mode=WAL")
    peer.execute(
        "CREATE VIRTUAL TABLE pages USING fts5"
        "(title, body, document_number, index_number, url UNINDEXED, tokenize='trigram')"
    )

    def build(source: Iterable[CorpusArticle]) -> None:
        rows = (
            (a.title, a.body_text, a.document_number, a.index_number, f"/{a.number}.html") for a in source
        )
        with peer:
            peer.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", rows)
        peer.execute("INSERT INTO pages(pages) VALUES ('optimize')")
        peer.commit()

    return peer, _rate(count, build)


def _ask_peer(peer: sqlite3.Connection, text: str) -> int:
    match = " AND ".join(f'"{word}"' for word in text.split())
    hits = peer.execute(
        "SELECT highlight(pages, 0, '<mark>', '</mark>'), snippet(pages, 1, '<mark>', '</mark>', '…', 60),"
        " url FROM pages WHERE pages MATCH ? ORDER BY bm25(pages, 3.0, 1.0) LIMIT 10",
        (match,),
    ).fetchall()
    total: int = peer.execute("SELECT count(*) FROM pages WHERE pages MATCH ?", (match,)).fetchone()[0]
    return total if hits else 0


def _queries(count: int, sizes: Sequence[int]) -> list[str]:
    """Return queries of one to three pieces of the same article, so that each has a hit."""
    rng = random.Random(SEED)
    chosen = islice(articles(min(count, 5_000)), 0, None, max(1, min(count, 5_000) // QUERIES))
    return [
        " ".join(_piece(article, rng, rng.choice(sizes)) for _ in range(1 + number % 3))
        for number, article in enumerate(islice(chosen, QUERIES))
    ]


def _piece(article: CorpusArticle, rng: random.Random, size: int) -> str:
    run: str = rng.choice(_HAN.findall(f"{article.title}\n{article.body_text}"))
    start = rng.randrange(len(run) - size + 1)
    return run[start : start + size]


def _latencies(askers: Sequence[Ask], queries: Sequence[str]) -> list[list[float]]:
    """Return milliseconds per query and asker; they take turns, after a round to warm up."""
    for query in queries[:20]:
        for ask in askers:
            ask(query)
    times: list[list[float]] = [[] for _ in askers]
    for query in queries:
        for ask, spent in zip(askers, times, strict=True):
            started = time.perf_counter()
            total = ask(query)
            spent.append((time.perf_counter() - started) * 1000)
            if not total:
                raise AssertionError(f"{query!r} found nothing")
    return times


def _time_to_found(index: TantivyIndex, count: int) -> list[float]:
    """Return milliseconds from handing in a new document to the end of the query that finds it."""
    spent = []
    for article in articles(SINGLE_CHANGES, start=count):
        document = _document(article)
        started = time.perf_counter()
        index.apply([Upsert(document)])
        total = index.search(SearchQuery(document.document_number, SITES[0])).total
        spent.append((time.perf_counter() - started) * 1000)
        if not total:
            raise AssertionError(f"{document.title} was not found")
    return spent

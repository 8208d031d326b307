from datetime import UTC, datetime
from typing import Any

from jiyue.search.engine import (
    SearchDocument,
    SearchHit,
    SearchIndex,
    SearchQuery,
    SearchResults,
    SitePlacement,
    Upsert,
)

PUBLISHED_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def make_document(
    public_id: str = "1", *, site_keys: tuple[str, ...] = ("city",), **values: Any
) -> SearchDocument:
    """Return a document placed once on each of `site_keys`."""
    defaults: dict[str, Any] = {
        "kind": "article",
        "title": f"第{public_id}篇",
        "body_text": "正文。",
        "published_at": PUBLISHED_AT,
        "sites": tuple(
            SitePlacement(key, f"/zwgk/202603/{public_id}.html", "zwgk", "政务公开") for key in site_keys
        ),
    }
    return SearchDocument(public_id=public_id, **{**defaults, **values})


def put(index: SearchIndex, *documents: SearchDocument) -> None:
    """Index the documents in one batch."""
    index.apply([Upsert(document) for document in documents])


def ask(index: SearchIndex, text: str, site_key: str = "city", **values: Any) -> SearchResults:
    """Search one site."""
    return index.search(SearchQuery(text, site_key, **values))


def found(results: SearchResults) -> list[str]:
    """Return the ids of the hits, best first."""
    return [hit.public_id for hit in results.hits]


def only_hit(results: SearchResults) -> SearchHit:
    """Return the single hit."""
    assert results.total == 1
    [hit] = results.hits
    return hit

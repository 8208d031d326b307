"""Searching, as the public process sees it: no database is touched."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from jiyue.search.engine import SearchIndex, SearchQuery, SearchResults
from jiyue.search.tantivy_index import TantivyIndex


def get_index() -> SearchIndex:
    """Return this process's index, in the folder of `JIYUE_SEARCH_DIR`."""
    return _index_in(Path(settings.JIYUE_SEARCH_DIR))


@lru_cache(maxsize=1)
def _index_in(path: Path) -> SearchIndex:
    return TantivyIndex(path)


def search_site(
    *,
    site_key: str,
    text: str,
    kind: str | None = None,
    page: int = 1,
    per_page: int = 10,
    facets: tuple[str, ...] = (),
    with_counts: bool = False,
) -> SearchResults:
    """Search what one site shows the public.

    Args:
        site_key: The site asked.
        text: What the visitor typed; nothing in it is refused.
        kind: Only this kind of resource.
        page: Result page from 1.
        per_page: Hits per page, at most 50.
        facets: `name=value`, all of which must hold.
        with_counts: Whether the numbers of hits by facet are wanted.

    Raises:
        SearchUnavailable: The index is damaged.
        IndexOutdated: The index was written by another version of the program.
        ValueError: The paging makes no sense.
    """
    return get_index().search(SearchQuery(text, site_key, kind, page, per_page, facets, with_counts))

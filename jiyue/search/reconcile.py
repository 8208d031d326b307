"""Compares the index with what is public, for `jiyue reconcile`."""

from collections.abc import Sequence

from jiyue.publishing.reconcile import EXTRA, MISSING, RECONCILERS, STALE, Discrepancy, Reconciler
from jiyue.search.documents import CAPTURED_PREFIX, iterate_documents
from jiyue.search.engine import IndexOutdated, SearchUnavailable
from jiyue.search.selectors import get_index
from jiyue.search.services import rebuild_index, request_captured, request_indexing
from jiyue.search.tantivy_schema import digest

AREA = "search"
WHOLE_INDEX = "index"  # instead of a public id, where the index can't be read at all


def check_index() -> list[Discrepancy]:
    """Compare every document's digest with what the library and the placements say now."""
    try:
        indexed = get_index().entries()
    except (SearchUnavailable, IndexOutdated) as error:
        return [Discrepancy(AREA, STALE, "", WHOLE_INDEX, str(error.message))]
    found = []
    for document in iterate_documents():
        entry = indexed.pop(document.public_id, None)
        if entry is None:
            found.append(Discrepancy(AREA, MISSING, "", document.public_id, "public and not in the index"))
        elif entry != digest(document):
            found.append(Discrepancy(AREA, STALE, "", document.public_id, "differs from the live edition"))
    found += [Discrepancy(AREA, EXTRA, "", public_id, "in the index and not public") for public_id in indexed]
    return found


def repair_index(found: Sequence[Discrepancy]) -> None:
    """Ask for every item that differs; build an unreadable index anew."""
    if any(discrepancy.what == WHOLE_INDEX for discrepancy in found):
        rebuild_index()
    else:
        names = [discrepancy.what for discrepancy in found]
        request_indexing(int(name) for name in names if not name.startswith(CAPTURED_PREFIX))
        request_captured(
            int(name.removeprefix(CAPTURED_PREFIX)) for name in names if name.startswith(CAPTURED_PREFIX)
        )


RECONCILERS.register(AREA, Reconciler(check_index, repair_index))

"""Keeping the index equal to what is public."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from jiyue.core import outbox
from jiyue.core.models import OutboxPriority
from jiyue.search.documents import (
    captured_id,
    iterate_documents,
    load_captured,
    load_documents,
    public_id,
)
from jiyue.search.engine import Change, Delete, SearchDocument, Upsert
from jiyue.search.selectors import get_index

INDEX_TOPIC = "search.index"
CAPTURED_TOPIC = "search.captured"


def request_indexing(
    resource_ids: Iterable[int], *, priority: OutboxPriority = OutboxPriority.URGENT
) -> None:
    """Ask, in the caller's transaction, that these resources be brought up to date."""
    for resource_id in resource_ids:
        outbox.request(INDEX_TOPIC, resource_id, priority=priority)


def index_resources(resource_ids: Sequence[int]) -> None:
    """Bring the index up to the present state of these resources, in one commit.

    What is not public (any more) is taken out (LIB-16).

    Raises:
        IndexBusy: Another process holds the writer.
        IndexOutdated: The index must be rebuilt first.
    """
    documents = load_documents(resource_ids)
    changes: list[Change] = [
        Upsert(documents[resource_id]) if resource_id in documents else Delete(public_id(resource_id))
        for resource_id in resource_ids
    ]
    get_index().apply(changes)


def request_captured(page_ids: Iterable[int]) -> None:
    """Ask, in the caller's transaction, that these captured pages be brought up to date."""
    for page_id in page_ids:
        outbox.request(CAPTURED_TOPIC, page_id, priority=OutboxPriority.URGENT)


def index_captured(page_ids: Sequence[int]) -> None:
    """Bring the index up to the present state of captured pages of former sites, in one commit.

    Raises:
        IndexBusy: Another process holds the writer.
        IndexOutdated: The index must be rebuilt first.
    """
    documents = load_captured(page_ids)
    changes: list[Change] = [
        Upsert(documents[page_id]) if page_id in documents else Delete(captured_id(page_id))
        for page_id in page_ids
    ]
    get_index().apply(changes)


def rebuild_index(*, progress: Callable[[int], None] | None = None) -> int:
    """Build the index anew from everything public and swap it in; return the number of documents.

    Visitors search the old index until then. `progress` hears the number of
    documents read so far, after each.

    Raises:
        IndexBusy: Another rebuild is running.
    """
    documents = iterate_documents()
    return get_index().rebuild(_counted(documents, progress) if progress else documents)


def _counted(
    documents: Iterator[SearchDocument], progress: Callable[[int], None]
) -> Iterator[SearchDocument]:
    for number, document in enumerate(documents, start=1):
        yield document
        progress(number)

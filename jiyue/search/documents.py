"""What the library and the placements say the index should hold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from jiyue.library.models import LiveEdition
from jiyue.publishing.selectors import list_live_placements
from jiyue.search.engine import SearchDocument, SitePlacement

BATCH = 500  # live editions read at a time; bodies of long laws take about 20 MB


def load_documents(resource_ids: Sequence[int]) -> dict[int, SearchDocument]:
    """Return the documents of those resources that are public now, by resource id.

    Public means: a live edition and at least one live placement.
    """
    sites: dict[int, list[SitePlacement]] = defaultdict(list)
    for placement in list_live_placements(resource_ids):
        sites[placement.resource_id].append(
            SitePlacement(
                placement.site.key, f"/{placement.path}", placement.channel.key, placement.channel.name
            )
        )
    rows = LiveEdition.objects.filter(resource_id__in=list(sites)).select_related("edition")
    return {row.resource_id: _document(row, tuple(sites[row.resource_id])) for row in rows}


def iterate_documents() -> Iterator[SearchDocument]:
    """Return every public document, a batch at a time; memory stays flat."""
    last = 0
    while True:
        rows = LiveEdition.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        resource_ids = list(rows[:BATCH])
        if not resource_ids:
            return
        yield from load_documents(resource_ids).values()
        last = resource_ids[-1]


def public_id(resource_id: int) -> str:
    """Return the key under which a resource lies in the index."""
    return str(resource_id)


def _document(live: LiveEdition, sites: tuple[SitePlacement, ...]) -> SearchDocument:
    edition = live.edition
    content = edition.content
    return SearchDocument(
        public_id=public_id(live.resource_id),
        sites=sites,
        kind=edition.kind,
        title=edition.title,
        body_text=edition.body_text,
        published_at=live.first_published_at,
        document_number=content.document_number,
        index_number=edition.index_number,
        issuing_body=content.issuing_body,
        validity_status=content.validity_status,
        originally_published_on=content.originally_published_on,
    )

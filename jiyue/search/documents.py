"""What the library and the placements say the index should hold."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from jiyue.library.catalogue.relations import get_validities
from jiyue.library.content import ResourceContent
from jiyue.library.models import LiveEdition
from jiyue.library.selectors import get_attachment_texts
from jiyue.publishing.selectors import list_live_placements
from jiyue.publishing.webarchive.selectors import get_archive_days
from jiyue.search.engine import SearchDocument, SitePlacement

MAX_WORDS_CHARS = 500_000  # of one document; long annexes are found by their first 300 pages
BATCH = 500  # live editions read at a time; bodies of long laws take about 20 MB


def load_documents(resource_ids: Sequence[int]) -> dict[int, SearchDocument]:
    """Return the documents of those resources that are public now, by resource id.

    Public means: a live edition and at least one live placement.
    """
    sites: dict[int, list[SitePlacement]] = defaultdict(list)
    placements = list(list_live_placements(resource_ids))
    days = get_archive_days(
        channel_ids={placement.channel_id for placement in placements},
        placement_ids=[placement.pk for placement in placements],
    )
    for placement in placements:
        sites[placement.resource_id].append(
            SitePlacement(
                placement.site.key,
                f"/{placement.path}",
                placement.channel.key,
                placement.channel.name,
                days.of_page(placement.channel_id, placement.pk),
            )
        )
    rows = list(LiveEdition.objects.filter(resource_id__in=list(sites)).select_related("edition"))
    own = {row.resource_id: row.edition.content_json.get("validity_status", "") for row in rows}
    validities = get_validities(own)
    contents = {row.resource_id: row.edition.content for row in rows}
    names = {file.media for content in contents.values() for file in content.attachments}
    texts = get_attachment_texts(names) if names else {}
    return {
        pk: _document(row, contents[pk], tuple(sites[pk]), validities[pk], texts)
        for row in rows
        if (pk := row.resource_id)
    }


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


def _document(
    live: LiveEdition,
    content: ResourceContent,
    sites: tuple[SitePlacement, ...],
    validity: str,
    texts: Mapping[str, str],
) -> SearchDocument:
    edition = live.edition
    return SearchDocument(
        public_id=public_id(live.resource_id),
        sites=sites,
        kind=edition.kind,
        title=edition.title,
        body_text=_words(edition.body_text, content, texts),
        published_at=live.first_published_at,
        document_number=content.document_number,
        index_number=edition.index_number,
        issuing_body=content.issuing_body,
        validity_status=validity,
        originally_published_on=content.originally_published_on,
        is_archived=all(site.archived_on for site in sites),
        subject=content.subject_category,
        genre=content.genre_category,
        year=str(content.written_on.year) if content.written_on else "",
    )


def _words(body_text: str, content: ResourceContent, texts: Mapping[str, str]) -> str:
    """What an item says, with the words of its attachments and recordings (SRCH-01)."""
    parts = [body_text]
    for file in content.attachments:
        parts += [file.title, file.transcript, texts.get(file.media, "")]
    return "\n".join(part for part in parts if part)[:MAX_WORDS_CHARS]

"""What the library and the placements say the index should hold."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from jiyue.library.catalogue.relations import get_validities
from jiyue.library.content import ResourceContent
from jiyue.library.models import LiveEdition
from jiyue.library.selectors import get_attachment_texts
from jiyue.publishing.selectors import list_live_placements
from jiyue.publishing.webarchive.captured import address_of, list_all_captured
from jiyue.publishing.webarchive.models import CapturedPage
from jiyue.publishing.webarchive.selectors import get_archive_days
from jiyue.search.engine import SearchDocument, SitePlacement

MAX_WORDS_CHARS = 500_000  # of one document; long annexes are found by their first 300 pages
CAPTURED_KIND = "captured"
CAPTURED_PREFIX = "captured-"
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
    yield from _iterate(LiveEdition.objects.all(), load_documents)
    yield from _iterate(list_all_captured(), load_captured)


def _iterate(
    rows: QuerySet[Any], load: Callable[[Sequence[int]], Mapping[int, SearchDocument]]
) -> Iterator[SearchDocument]:
    last = 0
    while True:
        ids = list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        yield from load(ids).values()
        last = ids[-1]


def load_captured(page_ids: Sequence[int]) -> dict[int, SearchDocument]:
    """Return the captured pages of former sites among these that are public now, by id (SITE-23)."""
    pages = list_all_captured().filter(pk__in=page_ids).select_related("site", "capture")
    return {page.pk: _captured(page) for page in pages}


def _captured(page: CapturedPage) -> SearchDocument:
    day = page.archived_on.isoformat() if page.archived_on else ""
    copied_on = page.capture.captured_on
    return SearchDocument(
        public_id=captured_id(page.pk),
        sites=(SitePlacement(page.site.key, address_of(page.path), "", "", day),),
        kind=CAPTURED_KIND,
        title=page.title,
        body_text=page.text[:MAX_WORDS_CHARS],
        published_at=datetime.combine(copied_on, time(), tzinfo=timezone.get_default_timezone()),
        is_archived=True,
    )


def captured_id(page_id: int) -> str:
    """Return the key under which a captured page lies in the index."""
    return f"{CAPTURED_PREFIX}{page_id}"


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

"""What the worker does for search, and which facts make it do so."""

from collections.abc import Collection, Sequence

from jiyue.core import outbox
from jiyue.core.models import OutboxPriority
from jiyue.library.announcements import (
    EDITION_RELEASED,
    MEDIA_TEXT_READ,
    RESOURCE_WITHDRAWN,
    EditionReleased,
    ResourceWithdrawn,
)
from jiyue.library.catalogue.announcements import RELATIONS_CHANGED, RelationsChanged
from jiyue.library.models import MediaFile
from jiyue.library.use.announcements import PICKS_CHANGED, PicksChanged
from jiyue.publishing.exporting.announcements import SITE_IMPORTED
from jiyue.publishing.exporting.selectors import list_live_resource_ids
from jiyue.publishing.selectors import list_resources_with_media
from jiyue.publishing.webarchive.announcements import ARCHIVE_SHOWN, CAPTURED_SHOWN
from jiyue.search import services
from jiyue.search.selectors import get_index

BATCH = 200  # rows of one commit; a single publication is a batch of one


def is_indexer() -> bool:
    """Whether this worker is the one that writes to the index; with several, the first one is."""
    return get_index().may_write()


@outbox.handles(services.INDEX_TOPIC, batch_size=BATCH, is_mine=is_indexer)
def index_resources(keys: Sequence[str]) -> None:
    """Carry out waiting index rows: their keys are resource ids."""
    services.index_resources([int(key) for key in keys])


@outbox.handles(services.CAPTURED_TOPIC, batch_size=BATCH, is_mine=is_indexer)
def index_captured(keys: Sequence[str]) -> None:
    """Carry out waiting rows of captured pages."""
    services.index_captured([int(key) for key in keys])


@CAPTURED_SHOWN.listen
def index_after_capture(page_ids: Collection[int]) -> None:
    """A captured page of a former site is found, marked as archived, until it is withdrawn (SITE-23)."""
    services.request_captured(sorted(page_ids))


@EDITION_RELEASED.listen
def index_after_release(fact: EditionReleased) -> None:
    """A new or corrected public item must be found."""
    services.request_indexing([fact.edition.resource_id], priority=fact.priority)


@RESOURCE_WITHDRAWN.listen
def index_after_withdrawal(fact: ResourceWithdrawn) -> None:
    """A withdrawn item must not be found any more (LIB-16)."""
    services.request_indexing([fact.resource.pk], priority=OutboxPriority.WITHDRAWAL)


@PICKS_CHANGED.listen
def index_after_pick(fact: PicksChanged) -> None:
    """An item that another site picked is found there, and no longer once it is taken out (LIB-10)."""
    services.request_indexing([fact.resource_id], priority=OutboxPriority.URGENT)


@RELATIONS_CHANGED.listen
def index_after_relation(fact: RelationsChanged) -> None:
    """A document that another one repealed is found as such (LIB-07)."""
    services.request_indexing(sorted(fact.resource_ids), priority=fact.priority)


@ARCHIVE_SHOWN.listen
def index_after_archiving(resource_ids: Collection[int]) -> None:
    """A page of the web archive is marked as such among the results (SITE-23)."""
    services.request_indexing(sorted(resource_ids), priority=OutboxPriority.BULK)


@MEDIA_TEXT_READ.listen
def index_after_reading(media: MediaFile) -> None:
    """An attachment whose words became known after the release is found by them (SRCH-01)."""
    resource_ids = list_resources_with_media(media.name)
    if resource_ids:
        services.request_indexing(resource_ids, priority=OutboxPriority.BULK)


@SITE_IMPORTED.listen
def index_after_import(site_id: int) -> None:
    """What is public on an imported site must be found there."""
    services.request_indexing(list_live_resource_ids(site_id), priority=OutboxPriority.BULK)

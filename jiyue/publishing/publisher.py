"""One batch of writing for one site: files first, then one transaction, under locks.

Whoever holds a lock reads the present state and writes it, so an older state
never overwrites a newer one, however many workers there are (see `locks`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.utils import translation

from jiyue.publishing.delivery.failures import noting_failures
from jiyue.publishing.delivery.keeping import Ending, keep, record_kept
from jiyue.publishing.delivery.models import KeptFile
from jiyue.publishing.delivery.purging import note_changes
from jiyue.publishing.delivery.stores import open_store
from jiyue.publishing.frames import LANGUAGE, SitePages, load_site_pages
from jiyue.publishing.locks import exclusive, stretch, writing
from jiyue.publishing.manifest import forget_files, record_files
from jiyue.publishing.store import OutputStore, WrittenFile
from jiyue.sites.models import Site

__all__ = ["SitePublisher", "archiving", "exclusive", "publishing"]


class SitePublisher:
    """Writes files of one site and remembers what the manifest has to say about them.

    Args:
        pages: The site as its pages show it.
        store: Its files.
        is_durable: Whether `flush` makes files survive a power cut; a rebuild
            does that once at its end.
    """

    def __init__(self, pages: SitePages, store: OutputStore, *, is_durable: bool = True):
        self.pages = pages
        self.store = store
        self._is_durable = is_durable
        self.written: dict[str, WrittenFile] = {}
        self.removed: set[str] = set()
        self._kept: list[KeptFile] = []

    @property
    def site_id(self) -> int:
        """The site's id."""
        return self.pages.site.pk

    def write(self, path: str, content: bytes | str) -> None:
        """Put a file in place."""
        data = content.encode() if isinstance(content, str) else content
        self.written[path] = self.store.write(path, data)
        self.removed.discard(path)

    def copy(self, path: str, source: Path) -> None:
        """Put a copy of a file in place, piece by piece.

        Raises:
            FileNotFoundError: There is no such source.
        """
        self.written[path] = self.store.copy(path, source)
        self.removed.discard(path)

    def remove(self, path: str) -> None:
        """Remove a file with its compressed copy; harmless when it is gone."""
        self.store.remove(path)
        self.removed.add(path)
        self.written.pop(path, None)

    def keep(self, endings: Sequence[Ending]) -> None:
        """Keep the bytes of pages that another edition replaces or that go; call it before they do."""
        if endings:
            self._kept += keep(self.site_id, self.pages.site.key, self.store, endings)

    def flush(self) -> None:
        """Have what was written and removed in place and durable; call it before the batch's transaction."""
        self.store.flush(is_durable=self._is_durable)

    def save_manifest(self) -> None:
        """Write the manifest rows; call it in the batch's transaction, after `flush`."""
        record_files(self.site_id, self.written.values())
        forget_files(self.site_id, sorted(self.removed))
        record_kept(self._kept)
        note_changes(self.site_id, self.written, self.removed)
        self._kept.clear()
        self.written.clear()
        self.removed.clear()


@contextmanager
def publishing(site_id: int, *, is_durable: bool = True) -> Iterator[SitePublisher]:
    """Lock what a site's publications share and give its publisher, in the language of public pages.

    Whoever writes pages of items or frozen list pages also takes their
    stretches (`locks.stretches_of_pages`) until they are recorded.
    """
    with translation.override(LANGUAGE):
        key = Site.objects.values_list("key", flat=True).get(pk=site_id)
        with noting_failures(key), writing(key), open_store(key) as store:
            yield SitePublisher(load_site_pages(site_id), store, is_durable=is_durable)


@contextmanager
def archiving(
    site_id: int, channel_id: int, first: int, *, is_durable: bool = True
) -> Iterator[SitePublisher]:
    """Lock one stretch of a site's archive and give its publisher; others work beside us."""
    with translation.override(LANGUAGE):
        key = Site.objects.values_list("key", flat=True).get(pk=site_id)
        with noting_failures(key), stretch(key, channel_id, first), open_store(key) as store:
            yield SitePublisher(load_site_pages(site_id), store, is_durable=is_durable)

"""One batch of writing for one site: files first, then one transaction, under the site's lock.

The lock is a file beside the output, held by the kernel for as long as the
process lives: a killed worker leaves none behind. Whoever holds it reads the
present state and writes it, so an older state never overwrites a newer one,
however many workers there are.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils import translation

from jiyue.publishing.delivery.failures import noting_failures
from jiyue.publishing.delivery.stores import open_store, output_root
from jiyue.publishing.frames import LANGUAGE, SitePages, load_site_pages
from jiyue.publishing.manifest import forget_files, record_files
from jiyue.publishing.store import OutputStore, WrittenFile
from jiyue.sites.models import Site

LOCK_FOLDER = ".locks"


@contextmanager
def exclusive(name: str, *, waits: bool = True) -> Iterator[None]:
    """Hold the named lock of the output folder.

    Args:
        name: A site's key, or `sites`.
        waits: Wait for whoever holds it.

    Raises:
        BlockingIOError: Somebody holds it, and we don't wait.
    """
    folder = output_root() / LOCK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


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

    def flush(self) -> None:
        """Have what was written and removed in place and durable; call it before the batch's transaction."""
        self.store.flush(is_durable=self._is_durable)

    def save_manifest(self) -> None:
        """Write the manifest rows; call it in the batch's transaction, after `flush`."""
        record_files(self.site_id, self.written.values())
        forget_files(self.site_id, sorted(self.removed))
        self.written.clear()
        self.removed.clear()


@contextmanager
def publishing(site_id: int, *, is_durable: bool = True) -> Iterator[SitePublisher]:
    """Lock a site and give its publisher, in the language of public pages."""
    with translation.override(LANGUAGE):
        key = Site.objects.values_list("key", flat=True).get(pk=site_id)
        with noting_failures(key), exclusive(key), open_store(key) as store:
            yield SitePublisher(load_site_pages(site_id), store, is_durable=is_durable)

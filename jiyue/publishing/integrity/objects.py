"""The same comparison where files lie in an object store: through the store's own door, one by one.

No kernel reports anything there, so the watch compares from time to time; links,
pipes and rights don't exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from jiyue.core import crypto
from jiyue.publishing.delivery.local import PROBE
from jiyue.publishing.delivery.stores import open_store, site_root
from jiyue.publishing.integrity.comparing import (
    COPY_OVERHEAD_BYTES,
    Finding,
    FolderReader,
    Listing,
    unpack,
)
from jiyue.publishing.integrity.custody import Custody
from jiyue.publishing.integrity.models import TamperKind
from jiyue.publishing.store import OutputStore, WrittenFile, is_compressed

STEP_OBJECTS = 200  # names in one step of the comparison


def lies_in_objects() -> bool:
    """Whether published files lie in an object store."""
    return settings.JIYUE_OBJECT_STORE is not None


class ObjectReader:
    """What `comparing.FolderReader` does, for objects."""

    def __init__(self, store: OutputStore):
        self._store = store

    def examine(self, row: WrittenFile) -> Finding | None:
        """Compare an object and its compressed copy with its manifest row; None when all is well."""
        data = self._store.read(row.path)
        if data is None:
            return Finding(row.path, TamperKind.REMOVED, row)
        sm3 = crypto.sm3_hex(data)
        if (len(data), sm3) != (row.size_bytes, row.sm3):
            kind = TamperKind.TRUNCATED if len(data) < row.size_bytes else TamperKind.CHANGED
            return Finding(row.path, kind, row, len(data), sm3)
        if is_compressed(row.path) and self.read_copy(row) != data:
            return Finding(row.path, TamperKind.COPY, row, len(data), sm3)
        return None

    def look(self, path: str) -> Finding | None:
        """Describe an object that has no manifest row; None when there is none."""
        data = None if path == PROBE else self._store.read(path)
        if data is None:
            return None
        return Finding(path, TamperKind.PLANTED, None, len(data), crypto.sm3_hex(data))

    def read(self, path: str, limit: int) -> bytes | None:
        """Bytes of an object, or None when there is none or it is longer than `limit` bytes."""
        data = self._store.read(path)
        return data if data is not None and len(data) <= limit else None

    def read_copy(self, row: WrittenFile) -> bytes | None:
        """What the compressed copy holds, None when it is damaged, missing or of another size."""
        return unpack(self.read(f"{row.path}.gz", row.size_bytes + COPY_OVERHEAD_BYTES), row.size_bytes)


class ObjectCustody(Custody):
    """Takes objects out of a store and keeps their bytes."""

    def take(self, path: str) -> str:
        """Take one object away; return its name in the quarantine folder, blank where it wasn't kept."""
        with open_store(self.site_key) as store:
            data = store.read(path)
            if data is None:
                return ""
            evidence = self.keep(path, data)
            store.discard(path)
            store.flush()
        return evidence


@contextmanager
def reading(site_key: str) -> Iterator[FolderReader | ObjectReader]:
    """Open whatever reads the published files of a site."""
    if lies_in_objects():
        with open_store(site_key) as store:
            yield ObjectReader(store)
    else:
        with FolderReader(site_root(site_key)) as reader:
            yield reader


def custody_of(site_key: str) -> Custody:
    """Whoever takes away and keeps what doesn't belong to a site."""
    root = site_root(site_key)
    return ObjectCustody(site_key, root) if lies_in_objects() else Custody(site_key, root)


def list_object_differences(site_key: str, known: set[str]) -> Iterator[Listing | None]:
    """Compare the names in the store with the manifest's; the last thing yielded is the result."""
    seen: set[str] = set()
    extra: list[str] = []
    with open_store(site_key) as store:
        for number, path in enumerate(store.walk()):
            original = path.removesuffix(".gz")
            if path in known:
                seen.add(path)
            elif path != PROBE and not (original in known and original != path and is_compressed(original)):
                extra.append(path)
            if number % STEP_OBJECTS == 0:
                yield None
    yield Listing(sorted(known - seen), sorted(extra), [])

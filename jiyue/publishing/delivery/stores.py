"""Which store a site's files lie in."""

from pathlib import Path

from django.conf import settings

from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.delivery.objects import ObjectStore
from jiyue.publishing.store import OutputStore


def output_root() -> Path:
    """The folder that holds the locks, the table of sites and, without an object store, all sites."""
    return Path(settings.JIYUE_OUTPUT_DIR)


def site_root(site_key: str) -> Path:
    """The folder of one site."""
    return output_root() / site_key


def open_store(site_key: str) -> OutputStore:
    """Return the store of one site, to be used as a context by one process at a time."""
    if settings.JIYUE_OBJECT_STORE is not None:
        return ObjectStore(settings.JIYUE_OBJECT_STORE, site_key)
    return LocalStore(site_root(site_key))

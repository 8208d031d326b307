"""Which store a site's files lie in."""

from pathlib import Path

from django.conf import settings

from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.store import OutputStore


def output_root() -> Path:
    """The folder that holds all sites, the locks and the table of sites."""
    return Path(settings.JIYUE_OUTPUT_DIR)


def site_root(site_key: str) -> Path:
    """The folder of one site."""
    return output_root() / site_key


def open_store(site_key: str) -> OutputStore:
    """Return the store of one site, to be used as a context by one process at a time."""
    return LocalStore(site_root(site_key))

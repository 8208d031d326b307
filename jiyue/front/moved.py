"""Where a moved channel or page is now: the tables that publishing writes.

`.redirects/<site key>.json` in the output folder is an object of addresses: a
key that ends in a slash stands for everything below it, any other for itself.
Keys are decoded; those of pages captured from a former site may have a query
and Chinese letters. A table is read again whenever it changes. It is only asked
where nothing is published, so a live page always wins.
"""

import json
import logging
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from jiyue.publishing.addresses import decoded_address
from jiyue.publishing.delivery.local import read_plain

logger = logging.getLogger(__name__)

FOLDER = ".redirects"
INDEX = "index.html"
MAX_ADDRESS_CHARS = 1_000
MAX_TABLE_BYTES = 64 * 1024 * 1024  # a hundred thousand addresses take twenty
# Site-relative and plain: never another host, never a header of its own.
PLAIN_ADDRESS = re.compile(r"(?!.*/\.)/(?:[\w.-]+/)*[\w.-]*\Z", re.ASCII)

_Version = tuple[int, int, int] | None


class MovedAddresses:
    """The tables of all sites; safe to use from several threads.

    Args:
        output: Folder of the published sites.
    """

    def __init__(self, output: Path):
        self._folder = output / FOLDER
        self._lock = threading.Lock()
        self._tables: dict[str, tuple[_Version, Mapping[str, str]]] = {}

    def find(self, site_key: str, path: str, query: str = "") -> str:
        """Return where an address of a site leads now, with its query; "" where it hasn't moved.

        Args:
            site_key: A key of the routing table.
            path: Decoded path at which nothing is published.
            query: What follows the question mark, as it was sent.
        """
        table = self._table(site_key)
        if not table:
            return ""
        if query:
            asked = decoded_address(unquote_to_bytes(query))
            for each in (path, *index_addresses(path)):
                if target := table.get(f"{each}?{asked}"):
                    return target
        target = next((table[each] for each in (path, *index_addresses(path)) if each in table), "")
        if not target and PLAIN_ADDRESS.match(path):
            target = _by_prefix(table, path if path.endswith("/") else f"{path}/", path)
        if target in ("", path):
            return ""
        return f"{target}?{query}" if query else target

    def _table(self, site_key: str) -> Mapping[str, str]:
        file = self._folder / f"{site_key}.json"
        version = _version_of(file)
        known = self._tables.get(site_key)
        if known is not None and known[0] == version:
            return known[1]
        with self._lock:
            table = _read(file) if version else {}
            self._tables[site_key] = (version, table)
        return table


def index_addresses(path: str) -> tuple[str]:
    """The page of a folder, for an address that may name one."""
    return (f"{path}{INDEX}" if path.endswith("/") else f"{path}/{INDEX}",)


def usable_moves(entries: Mapping[str, str]) -> dict[str, str]:
    """Leave out addresses that could lead off the site, climb, or write a header of their own.

    Raises:
        AttributeError, TypeError: These aren't addresses by addresses.
    """
    return {old: new for old, new in entries.items() if _is_old(old) and PLAIN_ADDRESS.match(new)}


def _is_old(address: str) -> bool:
    if PLAIN_ADDRESS.match(address):
        return True
    path = address.partition("?")[0]
    return (
        path.startswith("/")
        and len(address) <= MAX_ADDRESS_CHARS
        and address.isprintable()
        and "\\" not in path
        and not any(name in ("", "..") or name.startswith(".") for name in path[1:].split("/"))
    )


def _by_prefix(table: Mapping[str, str], folder: str, path: str) -> str:
    """Return the address below the longest prefix that has moved."""
    while folder != "/":
        if folder in table:
            return table[folder] + path[len(folder) :]
        folder = folder[: folder.rstrip("/").rindex("/") + 1]
    return ""


def _read(file: Path) -> Mapping[str, str]:
    try:
        return usable_moves(json.loads(read_plain(file, limit=MAX_TABLE_BYTES)))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        # Visitors get "not found" instead; the next version of the file is tried again.
        logger.exception("front.redirects_unreadable", extra={"path": str(file)})
        return {}


def _version_of(file: Path) -> _Version:
    try:
        status = os.stat(file)  # noqa: PTH116  # asked for every missing page: no object for it
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size

"""Which site a request is for: the routing table that publishing writes.

`sites.json` in the output folder is a list of objects with `key`, `host`,
`port`, `base_url`, `name`, `theme` and `frame` (the fields of `SiteFrame`). It
is read again when it changed, so that a new site or menu needs no restart.
"""

import ipaddress
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiyue.publishing.delivery.local import read_plain
from jiyue.publishing.pages import Link, SiteFrame
from jiyue.publishing.theme import DEFAULT_THEME

logger = logging.getLogger(__name__)

TABLE_NAME = "sites.json"
MAX_TABLE_BYTES = 64 * 1024 * 1024  # hundreds of sites take one or two
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")  # names a folder
LOOK_AGAIN_SECONDS = 0.1  # how long what lies on the disk is taken for unchanged


@dataclass(frozen=True)
class SiteRoute:
    """One site as the public process knows it."""

    key: str
    host: str
    port: int | None
    base_url: str
    name: str
    frame: SiteFrame
    theme: str = DEFAULT_THEME


class RoutingTable:
    """The current routes; safe to use from several threads.

    Args:
        path: The file; while it is missing there are no sites.
    """

    def __init__(self, path: Path):
        self._path = path
        self._lock = threading.Lock()
        self._version: tuple[int, int, int] | None = None
        self._look_again_at = 0.0  # by the monotonic clock
        self._by_host: Mapping[str, SiteRoute] = {}
        self._by_port: Mapping[int, SiteRoute] = {}

    def find(self, host: str, port: int) -> SiteRoute | None:
        """Return the site a request is for.

        A site's own host name decides, whatever the port. The port decides only
        when the visitor used an address or `localhost`: a foreign host name
        that was pointed at this machine gets nothing.

        Args:
            host: The Host header, with or without a port.
            port: Port the request arrived at.
        """
        self._refresh()
        name = _host_name(host)
        return self._by_host.get(name) or (self._by_port.get(port) if _names_this_machine(name) else None)

    def routes(self) -> tuple[SiteRoute, ...]:
        """Return every site, in the order of the file."""
        self._refresh()
        return tuple(self._by_host.values())

    def has_host(self, host: str) -> bool:
        """Tell whether a host name belongs to a site."""
        self._refresh()
        return _host_name(host) in self._by_host

    def _refresh(self) -> None:
        now = time.monotonic()
        if now < self._look_again_at:
            return
        version = _version_of(self._path)
        if version != self._version:
            self._read(version)
        self._look_again_at = now + LOOK_AGAIN_SECONDS

    def _read(self, version: tuple[int, int, int] | None) -> None:
        with self._lock:
            if version == self._version:
                return
            try:
                routes = read_routes(self._path) if version else []
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
                # The sites known so far stay up; the next version of the file is tried again.
                logger.exception("front.sites_unreadable", extra={"path": str(self._path)})
            else:
                self._by_host = {route.host.lower(): route for route in routes}
                self._by_port = {route.port: route for route in routes if route.port is not None}
            self._version = version


def read_routes(path: Path) -> list[SiteRoute]:
    """Read the routing table.

    Raises:
        OSError: No plain file.
        ValueError: Not JSON, or the key of a site would lead to another folder.
        KeyError: A field is missing.
        TypeError: A field has the wrong shape.
    """
    return [_route(entry) for entry in json.loads(read_plain(path, limit=MAX_TABLE_BYTES))]


def _version_of(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  # asked on every request: no object for it
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _route(entry: Mapping[str, Any]) -> SiteRoute:
    if not _KEY.match(entry["key"]) or not isinstance(entry["host"], str):
        raise ValueError("no key or host name of a site")
    frame = dict(entry["frame"])
    frame["menu"] = _links(frame["menu"])
    if "trusted_domains" in frame:
        frame["trusted_domains"] = tuple(frame["trusted_domains"])
    return SiteRoute(
        key=entry["key"],
        host=entry["host"],
        port=entry["port"],
        base_url=entry["base_url"],
        name=entry["name"],
        frame=SiteFrame(**frame),
        theme=entry.get("theme", DEFAULT_THEME),
    )


def _links(entries: Iterable[Mapping[str, Any]]) -> tuple[Link, ...]:
    return tuple(Link(**{**entry, "children": _links(entry.get("children", ()))}) for entry in entries)


def _host_name(host: str) -> str:
    """Cut the port off a Host header: `[::1]:80`, `example.cn:80`, `example.cn.`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()


def _names_this_machine(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

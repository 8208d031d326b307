"""The public process: published files first, Django for the few things that are not files.

One application serves every site, by host name and by port. Published files
are answered here, without Django; search, forms and counters are Django views
that find their site in the request (`site_of`).
"""

import ipaddress
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest

from jiyue.core.ranges import Part, parse_range
from jiyue.front import messages
from jiyue.front.headers import PRIVATE, REVALIDATE, SECURITY_HEADERS, SECURITY_NAMES, is_text
from jiyue.front.kept import KeptFiles, SmallFile
from jiyue.front.moved import MovedAddresses
from jiyue.front.server import THREADS
from jiyue.front.sites import TABLE_NAME, RoutingTable, SiteRoute
from jiyue.front.static import Folder, OpenFile, open_published
from jiyue.publishing.addresses import decoded_address
from jiyue.publishing.error_pages import NOT_FOUND

logger = logging.getLogger(__name__)

_STORE_ADVICE = (
    "JIYUE_OUTPUT_URL names an object store. This process answers search, forms and counters; pages are "
    "read from the store by nginx (see `jiyue nginx-config`), not by this process."
)
HEALTH_PATHS = ("/health/", "/health/ready/", "/health/live/")  # for the supervisor; no site is needed
DYNAMIC_PATHS = ("/search/", "/correction/", "/comment/", *HEALTH_PATHS)
VIEWS_PREFIX = "/views/"
MAX_BODY_BYTES = 256 * 1024  # a form with the longest text allowed, in any encoding
# A body a little too large is read and thrown away, so that the sender (or the proxy, which lets
# this much through) gets to see the answer instead of a broken connection.
DRAIN_BYTES = 1024 * 1024
# Whoever sends slowly holds a thread until the last byte: half of them stay free for readers. The
# proxy of a real installation takes slow senders on itself.
MAX_SENDERS = THREADS // 2
SENDERS = BoundedSemaphore(MAX_SENDERS)
OF_CONTENT = ("Content-Type", "Content-Length", "Accept-Ranges")  # not told without the content
SITE_KEY = "jiyue.site"
TABLE_KEY = "jiyue.table"
ADDRESS_KEY = "jiyue.address"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """A complete answer of the outer layer."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: Iterable[bytes] = field(default_factory=list)


def site_of(request: HttpRequest) -> SiteRoute:
    """Return the site that the request is for."""
    route: SiteRoute = request.META[SITE_KEY]
    return route


def address_of(request: HttpRequest) -> str:
    """Return the visitor's address, seen through our own proxy."""
    return str(request.META[ADDRESS_KEY])


def is_own_host(request: HttpRequest, host: str) -> bool:
    """Whether a host name belongs to a site of this platform."""
    table: RoutingTable = request.META[TABLE_KEY]
    return table.has_host(host)


class FrontApplication:
    """WSGI application of the public process.

    Args:
        django: Handles `DYNAMIC_PATHS` and view counts.
    """

    def __init__(self, django: WSGIHandler):
        self._django = django
        self._output = Path(settings.JIYUE_OUTPUT_DIR)
        self._kept = KeptFiles(self._output)
        self._moved = MovedAddresses(self._output)
        self.table = RoutingTable(self._output / TABLE_NAME)
        if settings.JIYUE_STORE_ADDRESS is not None:
            logger.warning("front.pages_lie_in_object_store", extra={"advice": _STORE_ADVICE})

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        route = self.table.find(environ.get("HTTP_HOST", ""), int(environ["SERVER_PORT"]))
        if path in HEALTH_PATHS or (route and _is_dynamic(path)):
            return self._ask_django(route, environ, start_response)
        answer = self._answer(route, path, environ)
        return _send(answer, start_response)

    def _answer(self, route: SiteRoute | None, path: str, environ: Environ) -> Answer:
        if route is None:
            return _page(HTTPStatus.NOT_FOUND, messages.no_such_site(), environ)
        if f"{path}/" in DYNAMIC_PATHS:
            return _redirect(f"{path}/", environ)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            answer = _page(HTTPStatus.METHOD_NOT_ALLOWED, messages.method_not_allowed(route), environ)
            return Answer(answer.status, [*answer.headers, ("Allow", "GET, HEAD")], answer.body)
        return self._published(route, path, environ)

    def _published(self, route: SiteRoute, path: str, environ: Environ) -> Answer:
        """Answer with the published file, from memory where it lies there as it is on the disk."""
        accepts_gzip = _accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        wants_whole = "HTTP_RANGE" not in environ
        if wants_whole and (kept := self._kept.find(route.key, path, accepts_gzip=accepts_gzip)):
            return _small_file(kept, environ)
        found = open_published(self._output / route.key, path, accepts_gzip=accepts_gzip)
        if found is None:
            return self._absent(route, path, environ)
        if isinstance(found, Folder):
            return _redirect(f"{path}/", environ)
        if wants_whole and found.is_small:
            return _small_file(self._kept.take(route.key, path, found, accepts_gzip=accepts_gzip), environ)
        return _file(found, path, environ)

    def _absent(self, route: SiteRoute, path: str, environ: Environ) -> Answer:
        """Send on what has moved; otherwise answer with the site's own page, if it published one."""
        asked = decoded_address(environ["PATH_INFO"].encode("latin-1"))
        if location := self._moved.find(route.key, asked, environ.get("QUERY_STRING", "")):
            return _redirect_to(location)
        published = open_published(self._output / route.key, f"/{NOT_FOUND}", accepts_gzip=False)
        if isinstance(published, OpenFile):
            return _page(HTTPStatus.NOT_FOUND, b"".join(published.read()), environ)
        return _page(HTTPStatus.NOT_FOUND, messages.not_found(route), environ)

    def _ask_django(
        self, route: SiteRoute | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        _see_through_proxy(environ)
        environ[SITE_KEY] = route
        environ[TABLE_KEY] = self.table
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if route and length > MAX_BODY_BYTES:
            if length <= DRAIN_BYTES:
                environ["wsgi.input"].read(length)
            answer = _page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, messages.too_large(route), environ)
            return _send(answer, start_response)

        if environ["REQUEST_METHOD"] == "POST":
            return self._take_in(route, environ, start_response)
        return self._call_django(environ, start_response)

    def _take_in(
        self, route: SiteRoute | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let Django read what is sent, as long as enough threads are left for readers."""
        if not SENDERS.acquire(blocking=False):
            body = messages.out_of_order(route) if route else messages.no_such_site()
            answer = _page(HTTPStatus.SERVICE_UNAVAILABLE, body, environ)
            return _send(
                Answer(answer.status, [*answer.headers, ("Retry-After", "5")], answer.body), start_response
            )
        try:
            return self._call_django(environ, start_response)
        finally:
            SENDERS.release()

    def _call_django(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if name.lower() not in SECURITY_NAMES]
            return start_response(status, [*kept, *SECURITY_HEADERS], *rest)

        return self._django(environ, start)


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(f"{answer.status.value} {answer.status.phrase}", [*answer.headers, *SECURITY_HEADERS])
    return answer.body


def _is_dynamic(path: str) -> bool:
    return path in DYNAMIC_PATHS or path.startswith(VIEWS_PREFIX)


def _see_through_proxy(environ: Environ) -> None:
    """Take visitor's address and scheme from our own proxy, from nobody else."""
    peer = environ.get("REMOTE_ADDR", "")
    environ[ADDRESS_KEY] = peer
    if peer not in settings.JIYUE_TRUSTED_PROXIES:
        return
    if _is_address(environ.get("HTTP_X_REAL_IP", "")):
        environ[ADDRESS_KEY] = environ["HTTP_X_REAL_IP"]
    if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
        environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _accepts_gzip(header: str) -> bool:
    for part in header.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _small_file(file: SmallFile, environ: Environ) -> Answer:
    if file.is_known(environ.get("HTTP_IF_NONE_MATCH", ""), environ.get("HTTP_IF_MODIFIED_SINCE", "")):
        return Answer(HTTPStatus.NOT_MODIFIED, [each for each in file.headers if each[0] not in OF_CONTENT])
    # The server sends a list at once, anything else piece by piece.
    return Answer(HTTPStatus.OK, file.headers, [] if environ["REQUEST_METHOD"] == "HEAD" else [file.content])


def _file(found: OpenFile, path: str, environ: Environ) -> Answer:
    headers = found.headers(path)
    if found.is_known(environ.get("HTTP_IF_NONE_MATCH", ""), environ.get("HTTP_IF_MODIFIED_SINCE", "")):
        found.close()
        return Answer(HTTPStatus.NOT_MODIFIED, [header for header in headers if header[0] != "Content-Type"])
    part = _asked_part(found, environ)
    if part is not None:
        return _part(found, part, headers, environ)
    if not is_text(found.name):
        headers.append(("Accept-Ranges", "bytes"))
    if environ["REQUEST_METHOD"] == "HEAD":
        found.close()
        return Answer(HTTPStatus.OK, [*headers, ("Content-Length", str(found.size_bytes))])
    return Answer(HTTPStatus.OK, [*headers, ("Content-Length", str(found.size_bytes))], found.read())


def _asked_part(found: OpenFile, environ: Environ) -> Part | None:
    """Return the stretch that a browser asks for; None for the whole file, also if it changed since."""
    asked = environ.get("HTTP_RANGE", "")
    if not asked or is_text(found.name):
        return None
    if environ.get("HTTP_IF_RANGE") not in (None, found.etag, found.last_modified):
        return None
    return parse_range(asked, found.size_bytes)


def _part(found: OpenFile, part: Part, headers: list[tuple[str, str]], environ: Environ) -> Answer:
    """Send the stretch of a recording that a browser asks for."""
    headers = [*headers, ("Content-Range", part.content_range(found.size_bytes))]
    if part.is_absent:
        found.close()
        return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, [*headers, ("Content-Length", "0")])
    headers.append(("Content-Length", str(part.length)))
    if environ["REQUEST_METHOD"] == "HEAD":
        found.close()
        return Answer(HTTPStatus.PARTIAL_CONTENT, headers)
    return Answer(HTTPStatus.PARTIAL_CONTENT, headers, found.read_part(part.first, part.length))


def _page(status: HTTPStatus, body: bytes, environ: Environ) -> Answer:
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", PRIVATE),
    ]
    return Answer(status, headers, [] if environ["REQUEST_METHOD"] == "HEAD" else [body])


def _redirect(path: str, environ: Environ) -> Answer:
    """Send to the same address with its slash; relative, so that no host name can be slipped in."""
    query = environ.get("QUERY_STRING", "")
    return _redirect_to(quote(path) + (f"?{query}" if query else ""))


def _redirect_to(location: str) -> Answer:
    headers = [("Location", location), ("Content-Length", "0"), ("Cache-Control", REVALIDATE)]
    return Answer(HTTPStatus.MOVED_PERMANENTLY, headers)

"""nginx before an object store: pages come out of the bucket as they would out of the folder."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jiyue.front.headers import SECURITY_HEADERS
from jiyue.front.nginx import NginxOptions, UnusableName, nginx_config
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import PAGE, PAGE_HTML, publish_sample_sites
from jiyue.front.tests.serving import COUNTY, Server, running, start_nginx
from jiyue.publishing.delivery.headers import content_type
from jiyue.publishing.delivery.options import StoreAddress
from tests.plumbing.ports import free_port
from tests.plumbing.services import require_service

pytestmark = pytest.mark.slow
SECRETS = {"Cookie": "a=b", "Authorization": "Basic eA=="}


@dataclass
class Bucket:
    """What a bucket answers, and what it was asked."""

    folder: Path
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        prefix = "/pages/town/"
        file = self.folder / path.removeprefix(prefix)
        if not path.startswith(prefix) or not file.is_file():
            return 404, {"Content-Type": "application/xml"}, b"<Error>NoSuchKey</Error>"
        headers = {"Content-Type": content_type(path.removesuffix(".gz")), "Cache-Control": "no-cache"}
        if path.endswith(".gz"):
            headers["Content-Encoding"] = "gzip"
        return 200, headers | {"x-amz-request-id": "1", "Set-Cookie": "x=1"}, file.read_bytes()


@dataclass(frozen=True)
class Place:
    server: Server
    bucket: Bucket


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_service("nginx")
    folder = tmp_path_factory.mktemp("store")
    publish_sample_sites(folder / "bucket", city_port=None)
    bucket, routes = Bucket(folder / "bucket"), read_routes(folder / "bucket" / "sites.json")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            bucket.asked.append((self.command, self.path, dict(self.headers)))
            status, headers, body = bucket.answer(self.path)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    store = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=store.serve_forever, daemon=True).start()
    port, endpoint = free_port(), f"http://127.0.0.1:{store.server_port}"
    address = StoreAddress("pages", "town", endpoint, "cn-1")
    # The public process is away from this test: who answers in its place knows of no moved address.
    nginx = start_nginx(folder / "nginx", routes, port, store.server_port, store=address)
    with running(nginx, port, folder / "nginx.log"):
        yield Place(Server("nginx", port), bucket)
    store.shutdown()
    store.server_close()


def test_pages_and_folders_come_out_of_the_bucket_with_our_headers(place: Place) -> None:
    reply = place.server.ask(PAGE, **SECRETS, X_Forwarded_For="10.0.0.1")
    assert (reply.status, reply.body.decode()) == (200, PAGE_HTML)
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert not {"x-amz-request-id", "set-cookie"} & reply.headers.keys()
    for header, value in SECURITY_HEADERS:
        assert reply.headers[header.lower()] == value
    method, path, sent = place.bucket.asked[-1]
    assert (method, path) == ("GET", f"/pages/town/city{PAGE}")
    assert not {"Cookie", "Authorization", "X-Forwarded-For", "X-Real-IP"} & sent.keys()
    assert "云汀市首页" in place.server.ask("/?a=1").body.decode()
    assert place.bucket.asked[-1][1] == "/pages/town/city/index.html"
    assert "青苇县首页" in place.server.ask("/", host=COUNTY).body.decode()
    assert place.server.ask("/zwgk?a=1").headers["location"] == "/zwgk/?a=1"
    assert place.server.ask(PAGE, method="HEAD").status == 200


def test_compressed_copy_is_asked_for_where_the_visitor_takes_it(place: Place) -> None:
    reply = place.server.ask(PAGE, Accept_Encoding="br, gzip")
    assert reply.headers["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body).decode() == PAGE_HTML
    assert "content-encoding" not in place.server.ask(PAGE, Accept_Encoding="gzip;q=0").headers
    assert place.server.ask("/media/0a1b.pdf", Accept_Encoding="gzip").status == 200


@pytest.mark.parametrize(
    "path",
    ["/nothing.html", f"{PAGE}.gz", "/.git/config", "/a%0d%0aX:1/b.html", f"{PAGE}%0a", "/%2e%2e/county/"],
)
def test_what_is_not_published_is_the_sites_own_page(place: Place, path: str) -> None:
    reply = place.server.ask(path)
    assert reply.status in (404, 400)
    assert b"NoSuchKey" not in reply.body
    if reply.status == 404:
        assert "未找到页面" in reply.body.decode()
        assert reply.headers["cache-control"] == "no-store"


def test_nothing_is_written_and_nothing_is_shown_of_a_bucket_without_error_pages(place: Place) -> None:
    before = len(place.bucket.asked)
    assert place.server.ask(PAGE, method="PUT", body=b"x").status == 405
    assert {method for method, _path, _sent in place.bucket.asked[before:]} <= {"GET"}
    reply = place.server.ask("/nothing.html", host=COUNTY)
    assert (reply.status, b"NoSuchKey" in reply.body) == (404, False)


@pytest.mark.parametrize(
    "address",
    [
        StoreAddress("pages", "a;b", "http://s3", "r"),
        StoreAddress("pa{ges", "", "http://s3", "r"),
        StoreAddress("pages", "", "https://s3.inner:9000/$x", "r"),
    ],
)
def test_address_that_would_break_out_of_the_configuration_is_refused(
    tmp_path: Path, address: StoreAddress
) -> None:
    publish_sample_sites(tmp_path, city_port=None)
    with pytest.raises(UnusableName):
        nginx_config(read_routes(tmp_path / "sites.json"), NginxOptions(output_dir=tmp_path, store=address))

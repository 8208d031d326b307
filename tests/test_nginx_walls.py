"""What nginx keeps out: floods, slow senders, foreign names; what it logs, and which doors it listens at."""

import gzip
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from jiyue.front.headers import SECURITY_HEADERS
from jiyue.front.nginx import NginxOptions, UnusableName, nginx_config
from jiyue.front.server import serve_command
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import PAGE, publish_sample_sites, site_entry, write_table
from jiyue.front.tests.serving import (
    CITY,
    COUNTY,
    Server,
    front_environment,
    nginx_command,
    running,
    start_nginx,
)
from jiyue.publishing.delivery.local import LocalStore
from tests.plumbing.ports import free_port
from tests.plumbing.services import require_service

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with two published sites in `public`."""
    require_service("nginx")
    folder = tmp_path_factory.mktemp("walls")
    publish_sample_sites(folder / "public")
    (folder / "public" / "city" / "media" / "large.mp4").touch()
    with (folder / "public" / "city" / "media" / "large.mp4").open("r+b") as file:
        file.truncate(50 * 1024 * 1024)
    return folder


@pytest.fixture
def start(published: Path, tmp_path: Path) -> Iterator[Any]:
    """Start nginx before the published sites with options of the test's own."""
    with ExitStack() as stack:

        def run(*, address: str = "127.0.0.1", edit: tuple[str, str] = ("", ""), **options: Any) -> Server:
            port = free_port()
            routes = read_routes(published / "public" / "sites.json")
            where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            start_nginx(
                tmp_path,
                routes,
                port,
                None,
                output_dir=published / "public",
                **{"http_listen": where, **options},
            )
            config = tmp_path / "jiyue.conf"
            command = nginx_command(
                tmp_path, config.read_text().replace(*edit) if edit[0] else config.read_text()
            )
            stack.enter_context(running(command, port, tmp_path / "nginx.log", address=address))
            return Server("nginx", port)

        yield run


def ask_from(server: Server, source: str, path: str = PAGE, **headers: str) -> http.client.HTTPResponse:
    """Ask from an address of our own choice."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20, source_address=(source, 0))
    with closing(connection):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": CITY, **names})
        response = connection.getresponse()
        response.read()
        return response


def test_flood_from_one_address_is_refused_with_a_page_of_the_site(start: Any) -> None:
    server = start(page_rate=1, unlimited=("127.0.0.3",))  # with a burst of five
    replies = [server.ask(PAGE) for _ in range(12)]
    assert [reply.status for reply in replies[:5]] == [200] * 5
    refused = next(reply for reply in replies if reply.status == 429)
    assert 429 in {server.ask("/", host=COUNTY).status for _ in range(4)}  # one wall before all sites
    assert "请求过多" in refused.body.decode()
    assert (refused.headers["retry-after"], refused.headers["cache-control"]) == ("30", "no-store")
    for name, value in SECURITY_HEADERS:
        assert refused.headers[name.lower()] == value
    assert ask_from(server, "127.0.0.2").status == 200  # nobody else suffers
    assert {ask_from(server, "127.0.0.3").status for _ in range(12)} == {200}


READERS, ASKED_BY_EACH = 48, 40


@pytest.mark.req("OPS-03")
def test_many_readers_of_two_sites_meet_no_error_and_no_half_page_while_pages_are_written(
    start: Any, published: Path
) -> None:
    """One nginx serves the whole group; `bench_front` measures how many at which speed."""
    server = start(unlimited=("127.0.0.1",))
    versions = {host: {f"<p>{host} {n}</p>".encode() * 4000 for n in range(3)} for host in (CITY, COUNTY)}
    wrong: list[object] = []

    def read(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        with closing(connection):
            for turn in range(ASKED_BY_EACH):
                host = (CITY, COUNTY)[(number + turn) % 2]
                packed = {"Accept-Encoding": "gzip"} if turn % 3 else {}
                connection.request("GET", "/busy.html", headers={"Host": host, **packed})
                reply = connection.getresponse()
                body = reply.read()
                is_packed = reply.headers.get("Content-Encoding") == "gzip"
                if (gzip.decompress(body) if is_packed else body) not in versions[host]:
                    wrong.append((reply.status, host, len(body)))

    with (
        LocalStore(published / "public" / "city") as city,
        LocalStore(published / "public" / "county") as county,
    ):
        stores = {CITY: city, COUNTY: county}
        for host, store in stores.items():
            store.write("busy.html", min(versions[host]))
        with ThreadPoolExecutor(READERS) as crowd:
            readers = [crowd.submit(read, number) for number in range(READERS)]
            while any(not reader.done() for reader in readers):
                for host, store in stores.items():
                    for version in versions[host]:
                        store.write("busy.html", version)
    for reader in readers:
        reader.result()
    assert wrong == []


def test_connections_of_one_address_are_bounded(start: Any) -> None:
    server = start(connections=3)
    with ExitStack() as stack:
        for _ in range(3):
            held = stack.enter_context(closing(socket.create_connection(("127.0.0.1", server.port))))
            held.sendall(f"GET /media/large.mp4 HTTP/1.1\r\nHost: {CITY}\r\n\r\n".encode())
            assert held.recv(15) == b"HTTP/1.1 200 OK"  # and reads no further
        assert server.ask(PAGE).status == 429
        assert ask_from(server, "127.0.0.2").status == 200


def test_slow_sender_is_let_go(start: Any) -> None:
    server = start(edit=("client_header_timeout 15s", "client_header_timeout 1s"))
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as slow:
        slow.sendall(f"GET {PAGE} HTTP/1.1\r\nHost: {CITY}\r\nX-a: ".encode())
        try:
            answer = slow.recv(1000)
        except ConnectionResetError:
            answer = b""
        assert b"200 OK" not in answer


def test_more_than_any_form_holds_is_refused_before_it_is_sent(start: Any) -> None:
    server = start()
    reply = server.ask("/correction/", Content_Length="2000000", method="POST")
    assert reply.status == 413
    assert "内容过大" in reply.body.decode()
    assert reply.headers["cache-control"] == "no-store"


def test_mirror_shows_pages_and_says_that_the_rest_must_wait(start: Any) -> None:
    server = start()
    assert server.ask(PAGE).status == 200
    assert server.ask("/nothing.html").status == 404
    for path in ("/search/?q=a", "/correction/", "/comment/?page=/", "/views/7"):
        reply = server.ask(path)
        assert (reply.status, reply.headers["retry-after"]) == (503, "60")
        assert reply.headers["cache-control"] == "no-store"
        assert "暂时不可用" in reply.body.decode()
    assert server.ask("/health/").status == 404


def test_log_follows_nobody_but_keeps_who_was_refused(start: Any, tmp_path: Path) -> None:
    server = start(balancers=("127.0.0.9",), page_rate=1, edit=("flush=5s", "flush=1s"))
    for source, sent in (
        ("127.0.0.9", "192.0.2.77"),
        ("127.0.0.9", "2001:db8:1:2::7"),
        ("127.0.0.9", "2001:db8::7"),
        ("127.0.0.9", "198.51.100.1, 192.0.2.78"),  # whatever the visitor wrote before it counts nothing
        ("127.0.0.8", "203.0.113.5"),  # only our balancers are believed
    ):
        ask_from(
            server, source, f"{PAGE}?q=secret", X_Forwarded_For=sent, User_Agent="secret", Referer="secret"
        )
    for _ in range(8):
        ask_from(server, "127.0.0.9", "/", X_Forwarded_For="192.0.2.99")
    log = tmp_path / "jiyue.access.log"
    deadline = time.monotonic() + 30
    while log.read_text().count("\n") < 13:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["address"] for line in lines[:5]] == [
        "192.0.2.0",
        "2001:db8:1::",
        "2001:db8::",
        "192.0.2.0",
        "127.0.0.0",
    ]
    assert {(line["status"], line["address"]) for line in lines[5:]} == {
        ("200", "192.0.2.0"),
        ("429", "192.0.2.99"),
    }
    assert {"time", "host", "method", "path", "bytes", "seconds"} <= lines[0].keys()
    assert lines[0]["path"] == PAGE
    assert "secret" not in log.read_text()


@pytest.fixture(scope="module")
def tls(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Run nginx with a site that has a certificate; give its two ports."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is absent")
    folder = tmp_path_factory.mktemp("tls")
    write_table(folder, {**site_entry("city", host=CITY, port=None), "base_url": f"https://{CITY}"})
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={CITY}", "-days", "1"),
            *("-keyout", str(folder / f"{CITY}.key"), "-out", str(folder / f"{CITY}.crt")),
        ],
        check=True,
        capture_output=True,
    )
    plain, secure = free_port(), free_port()
    options = NginxOptions(
        output_dir=published / "public",
        upstreams=(),
        http_listen=f"127.0.0.1:{plain}",
        https_listen=f"127.0.0.1:{secure}",
        tls_dir=folder,
        log_dir=None,
    )
    command = nginx_command(folder / "nginx", nginx_config(read_routes(folder / "sites.json"), options))
    with running(command, secure, folder / "nginx.log"):
        yield plain, secure


def handshake(port: int, name: str = CITY, version: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
    """Shake hands as a browser that doesn't look at certificates."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    if version is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", port), timeout=20), server_hostname=name
    )


def test_site_with_https_speaks_modern_tls_and_http_2(tls: tuple[int, int]) -> None:
    with handshake(tls[1]) as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    with handshake(tls[1], version=ssl.TLSVersion.TLSv1_2) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        assert re.match(r"ECDHE-.*(GCM|CHACHA20)", cipher[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_and_foreign_names_are_refused(tls: tuple[int, int]) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(tls[1], version=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError):
        handshake(tls[1], name="elsewhere.example.com")


def test_plain_http_is_sent_to_https_and_stays_there(tls: tuple[int, int]) -> None:
    reply = Server("nginx", tls[0]).ask(f"{PAGE}?a=1")
    assert (reply.status, reply.headers["location"]) == (301, f"https://{CITY}{PAGE}?a=1")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", tls[1]), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=CITY) as connection,
    ):
        connection.sendall(f"GET {PAGE} HTTP/1.1\r\nHost: {CITY}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 200")
    assert "\r\nStrict-Transport-Security: max-age=31536000\r\n" in answer


@pytest.mark.parametrize("network", ["example.com", "192.0.2.7; }", "192.0.2.1/24", "", "2001:db8::/129"])
def test_network_that_is_none_is_refused(published: Path, network: str) -> None:
    routes = read_routes(published / "public" / "sites.json")
    for options in ({"balancers": (network,)}, {"unlimited": (network,)}):
        with pytest.raises(UnusableName):
            nginx_config(routes, NginxOptions(output_dir=published, **options))


# What every kind of answer says, beside the security headers; a header more or less is a decision.
ALWAYS = {"content-type", "content-length"} | {name.lower() for name, _value in SECURITY_HEADERS}
FILE = ALWAYS | {"cache-control", "etag", "last-modified"}
KINDS = {
    "page": ("GET", PAGE, {}, 200, FILE | {"vary"}),
    "compressed page": ("GET", PAGE, {"Accept_Encoding": "gzip"}, 200, FILE | {"vary", "content-encoding"}),
    "known page": (
        "GET",
        PAGE,
        {"If_None_Match": "*"},
        304,
        (FILE | {"vary"}) - {"content-type", "content-length"},
    ),
    "attachment": ("GET", "/media/0a1b.pdf", {}, 200, FILE),
    "part": ("GET", "/media/large.mp4", {"Range": "bytes=0-1"}, 206, FILE | {"content-range"}),
    "missing": ("GET", "/nothing.html", {}, 404, ALWAYS | {"cache-control"}),
    "refused method": ("POST", PAGE, {}, 405, ALWAYS | {"cache-control", "allow"}),
    "folder": ("GET", "/zwgk", {}, 301, (ALWAYS | {"cache-control", "location"}) - {"content-type"}),
}
# Differ between servers and say nothing about the answer: nginx sends its own pages as files.
PASSING = {"server", "date", "connection", "accept-ranges", "transfer-encoding", "keep-alive"}


@pytest.fixture(scope="module")
def both(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Run the embedded server and nginx before it."""
    folder = tmp_path_factory.mktemp("both")
    (folder / "public").symlink_to(published / "public")
    front, port = free_port(), free_port()
    routes = read_routes(published / "public" / "sites.json")
    command = start_nginx(folder / "nginx", routes, port, front)
    host = "::" if _has_loopback6() else "127.0.0.1"
    with (
        running(serve_command(port=front, host=host), front, folder / "front.log", front_environment(folder)),
        running(command, port, folder / "nginx.log"),
    ):
        yield Server("embedded", front), Server("nginx", port)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_its_headers_and_no_others(both: tuple[Server, Server], kind: str) -> None:
    method, path, sent, status, expected = KINDS[kind]
    for server in both:
        reply = server.ask(path, method=method, **sent)
        assert reply.status == status, server.name
        optional = {"content-type", "etag", "last-modified", "vary"} if status in (301, 404, 405) else set()
        named = set(reply.headers) - PASSING
        assert named - optional == expected - optional, server.name
        if "content-encoding" in named:
            assert gzip.decompress(reply.body)


def test_both_servers_listen_at_ipv6(both: tuple[Server, Server], start: Any) -> None:
    if not _has_loopback6():
        pytest.skip("this machine has no IPv6")
    for port in (both[0].port, start(address="::1").port):
        with closing(http.client.HTTPConnection("::1", port, timeout=20)) as connection:
            connection.request("GET", PAGE, headers={"Host": CITY})
            assert connection.getresponse().status == 200


def _has_loopback6() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True

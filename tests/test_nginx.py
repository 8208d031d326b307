"""The embedded server and nginx with the shipped configuration give the same answers.

Both run for real on loopback, before the same published files and the same
public process, which is started with its own settings and holds the public
half of the inbox key only.
"""

import gzip
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.urls import get_resolver

from jiyue.core import crypto, inbox
from jiyue.front.headers import SECURITY_HEADERS
from jiyue.front.server import serve_command
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import ASSET, PAGE, PAGE_HTML, publish_sample_sites, write_moves
from jiyue.front.tests.serving import (
    CITY,
    COUNTY,
    MAKE_INBOX,
    Installation,
    Reply,
    Server,
    front_environment,
    running,
    start_nginx,
)
from jiyue.front.wsgi import DYNAMIC_PATHS, HEALTH_PATHS
from tests.plumbing.ports import free_port
from tests.plumbing.services import ROOT, require_service

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    require_service("nginx")
    folder = tmp_path_factory.mktemp("serving")
    front_port, nginx_port = free_port(), free_port()
    publish_sample_sites(folder / "public", city_port=front_port)
    (folder / "public" / "city" / ".git").mkdir()
    (folder / "public" / "city" / ".git" / "config").write_text("secret")
    (folder / "public" / "city" / "media" / "0b2c.mp4").write_bytes(b"0123456789" * 30_000)
    write_moves(
        folder / "public",
        "city",
        {
            "/old/": "/zwgk/",
            "/old/one.html": "/zwgk/one-more.html",
            PAGE: "/x.html",
            "/news.asp?类=通知": "/archive/p/2.html",
            "/通知/一.html": "/archive/p/1.html",
        },
    )
    (folder / "public" / "city" / "planted.html").symlink_to("/etc/passwd")
    (folder / "public" / "city" / "planted").symlink_to(folder / "public" / "county")
    keys = folder / "keys"
    before, settings.JIYUE_KEY_DIR = settings.JIYUE_KEY_DIR, keys
    crypto.create_key_pair(inbox.KEY_NAME)
    settings.JIYUE_KEY_DIR = before
    (keys / "inbox.key").unlink()
    env = front_environment(folder)
    subprocess.run([sys.executable, "-c", MAKE_INBOX], env=env, cwd=ROOT, check=True)
    routes = read_routes(folder / "public" / "sites.json")
    nginx = start_nginx(folder / "nginx", routes, nginx_port, front_port)
    with (
        running(serve_command(port=front_port), front_port, folder / "front.log", env),
        running(nginx, nginx_port, folder / "nginx.log"),
    ):
        yield Installation(folder, Server("embedded", front_port), Server("nginx", nginx_port))


@pytest.fixture(params=["embedded", "nginx"])
def server(installation: Installation, request: pytest.FixtureRequest) -> Server:
    """Play the test with both servers."""
    chosen: Server = getattr(installation, request.param)
    return chosen


@dataclass(frozen=True)
class Case:
    """One line of the contract: what is asked and what every server answers."""

    path: str
    status: int | tuple[int, ...] = 200
    method: str = "GET"
    host: str = CITY
    sent: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    shows: str | None = None


GZIP = {"Accept_Encoding": "gzip"}
HTML = "text/html; charset=utf-8"
PAGE_HEADERS = {"content-type": HTML, "cache-control": "no-cache", "vary": "Accept-Encoding"}
GONE = {"cache-control": "no-store", "content-type": HTML}
REFUSED = (404, 400)  # nginx says 400 to a path that climbs above the root
CONTRACT = {
    "home": Case("/", headers={**PAGE_HEADERS, "content-encoding": None}, shows="云汀市首页"),
    "other site by host": Case("/", host=COUNTY, headers=PAGE_HEADERS, shows="青苇县首页"),
    "host in capitals": Case("/", host=COUNTY.upper(), shows="青苇县首页"),
    "host with port": Case("/", host=f"{COUNTY}:8080", shows="青苇县首页"),
    "unknown host": Case("/", 404, host="elsewhere.example.com"),
    "page": Case(PAGE, headers=PAGE_HEADERS, shows=PAGE_HTML),
    "query is ignored": Case(f"{PAGE}?a=%2e%2e//", headers=PAGE_HEADERS, shows=PAGE_HTML),
    "folder": Case("/zwgk/", headers=PAGE_HEADERS, shows="政务公开"),
    "folder without slash": Case("/zwgk", 301, headers={"location": "/zwgk/"}),
    "folder without slash, query": Case("/zwgk?a=1", 301, headers={"location": "/zwgk/?a=1"}),
    "form without slash": Case("/correction?page=/", 301, headers={"location": "/correction/?page=/"}),
    "folder without index": Case("/zwgk/202611/", 404, headers=GONE, shows="未找到页面"),
    "file with slash": Case(f"{PAGE}/", 404, headers=GONE),
    "missing": Case("/nothing-here.html", 404, headers=GONE, shows="未找到页面"),
    "missing on a site without 404.html": Case("/nothing-here.html", 404, host=COUNTY),
    "compressed": Case(PAGE, sent=GZIP, headers={**PAGE_HEADERS, "content-encoding": "gzip"}),
    "compression refused": Case(
        PAGE, sent={"Accept_Encoding": "gzip;q=0"}, headers={"content-encoding": None}
    ),
    "asset": Case(
        ASSET,
        headers={
            "content-type": "text/css; charset=utf-8",
            "cache-control": "public, max-age=31536000, immutable",
        },
    ),
    "missing asset isn't kept": Case("/assets/abc123/none.css", 404, headers=GONE),
    "part of a recording": Case(
        "/media/0b2c.mp4",
        206,
        sent={"Range": "bytes=2-5"},
        headers={
            "content-type": "video/mp4",
            "content-range": "bytes 2-5/300000",
            "content-length": "4",
            "accept-ranges": None,
            "cache-control": "public, max-age=86400",
        },
        shows="2345",
    ),
    "end of a recording": Case(
        "/media/0b2c.mp4",
        206,
        sent={"Range": "bytes=-3"},
        headers={"content-range": "bytes 299997-299999/300000"},
    ),
    "recording from a place on": Case(
        "/media/0b2c.mp4", 206, sent={"Range": "bytes=299990-"}, headers={"content-length": "10"}
    ),
    "behind the end of a recording": Case(
        "/media/0b2c.mp4", 416, sent={"Range": "bytes=300000-"}, headers={"content-range": "bytes */300000"}
    ),
    "several parts are answered with the whole": Case(
        "/media/0b2c.mp4", sent={"Range": "bytes=0-1,4-5"}, headers={"content-length": "300000"}
    ),
    "part of a recording that changed since": Case(
        "/media/0b2c.mp4",
        sent={"Range": "bytes=2-5", "If_Range": '"other"'},
        headers={"content-length": "300000"},
    ),
    "whole recording tells that parts can be had": Case(
        "/media/0b2c.mp4", headers={"accept-ranges": "bytes"}
    ),
    "head of a recording": Case(
        "/media/0b2c.mp4",
        method="HEAD",
        headers={"content-length": "300000", "accept-ranges": "bytes"},
        shows="",
    ),
    "attachment": Case(
        "/media/0a1b.pdf",
        headers={"content-type": "application/pdf", "cache-control": "public, max-age=86400"},
    ),
    "feed": Case("/feed.xml", headers={"content-type": "text/xml; charset=utf-8"}),
    "robots.txt": Case(
        "/robots.txt", headers={"content-type": "text/plain; charset=utf-8"}, shows="User-agent"
    ),
    "icon": Case("/favicon.ico", headers={"content-type": "image/x-icon"}),
    "tag known": Case(PAGE, 304, sent={"If_None_Match": "*"}, shows=""),
    "head": Case(PAGE, method="HEAD", headers={"content-length": str(len(PAGE_HTML.encode()))}, shows=""),
    "head of nothing": Case("/nothing-here.html", 404, method="HEAD", shows=""),
    "sending to a page": Case(PAGE, 405, method="POST", headers={"allow": "GET, HEAD"}, shows="仅供浏览"),
    "putting a page": Case(PAGE, 405, method="PUT"),
    "deleting a page": Case(PAGE, 405, method="DELETE"),
    "climbing": Case("/../county/index.html", REFUSED),
    "climbing from inside": Case("/zwgk/../../county/index.html", REFUSED),
    "climbing within": Case("/zwgk/../index.html", 404),
    "climbing, encoded dots": Case("/%2e%2e/county/index.html", REFUSED),
    "climbing, encoded slashes": Case("/..%2fcounty%2findex.html", REFUSED),
    "climbing, backslashes": Case("/..%5ccounty%5cindex.html", REFUSED),
    "climbing, encoded twice": Case("/%252e%252e/county/index.html", 404),
    "null": Case("/index.html%00.css", REFUSED),
    "empty segment": Case("/zwgk//index.html", 404),
    "address that looks like a host": Case("//county.example.cn/", 404),
    "hidden file": Case("/.git/config", 404, headers=GONE),
    "precompressed copy": Case("/index.html.gz", 404, headers=GONE),
    "planted link": Case("/planted.html", 404, headers=GONE),
    "planted folder": Case("/planted/index.html", 404, headers=GONE),
    "planted folder without slash": Case("/planted", 404),
    "moved channel": Case("/old/202611/7.html?a=1", 301, headers={"location": "/zwgk/202611/7.html?a=1"}),
    "moved channel itself": Case("/old/", 301, headers={"location": "/zwgk/", "cache-control": "no-cache"}),
    "moved channel without slash": Case("/old", 301, headers={"location": "/zwgk/"}),
    "moved page": Case("/old/one.html", 301, headers={"location": "/zwgk/one-more.html"}),
    "captured page with a query": Case(
        "/news.asp?%E7%B1%BB=%E9%80%9A%E7%9F%A5", 301, headers={"location": "/archive/p/2.html"}
    ),
    "captured page with Chinese letters": Case(
        "/%E9%80%9A%E7%9F%A5/%E4%B8%80.html?a=1", 301, headers={"location": "/archive/p/1.html?a=1"}
    ),
    "a live page wins over a move": Case(PAGE, shows=PAGE_HTML),
    "table of moves": Case("/.redirects/city.json", 404),
    "manifest": Case("/.manifests/city.json", 404),
    "back office": Case("/sign-in/", 404, headers=GONE),
    "staff shell": Case("/admin/", 404, headers=GONE),
    "routing table": Case("/sites.json", 404),
    "search": Case("/search/?q=%E4%BA%91", headers={"content-type": HTML}, shows="云汀市人民政府"),
    "search of the other site": Case("/search/?q=a", host=COUNTY, shows="青苇县人民政府"),
    "correction": Case(f"/correction/?page={PAGE}", headers={"content-type": HTML}, shows="submission_id"),
    "comment": Case(f"/comment/?page={PAGE}", shows="submission_id"),
    "comment on nothing": Case("/comment/", 404, shows="云汀市人民政府"),
    "views": Case("/views/7", headers={"content-type": "application/json"}, shows='{"views": '),
    "views of nothing": Case("/views/x", 404),
    "form without token": Case("/correction/", 403, method="POST", shows="submission_id"),
}


@pytest.mark.parametrize("name", CONTRACT)
def test_both_servers_keep_the_contract(server: Server, name: str) -> None:
    case = CONTRACT[name]
    reply = server.ask(case.path, host=case.host, method=case.method, **case.sent)
    allowed = case.status if isinstance(case.status, tuple) else (case.status,)
    assert reply.status in allowed, reply.body[:500]
    for header, value in case.headers.items():
        assert reply.headers.get(header) == value, header
    if case.shows is not None:
        text = gzip.decompress(reply.body) if reply.headers.get("content-encoding") == "gzip" else reply.body
        assert case.shows in text.decode()
        assert case.shows or not text
    assert b"root:" not in reply.body
    assert b"secret" not in reply.body


@pytest.mark.parametrize(
    "name", [name for name, case in CONTRACT.items() if case.status in (200, 206, 301, 304, 404, 405, 416)]
)
def test_both_servers_send_the_security_headers_once(server: Server, name: str) -> None:
    case = CONTRACT[name]
    if case.host == "elsewhere.example.com":
        pytest.skip("nothing of ours is shown")
    reply = server.ask(case.path, host=case.host, method=case.method, **case.sent)
    for header, value in SECURITY_HEADERS:
        assert reply.headers.get(header.lower()) == value


def staff_addresses() -> list[str]:
    """The first part of every address of the back office."""
    found = set()

    def walk(patterns: list[Any], before: str) -> None:
        for each in patterns:
            address = before + re.split(r"[<(\[\\]", str(each.pattern).lstrip("^"))[0].rstrip("$?")
            found.add(f"/{address}")
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, address)

    walk(get_resolver("jiyue.config.urls_backoffice").url_patterns, "")
    return sorted({path for path in found - {"/"} if path.count("/") <= 2} | {"/intake/v1/"})


@pytest.mark.req("SEC-05")
def test_no_address_of_the_back_office_answers_outside(server: Server) -> None:
    addresses = staff_addresses()
    assert {"/sign-in/", "/resources/", "/intake/v1/"} <= set(addresses)
    answers = {path: server.ask(path) for path in addresses if path not in DYNAMIC_PATHS}
    assert {path: reply.status for path, reply in answers.items() if reply.status not in (404, 301)} == {}
    assert not [path for path, reply in answers.items() if b"password" in reply.body]


def test_both_servers_agree_on_tags_and_dates(installation: Installation) -> None:
    for sent in ({}, GZIP):
        mine, theirs = (
            each.ask(PAGE, **sent).headers for each in (installation.embedded, installation.nginx)
        )
        assert mine["etag"] == theirs["etag"]
        assert mine["last-modified"] == theirs["last-modified"]
        for each in (installation.embedded, installation.nginx):
            assert each.ask(PAGE, If_None_Match=mine["etag"], **sent).status == 304
            assert each.ask(PAGE, If_Modified_Since=mine["last-modified"], **sent).status == 304
            assert each.ask(PAGE, If_None_Match='"other"', **sent).status == 200


def test_compressed_copy_is_the_published_one(server: Server, installation: Installation) -> None:
    published = (installation.output / "city" / f"{PAGE[1:]}.gz").read_bytes()
    assert server.ask(PAGE, Accept_Encoding="br, gzip").body == published


def test_replaced_page_is_shown_and_a_removed_one_is_gone(server: Server, installation: Installation) -> None:
    """Within the tenth of a second between two looks of the embedded server, the second of nginx's."""
    page = installation.output / "city" / "zwgk" / f"{server.name}.html"
    new = page.with_name(f".{page.name}.new")
    page.write_text("first", encoding="utf-8")
    for _ in range(3):  # in demand
        assert server.ask(f"/zwgk/{server.name}.html").body == b"first"
    new.write_text("second", encoding="utf-8")
    new.replace(page)
    wait_until(server, lambda reply: reply.body == b"second")
    page.unlink()
    wait_until(server, lambda reply: reply.status == 404)
    assert "open_file_cache_valid 1s;" in (installation.folder / "nginx" / "jiyue.conf").read_text()


def wait_until(server: Server, is_so: Callable[[Reply], bool]) -> None:
    """Ask again until the answer is the one expected."""
    deadline = time.monotonic() + 30
    while not is_so(server.ask(f"/zwgk/{server.name}.html")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_form_reaches_the_inbox_through_both_servers(server: Server, installation: Installation) -> None:
    """One way only: the process that stored the row has no key to open it."""
    before = len(installation.submissions())
    host = f"{CITY}:{server.port}"
    form = server.ask(f"/correction/?page={PAGE}", host=host)
    page = form.body.decode()
    sent = {
        name: re.findall(f'name="{name}" value="([^"]*)"', page)[0]
        for name in ("csrfmiddlewaretoken", "submission_id", "page")
    }
    body = urlencode({**sent, "text": "错字", "contact": "", "memo": ""}).encode()
    headers = {
        "Content_Type": "application/x-www-form-urlencoded",
        "Cookie": form.headers["set-cookie"].strip().partition(";")[0],
        "Origin": f"http://{host}",
    }
    for _ in range(2):  # a double click
        reply = server.ask("/correction/", host=host, method="POST", body=body, **headers)
        assert reply.status == 200
        assert b"query-code" in reply.body
    assert installation.submissions()[before:] == [("correction", "city")]
    assert not (installation.folder / "keys" / "inbox.key").exists()


def test_more_than_a_form_holds_is_refused_with_a_page(server: Server) -> None:
    reply = server.ask("/correction/", method="POST", body=b"x" * 300_000)
    assert reply.status == 413
    assert "云汀市人民政府" in reply.body.decode()


def test_health_is_for_the_machine_only(installation: Installation) -> None:
    for path in HEALTH_PATHS:
        assert installation.embedded.ask(path, host="127.0.0.1").status == 200
        assert installation.nginx.ask(path).status == 404
    assert installation.nginx.ask("/health%2f").status == 404


def test_nothing_was_logged_as_an_error(installation: Installation) -> None:
    for path in ("/favicon.ico", "/robots.txt", "/nothing-here.html", "/apple-touch-icon.png"):
        for each in (installation.embedded, installation.nginx):
            each.ask(path, host=COUNTY)
    assert "nothing-here" not in (installation.folder / "nginx" / "error.log").read_text()
    front_log = (installation.folder / "front.log").read_text()
    assert '"level": "error"' not in front_log
    assert '"level": "warning"' not in front_log


def test_last_views_are_sent_when_the_process_is_stopped(tmp_path: Path, installation: Installation) -> None:
    port = free_port()
    before = len(installation.submissions())
    with running(
        serve_command(port=port), port, tmp_path / "front.log", front_environment(installation.folder)
    ):
        Server("embedded", port).ask("/views/7")
        assert len(installation.submissions()) == before
    assert installation.submissions()[before:] == [("views", "")]


def test_own_page_is_shown_while_the_public_process_is_away(installation: Installation) -> None:
    port = free_port()
    routes = read_routes(installation.output / "sites.json")
    command = start_nginx(installation.folder / "lonely", routes, port, upstream=free_port())
    with running(command, port, installation.folder / "lonely.log"):
        server = Server("nginx", port)
        reply = server.ask("/search/?q=a")
        assert reply.status == 502
        assert "暂时无法访问" in reply.body.decode()
        assert server.ask(PAGE).status == 200

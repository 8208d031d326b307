"""Moved addresses on a mirror: taken over only if signed, and answered by a real nginx as the origin does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from jiyue.core import crypto, signing
from jiyue.front.mirror import TakenOver, take_over
from jiyue.front.nginx.moved import MAX_KEY_BYTES, path_entries, query_entries
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import PAGE
from jiyue.front.tests.serving import COUNTY, Server, running, start_nginx
from jiyue.publishing.manifest import KEY_NAME
from jiyue.publishing.webarchive.moving import write_table
from tests.plumbing.ports import free_port
from tests.test_mirror import Inner

MOVES = {
    "/old/": "/zwgk/",
    "/old/deep/": "/news/",
    "/old/one.html": "/zwgk/one-more.html",
    "/news.asp?id=12": "/archive/p/12.html",
    "/news.asp": "/archive/news.html",
    "/list.asp?类=通知&页=2": "/archive/p/2.html",
    "/通知/第一号.html": "/archive/p/1.html",
    "/b/index.html": "/archive/b/index.html",
    "/c d/a&b.html": "/archive/p/3.html",
    PAGE: "/x.html",
}
HOSTILE = {
    '/q"; } server { return 301 "http://evil.example/.asp': "/archive/p/q1.html",
    "/v${host}$uri.html": "/archive/p/q2.html",
    '/w.asp?a="; include /etc/passwd; #': "/archive/p/q3.html",
    "/x\n/etc.html": "/archive/p/q4.html",
    "/y\\.html": "/archive/p/q5.html",
    "/z.html": "https://evil.example/",
    "/~^(.*)$": "/archive/p/q6.html",
    "/t.html": "//evil.example/",
    "/u.html": "/a\nSet-Cookie: x",
    f"/long/{'长' * 900}.html": "/archive/p/q7.html",
}


@pytest.fixture
def inner(tmp_path: Path, settings: Settings) -> Inner:
    settings.JIYUE_KEY_DIR = tmp_path / "keys"
    crypto.create_key_pair(KEY_NAME)
    inner = Inner(tmp_path)
    settings.JIYUE_OUTPUT_DIR = inner.output
    write_table("city", MOVES | HOSTILE)
    return inner


def take(inner: Inner, shown: Path) -> TakenOver:
    return next(done for done in take_over(inner.output, shown) if done.site_key == "city")


@pytest.fixture
def mirror(inner: Inner, tmp_path: Path) -> Iterator[Server]:
    shown = tmp_path / "shown"
    assert take(inner, shown).is_complete
    routes, port = read_routes(inner.output / "sites.json"), free_port()
    nginx = start_nginx(tmp_path / "nginx", routes, port, None, output_dir=shown)
    with running(nginx, port, tmp_path / "nginx.log"):
        yield Server("nginx", port)
    assert "[emerg]" not in (tmp_path / "nginx" / "error.log").read_text()


@pytest.mark.slow
@pytest.mark.req("PUB-20", "SITE-23")
def test_mirror_sends_on_as_the_origin_does(mirror: Server) -> None:
    for path, location in (
        ("/old/202611/7.html?a=1", "/zwgk/202611/7.html?a=1"),
        ("/old/", "/zwgk/"),
        ("/old", "/zwgk/"),
        ("/old/deep/er/x.html", "/news/er/x.html"),
        ("/old/one.html", "/zwgk/one-more.html"),
        ("/news.asp?id=12", "/archive/p/12.html"),
        ("/news.asp?id=13", "/archive/news.html?id=13"),
        ("/list.asp?%E7%B1%BB=%e9%80%9a%e7%9f%a5&%E9%A1%B5=2", "/archive/p/2.html"),
        ("/list.asp?%C0%E0=%CD%A8%D6%AA&%D2%B3=2", "/archive/p/2.html"),
        ("/%E9%80%9A%E7%9F%A5/%E7%AC%AC%E4%B8%80%E5%8F%B7.html", "/archive/p/1.html"),
        ("/%CD%A8%D6%AA/%B5%DA%D2%BB%BA%C5.html?a=1", "/archive/p/1.html?a=1"),
        ("/b/", "/archive/b/index.html"),
        ("/b", "/archive/b/index.html"),
        ("/c%20d/a&b.html", "/archive/p/3.html"),
        ("/v$%7Bhost%7D$uri.html", "/archive/p/q2.html"),
        ("/~%5E(.*)$", "/archive/p/q6.html"),
    ):
        reply = mirror.ask(path)
        assert (reply.status, reply.headers.get("location")) == (301, location), path
        assert reply.headers["cache-control"] == "no-cache"
    assert mirror.ask(PAGE).status == 200  # a live page wins
    for path in ("/z.html", "/t.html", "/u.html", "/other.html", "/old/.git/x", "/old/a%0d%0aSet-Cookie:x"):
        missing = mirror.ask(path)
        assert (missing.status, "location" in missing.headers) == (404, False), path
    assert "未找到页面" in mirror.ask("/other.html").body.decode()
    assert mirror.ask("/old/", host=COUNTY).status == 404
    assert mirror.ask("/search/").status == 503


def test_table_that_is_forged_older_or_another_sites_is_not_taken_over(inner: Inner, tmp_path: Path) -> None:
    shown, folder = tmp_path / "shown", inner.output / ".redirects"
    good = (folder / "city.signed").read_text()
    assert take(inner, shown).is_complete
    table = (shown / ".redirects" / "city.json").read_bytes()
    assert json.loads(table)["/old/"] == "/zwgk/"
    statement = crypto.canonical_text({"site": "county", "sequence": 9_999_999_999, "moved": {}})
    other = {"statement": statement, "signature": signing.sign(KEY_NAME, statement.encode())}
    forged = json.loads(good)
    forged["statement"] = forged["statement"].replace("/zwgk/", "/evil/")
    for text in (json.dumps(forged), json.dumps(other), "{", "[]", '{"statement": 7}'):
        (folder / "city.signed").write_text(text)
        assert take(inner, shown).waiting == [".redirects/city.signed"]
    (folder / "city.signed").write_text(good)
    write_table("city", {"/old/": "/neu/"})
    assert take(inner, shown).written == 1
    (folder / "city.signed").write_text(good)
    assert take(inner, shown).waiting == [".redirects/city.signed"]
    assert json.loads((shown / ".redirects" / "city.json").read_bytes()) == {"/old/": "/neu/"}
    (folder / "city.signed").unlink()
    (folder / "city.signed").symlink_to("/etc/passwd")
    assert take(inner, shown).is_complete  # nothing arrived: what is known stays


def test_entries_hold_no_line_nor_key_that_nginx_could_not_take() -> None:
    longest = "/" + "a" * (MAX_KEY_BYTES - 1)
    moves = {"/a.html": "/x/", "/A.html": "/y/", longest: "/z/", f"{longest}a": "/z/", "/b.asp?c\nd": "/w/"}
    entries = path_entries(moves).splitlines()
    assert len(entries) == 2
    assert entries[0] == b'"/a.html" "/x/$is_args$args";'
    assert query_entries(moves) == b'"/b.asp?c%0Ad" "/w/";\n'

"""Moved channels and pages: visitors are sent on, live pages win, a broken table hurts nobody."""

from pathlib import Path

import pytest

from jiyue.front.moved import usable_moves
from jiyue.front.tests.factories import PAGE, write_moves
from jiyue.front.tests.visitor import Visitor


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/old/202611/7.html", "/zwgk/202611/7.html"),
        ("/old/202611/7.html?from=a", "/zwgk/202611/7.html?from=a"),
        ("/old/", "/zwgk/"),
        ("/old", "/zwgk/"),
        ("/old/deep/er/x.html", "/news/er/x.html"),  # the longest prefix wins
        ("/old/one.html", "/zwgk/one-more.html"),
    ],
)
def test_moved_address_leads_to_the_new_one(visitor: Visitor, output: Path, path: str, location: str) -> None:
    moves = {"/old/": "/zwgk/", "/old/deep/": "/news/", "/old/one.html": "/zwgk/one-more.html"}
    write_moves(output, "city", moves)
    answer = visitor.get(path)
    assert (answer.status, answer.headers["location"]) == (301, location)
    assert answer.headers["cache-control"] == "no-cache"


CAPTURED = {
    "/news.asp?id=12": "/archive/p/12.html",
    "/news.asp": "/archive/news.html",
    "/list.asp?类=通知&页=2": "/archive/p/2.html",
    "/通知/第一号.html": "/archive/p/1.html",
    "/b/index.html": "/archive/b/index.html",
    "/c/index.html?id=5": "/archive/p/5.html",
}


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/news.asp?id=12", "/archive/p/12.html"),
        ("/news.asp?id=%31%32", "/archive/p/12.html"),
        ("/news.asp?id=13", "/archive/news.html?id=13"),
        ("/list.asp?%E7%B1%BB=%e9%80%9a%e7%9f%a5&%E9%A1%B5=2", "/archive/p/2.html"),
        ("/list.asp?%C0%E0=%CD%A8%D6%AA&%D2%B3=2", "/archive/p/2.html"),  # GBK, as old browsers sent it
        ("/%E9%80%9A%E7%9F%A5/%E7%AC%AC%E4%B8%80%E5%8F%B7.html", "/archive/p/1.html"),
        ("/%CD%A8%D6%AA/%B5%DA%D2%BB%BA%C5.html?a=1", "/archive/p/1.html?a=1"),
        ("/b/", "/archive/b/index.html"),
        ("/b", "/archive/b/index.html"),
        ("/c/?id=5", "/archive/p/5.html"),
    ],
)
def test_captured_address_with_a_query_or_chinese_letters_leads_to_the_archive(
    visitor: Visitor, output: Path, path: str, location: str
) -> None:
    write_moves(output, "city", CAPTURED)
    answer = visitor.get(path)
    assert (answer.status, answer.headers["location"]) == (301, location)


@pytest.mark.parametrize(
    "old",
    ["/../x.asp?a=1", "/a\\b.asp?a=1", "/a//b.asp?a=1", "/.git/x?a=1", "a.asp?a=1", "/a\nb?a=1", "/?a=1"],
)
def test_unusable_old_address_is_left_out_of_a_table(old: str) -> None:
    assert usable_moves({old: "/archive/p/1.html", "/b.asp?a=1": "/x.html"}) == {"/b.asp?a=1": "/x.html"}


def test_published_page_wins_and_other_sites_know_nothing_of_it(visitor: Visitor, output: Path) -> None:
    write_moves(output, "city", {PAGE: "/elsewhere.html", "/old/": "/zwgk/"})
    assert visitor.get(PAGE).status == 200
    assert visitor.get("/old/1.html", Host="county.example.cn").status == 404
    assert visitor.request("POST", "/old/1.html").status == 405


def test_table_is_read_again_when_it_changes(visitor: Visitor, output: Path) -> None:
    assert visitor.get("/old/1.html").status == 404
    write_moves(output, "city", {"/old/": "/zwgk/"})
    assert visitor.get("/old/1.html").status == 301
    (output / ".redirects" / "city.json").unlink()
    assert visitor.get("/old/1.html").status == 404


@pytest.mark.parametrize(
    "target",
    ["//evil.example/", "https://evil.example/", "/a/../b", "/a\r\nSet-Cookie: x", "\\\\evil", "", "/.git/"],
)
def test_target_that_leaves_the_site_is_ignored(visitor: Visitor, output: Path, target: str) -> None:
    write_moves(output, "city", {"/old/1.html": target, "/old/2.html": "/zwgk/"})
    assert visitor.get("/old/1.html").status == 404
    assert visitor.get("/old/2.html").status == 301


def test_address_that_leads_to_itself_is_not_found(visitor: Visitor, output: Path) -> None:
    write_moves(output, "city", {"/old/": "/old/"})
    assert visitor.get("/old/1.html").status == 404


@pytest.mark.parametrize("content", ["", "[]", "{", '{"/old/": 7}', "\xff"])
def test_unreadable_table_sends_nobody_anywhere(
    visitor: Visitor, output: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (output / ".redirects").mkdir()
    (output / ".redirects" / "city.json").write_text(content, encoding="latin-1")
    assert visitor.get("/old/1.html").status == 404
    assert visitor.get(PAGE).status == 200
    assert "front.redirects_unreadable" in caplog.text

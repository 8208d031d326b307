"""Published files: the right bytes with the right headers, and nothing else from the disk."""

import gzip
import os
from pathlib import Path

import pytest

from jiyue.front.headers import SECURITY_HEADERS
from jiyue.front.static import CHUNK_BYTES
from jiyue.front.tests.factories import ASSET, PAGE, PAGE_HTML
from jiyue.front.tests.visitor import Visitor


def test_page_is_served_with_type_tag_and_date(visitor: Visitor) -> None:
    answer = visitor.get(PAGE)
    assert (answer.status, answer.text) == (200, PAGE_HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"].endswith("GMT")


@pytest.mark.parametrize("path", ["/", PAGE, ASSET, "/nothing-here", "/search/", "/zwgk", "/views/7"])
def test_every_answer_carries_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    for name, value in SECURITY_HEADERS:
        assert headers[name.lower()] == value


def test_policy_of_pages_allows_nothing_from_elsewhere_and_nothing_inline(visitor: Visitor) -> None:
    policy = visitor.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("path", "kind", "kept"),
    [
        (ASSET, "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/media/0a1b.pdf", "application/pdf", "public, max-age=86400"),
        ("/feed.xml", "text/xml; charset=utf-8", "no-cache"),
        ("/robots.txt", "text/plain; charset=utf-8", "no-cache"),
        ("/favicon.ico", "image/x-icon", "no-cache"),
    ],
)
def test_kind_and_lifetime_follow_the_address(visitor: Visitor, path: str, kind: str, kept: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 200
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (kind, kept)


def test_precompressed_copy_is_sent_to_those_who_accept_it(visitor: Visitor) -> None:
    answer = visitor.get(PAGE, Accept_Encoding="br, gzip;q=0.8")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body).decode() == PAGE_HTML
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("header", ["", "br", "gzip;q=0", "identity"])
def test_plain_copy_is_sent_to_the_others(visitor: Visitor, header: str) -> None:
    answer = visitor.get(PAGE, Accept_Encoding=header)
    assert "content-encoding" not in answer.headers
    assert answer.text == PAGE_HTML


def test_known_copy_is_answered_with_304_and_no_body(visitor: Visitor) -> None:
    first = visitor.get(PAGE)
    again = visitor.get(PAGE, If_None_Match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    by_date = visitor.get(PAGE, If_Modified_Since=first.headers["last-modified"])
    assert by_date.status == 304


def test_changed_page_is_sent_anew(visitor: Visitor, output: Path) -> None:
    first = visitor.get(PAGE)
    (output / "city" / PAGE[1:]).write_text("changed", encoding="utf-8")
    again = visitor.get(PAGE, If_None_Match=first.headers["etag"])
    assert (again.status, again.text) == (200, "changed")


def test_tag_outweighs_the_date(visitor: Visitor) -> None:
    first = visitor.get(PAGE)
    answer = visitor.get(PAGE, If_None_Match='"other"', If_Modified_Since=first.headers["last-modified"])
    assert answer.status == 200


def test_head_answers_like_get_without_body(visitor: Visitor) -> None:
    got, head = visitor.get(PAGE), visitor.request("HEAD", PAGE)
    assert (head.status, head.body) == (200, b"")
    assert head.headers == got.headers
    assert visitor.request("HEAD", "/nothing-here").body == b""


def test_large_file_arrives_whole(visitor: Visitor, output: Path) -> None:
    content = os.urandom(2 * CHUNK_BYTES + 5)
    (output / "city" / "media" / "large.pdf").write_bytes(content)
    assert visitor.get("/media/large.pdf").body == content


@pytest.mark.parametrize(("path", "location"), [("/zwgk", "/zwgk/"), ("/zwgk?a=1", "/zwgk/?a=1")])
def test_folder_without_slash_is_redirected(visitor: Visitor, path: str, location: str) -> None:
    answer = visitor.get(path)
    assert (answer.status, answer.headers["location"]) == (301, location)


def test_folder_shows_its_index(visitor: Visitor) -> None:
    assert "政务公开" in visitor.get("/zwgk/").text


def test_file_with_a_slash_behind_it_is_not_found(visitor: Visitor) -> None:
    assert visitor.get(f"{PAGE}/").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_files_can_only_be_read(visitor: Visitor, method: str) -> None:
    answer = visitor.request(method, PAGE)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


OUTSIDE = [
    "/../county/index.html",
    "/zwgk/../../county/index.html",
    "/zwgk/../index.html",
    "/./index.html",
    "/%2e%2e/county/index.html",
    "/..%2fcounty%2findex.html",
    "/..%5ccounty%5cindex.html",
    "/zwgk/..%00/index.html",
    "/index.html%00.css",
    "/%252e%252e/county/index.html",
    "//city/index.html",
    "//county.example.cn/",
    "/zwgk//index.html",
    "/.git/config",
    "/.views/0.json",
    "/zwgk/.hidden.html",
    "/index.html.gz",
    "/assets/abc123/plain.css.gz",
    "/sites.json",
    "/../sites.json",
    "/city/index.html",
    "/etc/passwd",
    "/%ff%fe",
    "/" + "a" * 300,
    "/" + "a/" * 2000,
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_site_can_be_read(visitor: Visitor, output: Path, path: str) -> None:
    (output / "city" / ".git").mkdir()
    (output / "city" / ".git" / "config").write_text("secret")
    (output / "city" / "zwgk" / ".hidden.html").write_text("secret")
    answer = visitor.get(path)
    assert answer.status == 404
    assert "未找到页面" in answer.text


def test_link_in_place_of_a_whole_site_leads_nowhere(visitor: Visitor, output: Path, tmp_path: Path) -> None:
    (output / "city").rename(tmp_path / "away")
    assert visitor.get("/").status == 404
    (output / "city").symlink_to(tmp_path / "away")
    assert visitor.get("/").status == 404


@pytest.mark.parametrize("path", ["/planted.html", "/planted/index.html", "/planted"])
def test_planted_links_lead_nowhere(visitor: Visitor, output: Path, path: str) -> None:
    (output / "city" / "planted.html").symlink_to("/etc/passwd")
    (output / "city" / "planted").symlink_to(output / "county")
    assert visitor.get(path).status == 404


def test_pipe_in_the_folder_blocks_nobody(visitor: Visitor, output: Path) -> None:
    os.mkfifo(output / "city" / "pipe.html")
    assert visitor.get("/pipe.html").status == 404


def test_no_file_stays_open(visitor: Visitor) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("/", PAGE, "/zwgk", "/nothing-here", "/zwgk/nothing-here", "/../x"):
        visitor.get(path)
        visitor.request("HEAD", path)
        visitor.get(path, If_None_Match="*")
    assert len(list(Path("/proc/self/fd").iterdir())) == before

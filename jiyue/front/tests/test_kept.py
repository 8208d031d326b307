"""Pages kept in memory: the same answers as from the disk, and nothing that isn't there any more."""

import gzip
import os
import threading
import time
from pathlib import Path

import pytest

from jiyue.front import kept, wsgi
from jiyue.front.kept import ENTRY_BYTES
from jiyue.front.tests.factories import ASSET, PAGE, PAGE_HTML, publish, write_moves
from jiyue.front.tests.visitor import Answer, Visitor

WAIT_SECONDS = 30  # longest wait for what takes a tenth of a second

ASKED: dict[str, dict[str, str]] = {
    "plain": {},
    "compressed": {"Accept_Encoding": "gzip"},
    "known by its date": {"If_Modified_Since": "Sun, 01 Feb 2026 00:00:00 GMT"},
    "known by its tag": {"If_None_Match": "*"},
}


def open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test fail where a file would be opened."""

    def fail(root: Path, path: str, *, accepts_gzip: bool) -> None:
        pytest.fail(f"{root}{path} was opened")

    monkeypatch.setattr(wsgi, "open_published", fail)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("path", ["/", PAGE, ASSET, "/media/0a1b.pdf", "/favicon.ico"])
def test_second_visitor_gets_the_same_answer_without_a_file_being_opened(
    visitor: Visitor,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    asked: dict[str, str],
    method: str,
) -> None:
    moment = 1_769_904_000  # the date above
    for file in output.rglob("*.*"):
        os.utime(file, (moment, moment))
    first = visitor.request(method, path, **asked)
    open_nothing(monkeypatch)
    assert visitor.request(method, path, **asked) == first
    assert first.status == (304 if "If_None_Match" in asked or "If_Modified_Since" in asked else 200)
    assert "content-security-policy" in first.headers


def test_replaced_page_is_sent_with_its_own_tag(visitor: Visitor, output: Path) -> None:
    first = visitor.get(PAGE)
    new = output / "city" / "zwgk" / "new"
    new.write_text(PAGE_HTML.replace("公报", "公示"), encoding="utf-8")  # as long as before
    os.utime(new, (0, 0))
    new.replace(output / "city" / PAGE[1:])
    again = visitor.get(PAGE, If_None_Match=first.headers["etag"])
    assert (again.status, "公示" in again.text) == (200, True)


def test_withdrawn_page_is_gone_and_a_moved_one_sent_on(visitor: Visitor, output: Path) -> None:
    visitor.get(PAGE)
    (output / "city" / PAGE[1:]).unlink()
    assert visitor.get(PAGE).status == 404
    write_moves(output, "city", {PAGE: "/zwgk/"})
    assert visitor.get(PAGE).status == 301


def test_withdrawal_shows_within_moments_though_not_every_request_looks(
    visitor: Visitor, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LOOK_AGAIN_SECONDS", 0.1)
    visitor.get(PAGE)
    (output / "city" / PAGE[1:]).unlink()
    deadline = time.monotonic() + WAIT_SECONDS
    while visitor.get(PAGE).status != 404:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert visitor.get(PAGE).status == 404


@pytest.mark.parametrize("place", ["", "zwgk", "zwgk/202611", PAGE[1:]])
def test_link_planted_later_leads_nowhere_though_it_leads_to_the_same_file(
    visitor: Visitor, output: Path, tmp_path: Path, place: str
) -> None:
    assert visitor.get(PAGE).status == 200
    (output / "city" / place).rename(tmp_path / "away")
    (output / "city" / place).symlink_to(tmp_path / "away")
    assert visitor.get(PAGE).status == 404


def test_page_that_changed_just_now_is_read_anew_each_time(
    visitor: Visitor, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one tick of the file system a change may leave size and times as they were."""
    monkeypatch.setattr(kept, "SETTLED_SECONDS", 3600)
    monkeypatch.setattr(kept, "LOOK_AGAIN_SECONDS", 3600)
    visitor.get(PAGE)
    (output / "city" / PAGE[1:]).write_text("changed")
    assert visitor.get(PAGE).text == "changed"


def test_compressed_copy_that_comes_later_is_sent(visitor: Visitor, output: Path) -> None:
    copy = output / "city" / f"{PAGE[1:]}.gz"
    copy.unlink()
    assert "content-encoding" not in visitor.get(PAGE, Accept_Encoding="gzip").headers
    copy.write_bytes(gzip.compress(PAGE_HTML.encode()))
    assert visitor.get(PAGE, Accept_Encoding="gzip").headers["content-encoding"] == "gzip"
    copy.unlink()
    assert visitor.get(PAGE, Accept_Encoding="gzip").text == PAGE_HTML


def test_part_of_a_kept_recording_is_still_a_part(visitor: Visitor) -> None:
    whole = visitor.get("/media/0a1b.pdf")
    assert whole.headers["accept-ranges"] == "bytes"
    part = visitor.get("/media/0a1b.pdf", Range="bytes=1-3")
    assert (part.status, part.body) == (206, whole.body[1:4])


def test_page_kept_for_one_site_is_no_other_sites(visitor: Visitor) -> None:
    visitor.host = "city.example.cn"
    assert visitor.get(PAGE).status == 200
    for host in ("county.example.cn", "elsewhere.example.com", ""):
        visitor.host = host
        assert visitor.get(PAGE).status == 404
    visitor.host = "county.example.cn"
    assert "青苇县" in visitor.get("/").text


def test_kept_page_can_only_be_read(visitor: Visitor) -> None:
    visitor.get(PAGE)
    assert visitor.request("POST", PAGE).status == 405


def test_memory_is_bounded_and_what_leaves_it_is_read_again(
    visitor: Visitor, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = kept.KeptFiles(output)
    monkeypatch.setattr(visitor.application, "_kept", files)
    monkeypatch.setattr(files, "_free_bytes", 5 * ENTRY_BYTES)
    monkeypatch.setattr(kept, "MAX_BYTES", 5 * ENTRY_BYTES)
    for number in range(20):
        publish(output / "city", f"/{number}.html", f"page {number}")
    for _ in range(2):
        for number in range(20):
            assert visitor.get(f"/{number}.html").text == f"page {number}"
            assert len(files._entries) <= 5


def test_readers_get_whole_pages_while_they_are_replaced(visitor: Visitor, output: Path) -> None:
    page = output / "city" / "busy.html"
    texts = {"a" * 4_000, "b" * 4_000, "c" * 5_000}
    page.write_text("a" * 4_000)
    seen: list[Answer] = []

    def read() -> None:
        seen.extend(visitor.get("/busy.html") for _ in range(100))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for text in sorted(texts) * 20:
        new = page.with_name("busy.new")
        new.write_text(text)
        new.replace(page)
    for reader in readers:
        reader.join(WAIT_SECONDS)
    assert len(seen) == 400
    assert {(answer.status, answer.text in texts) for answer in seen} == {(200, True)}
    assert all(answer.headers["content-length"] == str(len(answer.body)) for answer in seen)

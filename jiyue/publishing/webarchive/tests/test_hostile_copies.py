"""Copies of former sites that somebody prepared: read or refused, never more than they may take."""

import gzip
import os
from itertools import count
from pathlib import Path

import pytest

from jiyue.publishing.webarchive import capture_sources
from jiyue.publishing.webarchive.capture_sources import CaptureRefused, open_copy

PAGE = b"<html><body><p>x</p></body></html>"


def record(address: str, payload: bytes = PAGE, *, headers: str = "", length: int | None = None) -> bytes:
    """One response of a WARC file, as a hostile hand may write it."""
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{headers}\r\n".encode() + payload
    target = f"WARC-Target-URI: {address}\r\n" if address else ""
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        "WARC-Date: 2020-01-01T00:00:00Z\r\n"
        f"{target}Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http) if length is None else length}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def keys_of(path: Path) -> list[str]:
    return [entry.key for entry in open_copy(path, "http://a.example").entries()]


@pytest.mark.parametrize(
    "second",
    [
        record("http://[::1"),
        record("http://a.example/../../etc/passwd.html"),
        record("http://a.example/%2e%2e/%2e%2e/x.html"),
        record("http://a.example/%00.html"),
        record("http://a.example/%0d%0aSet-Cookie:x.html"),
        record("http://a.example/" + "a" * 100_000),
        record("http://a.example:99999999/x.html"),
    ],
    ids=count(),
)
def test_record_that_no_reader_could_ask_for_is_left_out_and_stops_nothing(tmp_path, second):
    source = tmp_path / "old.warc.gz"
    parts = (record("http://a.example/one.html"), second, record("http://a.example/two.html"))
    source.write_bytes(b"".join(gzip.compress(part) for part in parts))
    assert keys_of(source) == ["one.html", "two.html"]


@pytest.mark.parametrize("second", [record(""), record("http://a.example/x", length=-5)], ids=count())
def test_damaged_record_is_refused_in_words(tmp_path, second):
    source = tmp_path / "old.warc"
    source.write_bytes(record("http://a.example/one.html") + second)
    with pytest.raises(CaptureRefused):
        keys_of(source)


def test_record_packed_from_very_much_ends_with_the_time(tmp_path, monkeypatch):
    source = tmp_path / "old.warc.gz"
    parts = (record("http://a.example/one.html"), record("http://a.example/bomb.html", bytes(8_000_000)))
    source.write_bytes(b"".join(gzip.compress(part) for part in parts))
    monkeypatch.setattr(capture_sources, "MAX_FILE_BYTES", 1_000)
    monkeypatch.setattr(capture_sources, "MAX_SECONDS", 3)
    ticks = count()
    monkeypatch.setattr(capture_sources.time, "monotonic", lambda: next(ticks))
    with pytest.raises(CaptureRefused):
        keys_of(source)
    assert next(ticks) < 20


def test_lying_content_coding_costs_the_page_and_not_the_copy(tmp_path):
    source = tmp_path / "old.warc"
    lies = ("gzip", "deflate", "br")
    source.write_bytes(
        record("http://a.example/one.html")
        + b"".join(
            record(f"http://a.example/{each}.html", b"\x1f\x8b\x08x", headers=f"Content-Encoding: {each}\r\n")
            for each in lies
        )
    )
    assert keys_of(source)[0] == "one.html"


def test_folder_with_pipes_links_and_endless_folders_is_read_to_its_end(tmp_path):
    root = tmp_path / "former"
    root.mkdir()
    (root / "one.html").write_bytes(PAGE)
    os.mkfifo(root / "pipe.html")
    (root / "link.html").symlink_to("/etc/passwd")
    folder = root
    for _level in range(60):
        folder = folder / "deepdeepdeep"
    folder.mkdir(parents=True)
    (folder / "two.html").write_bytes(PAGE)
    found = {entry.key: entry.data for entry in open_copy(root, "http://a.example").entries()}
    assert found == {"one.html": PAGE, "pipe.html": None, "link.html": None}

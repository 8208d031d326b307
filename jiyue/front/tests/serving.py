"""The embedded server and nginx, run for real on loopback."""

import http.client
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiyue.front.nginx import NginxOptions, nginx_config
from jiyue.front.sites import SiteRoute
from tests.plumbing.processes import end
from tests.plumbing.services import ROOT, require_service

CITY, COUNTY = "city.example.cn", "county.example.cn"
START_SECONDS = 60  # longer than the slowest start seen on a busy machine
NGINX_MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/jiyue.conf;
}}
"""
MAKE_INBOX = """
import django
django.setup()
from django.db import connection
from jiyue.core.models import InboxSubmission
with connection.schema_editor() as editor:
    editor.create_model(InboxSubmission)
"""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """Where one of the two servers listens."""

    name: str
    port: int

    def ask(
        self, path: str, *, host: str = CITY, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Reply:
        """Send a request exactly as written, without tidying the path."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            names = [name.lower() for name, _value in response.getheaders()]
            # nginx sets the headers of the file and then those of its own answer.
            is_twice = len(names) != len(set(names)) and response.status != 416
            assert not is_twice, f"a header twice: {names}"
            content = response.read()
            return Reply(
                response.status, {name.lower(): value for name, value in response.getheaders()}, content
            )


@contextmanager
def running(
    command: list[str], port: int, log: Path, env: dict[str, str] | None = None, *, address: str = "127.0.0.1"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, in a process group of its own, until the block ends; wait for its port first."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=env, cwd=ROOT, start_new_session=True
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                with closing(socket.socket(family)) as probe:
                    if probe.connect_ex((address, port)) == 0:
                        break
                time.sleep(0.05)
            yield process
        finally:
            end(process)


def stored_submissions(folder: Path) -> list[tuple[str, str]]:
    """Return topic and site of every row in the inbox file."""
    with closing(sqlite3.connect(folder / "inbox.sqlite3")) as database:
        return database.execute("SELECT topic, site_key FROM core_inboxsubmission").fetchall()


@dataclass(frozen=True)
class Installation:
    """A published output folder with a public process and nginx before it."""

    folder: Path
    embedded: Server
    nginx: Server

    @property
    def output(self) -> Path:
        return self.folder / "public"

    def submissions(self) -> list[tuple[str, str]]:
        return stored_submissions(self.folder)


def front_environment(folder: Path) -> dict[str, str]:
    """Return what the public process is told: nothing of the main database."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("JIYUE_")},
        "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front",
        "JIYUE_DATA_DIR": str(folder),
        "JIYUE_FRONT_SECRET_KEY": "only-for-tests",
        "JIYUE_COOKIE_SECURE": "false",
    }


def start_nginx(
    folder: Path, routes: list[SiteRoute], port: int, upstream: int | None, **options: Any
) -> list[str]:
    """Write nginx's configuration and return its command line.

    Args:
        folder: Nginx's own; the published files lie beside it.
        routes: The sites.
        port: Where it listens at 127.0.0.1, unless `http_listen` is given.
        upstream: Port of the public process; None for a mirror.
        options: Other fields of `NginxOptions`.
    """
    folder.mkdir(exist_ok=True)
    chosen = {
        "output_dir": folder.parent / "public",
        "http_listen": f"127.0.0.1:{port}",
        "log_dir": folder,
        "upstreams": (f"127.0.0.1:{upstream}",) if upstream else (),
        **options,
    }
    return nginx_command(folder, nginx_config(routes, NginxOptions(**chosen)))


def nginx_command(folder: Path, config: str) -> list[str]:
    """Put a configuration where nginx of this folder reads it; return its command line."""
    program = require_service("nginx")
    folder.mkdir(exist_ok=True)
    (folder / "jiyue.conf").write_text(config, encoding="utf-8")
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX_MAIN.format(folder=folder, user=user), encoding="utf-8")
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]

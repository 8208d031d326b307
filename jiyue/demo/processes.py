"""The processes of a small installation on one machine: sites, back office, worker."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from jiyue.core import inbox
from jiyue.core.errors import DomainError
from jiyue.front.server import serve_command

HOST = "127.0.0.1"
LOCK_NAME = "running.lock"
START_SECONDS = 30  # how long a server may take to answer
STOP_SECONDS = 10  # how long a process may take to finish its work
STAFF_THREADS = 4
STAFF_ONLY_SETTINGS = frozenset(
    {
        "JIYUE_SECRET_KEY",
        "JIYUE_SECRET_KEY_FILE",
        "JIYUE_DATABASE_URL",
        "JIYUE_DEMO_PASSWORD",
        "JIYUE_BACKUP_PASSPHRASE",
        "JIYUE_METRICS_TOKEN",
    }
)


class PortTaken(DomainError):
    code = "port_taken"


class ProcessDied(DomainError):
    code = "process_died"


class AlreadyRunning(DomainError):
    code = "demo_already_running"


@dataclass(frozen=True)
class Part:
    """One process: what it is called, how it starts, where it listens, what it may know."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int | None = None


def back_office(*, port: int, static: Path) -> Part:
    """Describe the staff process; granian itself serves the shell's own files."""
    command = (
        *(sys.executable, "-m", "granian", "--interface=wsgi", "--no-ws", "--log-level=warning"),
        *(f"--host={HOST}", f"--port={port}", "--workers=1", f"--blocking-threads={STAFF_THREADS}"),
        *("--static-path-route=/static", f"--static-path-mount={static}"),
        "jiyue.config.wsgi_backoffice:application",
    )
    address = {"JIYUE_BACKOFFICE_URL": back_office_address(port)}
    return Part("back office", command, {**_staff_environment(), **address}, port)


def back_office_address(port: int) -> str:
    """Address of the back office; passkeys need a name, browsers bind none to an IP address."""
    return f"http://localhost:{port}"


def worker() -> Part:
    """Describe the worker process."""
    return Part("worker", (sys.executable, "-m", "jiyue", "worker"), _staff_environment())


def watch() -> Part:
    """Describe the watch over the published files."""
    return Part("watch", (sys.executable, "-m", "jiyue", "watch"), _staff_environment())


def public_site(name: str, port: int) -> Part:
    """Describe the public process of one site: it gets the front's secret and no other.

    Its key folder holds the public half of the inbox key only.
    """
    keys = Path(settings.DATA_DIR) / "public-keys"
    keys.mkdir(exist_ok=True)
    public_half = f"{inbox.KEY_NAME}.pub"
    shutil.copyfile(Path(settings.JIYUE_KEY_DIR) / public_half, keys / public_half)
    environment = {name: value for name, value in os.environ.items() if name not in STAFF_ONLY_SETTINGS} | {
        "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front",
        "JIYUE_KEY_DIR": str(keys),
    }
    return Part(name, tuple(serve_command(port=port, host=HOST)), environment, port)


def _staff_environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.backoffice"}


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Keep a second demonstration out of a data folder for as long as the first one lives.

    Raises:
        AlreadyRunning: Another process loads or serves the folder's city.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                _("The demonstration city of this folder is running already."),
                fix=_("Use it as it is, or stop it with Ctrl+C in its window first."),
            ) from None
        yield


def require_free_ports(ports: Iterable[int]) -> None:
    """Refuse to start when somebody else listens on one of the ports.

    Raises:
        PortTaken: Naming the port.
    """
    for port in ports:
        if _is_listening(port):
            raise PortTaken(
                _("Port %(port)s is in use by another program.") % {"port": port},
                fix=_("Stop that program, or load the city for others: JIYUE_DEMO_PORT=8500 make demo-reset"),
            )


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


class Supervisor:
    """Starts the parts, waits until they answer, and takes them all down together."""

    def __init__(self, parts: list[Part]):
        self._parts = parts
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        self._is_stopping = False

    def start(self) -> None:
        """Start every part and wait until the servers answer.

        Raises:
            PortTaken, ProcessDied.
        """
        require_free_ports(part.port for part in self._parts if part.port)
        for part in self._parts:
            process = subprocess.Popen(part.command, env=part.environment, start_new_session=True)  # noqa: S603  # our own commands
            self._running.append((part, process))
        deadline = time.monotonic() + START_SECONDS
        for part, process in self._running:
            while part.port and not _is_listening(part.port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ProcessDied(
                        _("%(name)s did not start.") % {"name": part.name},
                        fix=_("Look at the messages above."),
                    )
                time.sleep(0.05)

    def wait(self) -> None:
        """Run until SIGINT or SIGTERM, or until a part dies.

        Raises:
            ProcessDied: Naming the part.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        while not self._is_stopping:
            for part, process in self._running:
                if process.poll() is not None:
                    raise ProcessDied(
                        _("%(name)s stopped by itself.") % {"name": part.name},
                        fix=_("Look at the messages above and start again."),
                    )
            time.sleep(0.2)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True

    def stop(self) -> None:
        """Ask every part to finish; end those that don't."""
        for _part, process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for _part, process in self._running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()

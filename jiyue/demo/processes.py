"""The processes of a small installation on one machine: sites, back office, worker."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError

HOST = "127.0.0.1"
START_SECONDS = 30  # how long a server may take to answer
STOP_SECONDS = 10  # how long a process may take to finish its work


class PortTaken(DomainError):
    code = "port_taken"


class ProcessDied(DomainError):
    code = "process_died"


@dataclass(frozen=True)
class Part:
    """One process: what it is called, how it starts, where it listens."""

    name: str
    command: tuple[str, ...]
    port: int | None = None


def server(name: str, application: str, port: int, *, static: Path | None = None, threads: int = 4) -> Part:
    """Describe a granian process for a WSGI application."""
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", HOST, "--port", str(port), "--workers", "1", "--blocking-threads", str(threads)),
    ]
    if static:
        command += ["--static-path-route", "/static", "--static-path-mount", str(static)]
    return Part(name, (*command, application), port)


def worker() -> Part:
    """Describe the worker process."""
    return Part("worker", (sys.executable, "-m", "jiyue", "worker"))


def require_free_ports(parts: list[Part]) -> None:
    """Refuse to start when somebody else listens on one of the ports.

    Raises:
        PortTaken: Naming the port.
    """
    for part in parts:
        if part.port and _is_listening(part.port):
            raise PortTaken(
                _("Port %(port)s is in use by another program.") % {"port": part.port},
                fix=_("Stop that program, or choose other ports with JIYUE_DEMO_PORT."),
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
        require_free_ports(self._parts)
        for part in self._parts:
            process = subprocess.Popen(part.command, env=os.environ.copy(), start_new_session=True)  # noqa: S603  # our own commands
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

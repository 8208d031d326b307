"""A real cache of the tests: an HTTP server that records what it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.plumbing.processes import join


@dataclass
class Recorder:
    """What the server heard, and what it answers.

    Attributes:
        calls: Method, path, headers and JSON body of every call, in order.
        status: Status of the answers.
        location: Where it sends callers, if anywhere.
    """

    url: str = ""
    calls: list[tuple[str, str, dict[str, str], object]] = field(default_factory=list)
    status: int = 204
    location: str = ""


@contextmanager
def listening(recorder: Recorder, port: int = 0) -> Iterator[ThreadingHTTPServer]:
    """Run the server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard = json.loads(body) if body else None
            recorder.calls.append((self.command, self.path, dict(self.headers), heard))
            self.send_response(recorder.status)
            if recorder.location:
                self.send_header("Location", recorder.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Stay silent."""

    for method in ("GET", "POST", "PURGE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        join(thread)

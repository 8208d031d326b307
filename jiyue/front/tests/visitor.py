"""A visitor of the public process, without a network in between."""

import html
import json
import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode
from wsgiref.util import setup_testing_defaults

from jiyue.front.tests.factories import CITY_PORT
from jiyue.front.wsgi import FrontApplication


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field of the form on the page."""
        match = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert match, f"no field {name} in {self.text}"
        return html.unescape(match.group(1))


@dataclass
class Visitor:
    """Sends requests straight to the application and keeps its cookies."""

    application: FrontApplication
    host: str = f"127.0.0.1:{CITY_PORT}"
    port: int = CITY_PORT
    address: str = "192.0.2.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, data: dict[str, str], **headers: str) -> Answer:
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return self.request("POST", path, urlencode(data).encode(), **headers)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request; header names are written with underscores."""
        address, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(address).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_PORT": str(self.port),
            "HTTP_HOST": self.host,
            "REMOTE_ADDR": self.address,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        setup_testing_defaults(environ)
        if self.cookies:
            environ["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for name, value in headers.items():
            key = name.upper()
            environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
        return self._send(environ)

    def _send(self, environ: dict[str, Any]) -> Answer:
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        pieces = self.application(environ, lambda status, headers, *rest: seen.append((status, headers)))
        body = b"".join(pieces)
        if hasattr(pieces, "close"):
            pieces.close()
        status, headers = seen[-1]
        for name, value in headers:
            if name == "Set-Cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        names = [name.lower() for name, _value in headers if name != "Set-Cookie"]
        assert len(names) == len(set(names)), f"a header twice: {names}"
        return Answer(int(status[:3]), {name.lower(): value for name, value in headers}, body)

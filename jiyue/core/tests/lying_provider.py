"""An OpenID Connect provider in a thread, which lies as a test tells it to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from jiyue.core import clock
from jiyue.core.openid import OpenIDProvider, ProviderSettings
from tests.plumbing.processes import join

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


class LyingProvider:
    """What it answers; tests change it before they ask.

    Attributes:
        claims: Added to an honest token, or taken out of it where None.
        header: Added to the token's header.
        key: What it signs with.
        metadata: Added to its description.
        pause_seconds: How long it makes people wait.
        padding: Bytes that it adds to its description.
    """

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.key = KEY
        self.published = [KEY]
        self.metadata: dict[str, Any] = {}
        self.pause_seconds = 0.0
        self.padding = 0
        self.status = 200
        self.asked: list[str] = []

    def client(self, **values: Any) -> OpenIDProvider:
        """Our client of it."""
        defaults = {"key": "lies", "label": "谎言", "issuer": self.issuer, "client_id": "jiyue"}
        return OpenIDProvider(ProviderSettings(**{**defaults, **values}))

    def description(self) -> dict[str, Any]:
        """The discovery document."""
        honest = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return honest | self.metadata | {"padding": "x" * self.padding}

    def token(self) -> str:
        """An ID token, honest but for what the test changed."""
        now = int(clock.now().timestamp())
        honest = {
            "iss": self.issuer,
            "sub": "s1",
            "aud": "jiyue",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
        }
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        header = {"alg": "RS256", "kid": "k1"} | self.header
        return jwt.encode(header, claims, self.key, algorithms=["RS256", "HS256", "none"])

    def answer(self, path: str) -> object:
        """What a path answers."""
        self.asked.append(path)
        if path.endswith("openid-configuration"):
            return self.description()
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.published]}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.token()}


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """Run one on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            time.sleep(liar.pause_seconds)
            body = json.dumps(liar.answer(self.path)).encode()
            self.send_response(liar.status)
            self.send_header("Content-Length", str(len(body)))
            if liar.status == 302:
                self.send_header("Location", f"{liar.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar = LyingProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        join(thread)

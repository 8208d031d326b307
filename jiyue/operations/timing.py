"""Every request of the staff process gets a number, and its duration is counted and logged.

The number stands in every log line of the request and in the answer's
`X-Request-ID`, so that "it failed at nine" leads to the lines. Nothing of what
a person typed is logged: the name of the address, never the address itself.

Source: GL 七(二)1 (SEC-14).
"""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram

from jiyue.core.logs import REQUEST_ID

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
SLOW_MS = 1_000  # a request that takes longer is worth a warning
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds
REGISTRY = CollectorRegistry()  # of this process alone; nothing of the library's own
REQUESTS = Histogram(
    "jiyue_request_seconds",
    "Duration of requests of the staff process.",
    ["view", "status"],
    registry=REGISTRY,
    buckets=_BUCKETS,
)


class RequestTimer:
    """Numbers, times and logs every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(8)
        token = REQUEST_ID.set(number)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            _note(request, response.status_code, time.monotonic() - started)
        finally:
            REQUEST_ID.reset(token)
        response[HEADER] = number
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    view = (match.view_name or "unnamed") if match else "unknown"
    REQUESTS.labels(view, f"{status // 100}xx").observe(seconds)
    milliseconds = round(seconds * 1000)
    level = logging.WARNING if milliseconds > SLOW_MS else logging.INFO
    facts = {"view": view, "method": request.method, "status_code": status, "duration_ms": milliseconds}
    logger.log(level, "request.done", extra=facts)

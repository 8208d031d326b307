"""Addresses for supervisors and Prometheus, of the staff process alone; nobody signs in for them."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from jiyue.core.transport import is_loopback
from jiyue.operations.health import check_backoffice, is_ready
from jiyue.operations.metrics import render_metrics

_FORWARDED = (
    "HTTP_X_REAL_IP",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_PROTO",
)
_SCHEME = "Bearer "


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's call
    """The process answers; nothing else is asked."""
    return JsonResponse({"live": True})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's call
    """Names of the checks and whether each is met; 503 when one isn't."""
    checks = check_backoffice()
    is_good = is_ready(checks)
    return JsonResponse({"ready": is_good, "checks": checks}, status=200 if is_good else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures, for whoever holds the token; without one configured, for this machine only."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = str(settings.JIYUE_METRICS_TOKEN)
    if token:
        sent = request.META.get("HTTP_AUTHORIZATION", "")
        return hmac.compare_digest(sent.encode(), f"{_SCHEME}{token}".encode())
    # Behind a proxy every peer may look like this machine: whatever was passed on isn't from here.
    is_passed_on = any(name in request.META for name in _FORWARDED)
    return not is_passed_on and is_loopback(request.META.get("REMOTE_ADDR", "") or "unknown")

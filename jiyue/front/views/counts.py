"""How often a page was read: counted and told, without a trace of the reader."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jiyue.front.referrers import referring_host
from jiyue.front.view_counts import COUNTER
from jiyue.front.wsgi import is_own_host, site_of
from jiyue.interaction import view_totals


@never_cache
@require_safe
def views(request: HttpRequest, resource_id: str) -> JsonResponse:
    """Count one view of a resource and tell the total (PUB-14).

    Only a page of the site itself counts, not a prefetch and not another
    website. No cookie is set and no address is kept. Which website sent the
    reader (PUB-20) is summed apart from what was read, and not at all where
    the browser asks not to be followed.
    """
    number = int(resource_id)
    if _is_reader(request):
        COUNTER.add(number)
        _count_referral(request)
    return JsonResponse({"views": view_totals.read(number) + COUNTER.pending(number)})


def _count_referral(request: HttpRequest) -> None:
    sender = request.GET.get("from", "")
    if not sender or _wants_no_traces(request) or is_own_host(request, sender):
        return
    host = referring_host(sender)
    if host is not None:
        COUNTER.add_referral(site_of(request).key, host)


def _wants_no_traces(request: HttpRequest) -> bool:
    return "1" in (request.headers.get("DNT"), request.headers.get("Sec-GPC"))


def _is_reader(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        and "Sec-Purpose" not in request.headers
    )

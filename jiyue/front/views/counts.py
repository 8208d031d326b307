"""How often a page was read: counted and told, without a trace of the reader."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jiyue.front.view_counts import COUNTER
from jiyue.interaction import view_totals


@never_cache
@require_safe
def views(request: HttpRequest, resource_id: str) -> JsonResponse:
    """Count one view of a resource and tell the total (PUB-14).

    Only a page of the site itself counts, not a prefetch and not another
    website. No cookie is set and no address is kept.
    """
    number = int(resource_id)
    if _is_reader(request):
        COUNTER.add(number)
    return JsonResponse({"views": view_totals.read(number) + COUNTER.pending(number)})


def _is_reader(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        and "Sec-Purpose" not in request.headers
    )

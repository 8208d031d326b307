"""Pages for what goes wrong inside Django, in the look of the site."""

from django.http import HttpRequest, HttpResponse

from jiyue.front import messages
from jiyue.front.wsgi import site_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's call
    """Answer what can't be understood: status 400."""
    return HttpResponse(messages.bad_request(site_of(request)), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's call
    """Answer an address without a page: status 404."""
    return HttpResponse(messages.not_found(site_of(request)), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours, which Django has logged: status 500."""
    return HttpResponse(messages.out_of_order(site_of(request)), status=500)

"""What every request of the staff process carries into the services below."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from jiyue.core import audit


class AuditAddress:
    """Lets the audit trail know from where the person acts (SEC-11)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.acting_from(request.META.get("REMOTE_ADDR", "")):
            return self.get_response(request)

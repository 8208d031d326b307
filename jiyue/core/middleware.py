"""What every request of the staff process carries into the services below."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jiyue.core import audit, virus_scan
from jiyue.core.addresses import client_address


class AuditAddress:
    """Lets views and the audit trail know from where the person acts (SEC-08, SEC-11).

    Behind one of `JIYUE_TRUSTED_PROXIES` that is the address which the proxy
    names; from here on `REMOTE_ADDR` is the real one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = client_address(
            str(request.META.get("REMOTE_ADDR", "")),
            str(request.META.get("HTTP_X_REAL_IP", "")),
            trusted=settings.JIYUE_TRUSTED_PROXIES,
        )
        request.META["REMOTE_ADDR"] = address
        with audit.acting_from(address), virus_scan.recording_afterwards():
            return self.get_response(request)

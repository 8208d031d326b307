"""The tamper watch: signed state and last comparison of each site, and what was found."""

from typing import ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.publishing.integrity.models import TamperState
from jiyue.publishing.integrity.selectors import list_events, list_site_integrity, open_events, running_watch
from jiyue.publishing.integrity.services import (
    INTEGRITY_ROLES,
    list_watched_sites,
    request_sweep,
    sweep_refusal,
)


class IntegrityView(StaffView):
    """The sites a person answers for with their signed state, and the events, the newest first."""

    roles: ClassVar = INTEGRITY_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the sites and one page of events."""
        is_open = request.GET.get("show") == TamperState.OPEN
        sites = list_watched_sites(self.account)
        waiting = open_events().filter(site__in=sites.order_by())
        events = waiting if is_open else list_events().filter(site__in=sites.order_by())
        page = Paginator(events, LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "sites": list_site_integrity(sites),
            "watch": running_watch(),
            "page": page,
            "is_open": is_open,
            "open_count": waiting.count(),
            "refusal": sweep_refusal(self.account),
        }
        return self.page("integrity.html", context)


class IntegritySweepView(StaffView):
    """Having all files of a site compared now."""

    roles: ClassVar = INTEGRITY_ROLES

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the board: where a renewed sign-in comes back to."""
        return redirect("backoffice:integrity")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the watch for it."""
        site = get_object_or_404(list_watched_sites(self.account), pk=pk)
        try:
            request_sweep(site=site, actor=self.account)
        except DomainError as refusal:
            messages.error(request, f"{refusal.message} {refusal.fix}")
        else:
            messages.success(
                request,
                _("All files of “%(site)s” are compared now; the result appears here.") % {"site": site.name},
            )
        return redirect("backoffice:integrity")

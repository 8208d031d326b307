"""Pages of former sites: what was taken in, where the proposal stands, withdrawing a single page."""

from typing import ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.site_keeping import ReasonForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.library.permissions import WITHDRAWING_ROLES
from jiyue.organizations.enums import StaffRole
from jiyue.publishing.webarchive.capture_keeping import (
    list_seen_captures,
    withdraw_captured,
    withdrawal_refusal,
)
from jiyue.publishing.webarchive.captured import address_of
from jiyue.publishing.webarchive.models import CapturedPage
from jiyue.sites.keeping import KEEPER_ROLES


class CapturesView(StaffView):
    """Base: only captures of sites that the person looks after or withdraws from exist."""

    roles: ClassVar = KEEPER_ROLES | WITHDRAWING_ROLES | {StaffRole.PLATFORM_MANAGER}


class CaptureListView(CapturesView):
    """Captures, the newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of them."""
        page = Paginator(list_seen_captures(self.account), LIST_SIZE).get_page(request.GET.get("page"))
        return self.page("webarchive_captures.html", {"page": page})


class CaptureView(CapturesView):
    """One capture with its pages."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one page of them."""
        capture = get_object_or_404(list_seen_captures(self.account), pk=pk)
        page = Paginator(capture.pages.order_by("pk"), LIST_SIZE).get_page(request.GET.get("page"))
        return self.page("webarchive_capture.html", {"capture": capture, "page": page})


class CapturedPageView(CapturesView):
    """The words of one page, and its withdrawal."""

    @cached_property
    def captured(self) -> CapturedPage:
        """The page in the address, or 404."""
        rows = CapturedPage.objects.filter(capture__in=list_seen_captures(self.account).order_by())
        return get_object_or_404(rows.select_related("capture__change", "site"), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._show(ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Withdraw it."""
        page, form = self.captured, ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        try:
            withdraw_captured(page=page, reason=form.cleaned_data["reason"], actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._show(form)
        messages.success(request, _("Withdrawn. The page goes off the site now."))
        return redirect("backoffice:webarchive_page", pk)

    def _show(self, form: ReasonForm) -> HttpResponse:
        page = self.captured
        context = {
            "captured": page,
            "form": form,
            "address": f"{page.site.base_url.rstrip('/')}{address_of(page.path)}",
            "refusal": withdrawal_refusal(page, self.account),
        }
        return self.page("webarchive_page.html", context)

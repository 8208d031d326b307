"""What citizens sent: correction reports and comments, to read."""

from abc import ABC, abstractmethod
from typing import ClassVar

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.selectors import LIST_SIZE, get_resource_at
from jiyue.interaction.models import CitizenMessage, CorrectionReport
from jiyue.interaction.selectors import list_citizen_messages, list_correction_reports


class _CitizenInputView(StaffView, ABC):
    """What both lists share."""

    heading: ClassVar[Promise]
    list_name: ClassVar[str]
    detail_name: ClassVar[str]

    @abstractmethod
    def visible(self) -> QuerySet[CorrectionReport] | QuerySet[CitizenMessage]:
        """What exists for this account."""

    def list_page(self) -> HttpResponse:
        """Show one page of the list."""
        page = Paginator(self.visible(), LIST_SIZE).get_page(self.request.GET.get("page"))
        context = {"page": page, "heading": self.heading, "detail_name": self.detail_name}
        return self.page("citizen_list.html", context)

    def detail_page(self, pk: int) -> HttpResponse:
        """Show one of them."""
        row = get_object_or_404(self.visible(), pk=pk)
        address = f"{row.site.base_url.rstrip('/')}/{row.page_url.lstrip('/')}" if row.page_url else ""
        context = {"row": row, "heading": self.heading, "list_name": self.list_name, "address": address}
        context["resource"] = get_resource_at(self.account, row.site_id, row.page_url)
        return self.page("citizen_detail.html", context)


class _Reports(_CitizenInputView):
    heading = _("Correction reports")
    list_name = "backoffice:report_list"
    detail_name = "backoffice:report_detail"

    def visible(self) -> QuerySet[CorrectionReport]:
        """Reports on the sites of the account's units."""
        return list_correction_reports(self.account)


class _Comments(_CitizenInputView):
    heading = _("Comments")
    list_name = "backoffice:comment_list"
    detail_name = "backoffice:comment_detail"

    def visible(self) -> QuerySet[CitizenMessage]:
        """Comments on pages of the sites of the account's units."""
        return list_citizen_messages(self.account)


class ReportListView(_Reports):
    """Reports of errors."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        return self.list_page()


class ReportDetailView(_Reports):
    """One report."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.detail_page(pk)


class CommentListView(_Comments):
    """Comments on pages."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        return self.list_page()


class CommentDetailView(_Comments):
    """One comment."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.detail_page(pk)

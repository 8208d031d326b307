"""The web archive: what is in it, proposing more, proposing to take something out."""

from typing import ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.site_keeping import ArchiveForm, ReasonForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.publishing.webarchive.models import ArchiveMark
from jiyue.publishing.webarchive.selectors import list_marks
from jiyue.publishing.webarchive.services import (
    name_of,
    propose_archiving,
    propose_restoring,
    restoring_refusal,
)
from jiyue.sites.keeping import KEEPER_ROLES, list_kept_sites
from jiyue.sites.models import Site


class SiteKeeperView(StaffView):
    """Base: only the sites that the person looks after exist."""

    roles: ClassVar = KEEPER_ROLES | {StaffRole.PLATFORM_MANAGER}

    @cached_property
    def sites(self) -> QuerySet[Site]:
        """Those sites."""
        return list_kept_sites(self.account)


class ArchiveListView(SiteKeeperView):
    """Marks of the own sites."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page, active ones first."""
        marks = list_marks(list(self.sites.values_list("pk", flat=True)))
        page = Paginator(marks, LIST_SIZE).get_page(request.GET.get("page"))
        rows = [(mark, name_of(mark), _address_of(mark)) for mark in page.object_list]
        return self.page("webarchive_list.html", {"page": page, "rows": rows})


def _address_of(mark: ArchiveMark) -> str:
    base = mark.site.base_url.rstrip("/")
    if mark.placement is not None:
        return f"{base}/{mark.placement.path}"
    return f"{base}/{mark.channel.path}/" if mark.channel is not None else f"{base}/"


class ArchiveProposeView(SiteKeeperView):
    """Proposing a site, a channel or pages."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        first = self.sites.first()
        return self._form(ArchiveForm(sites=self.sites, initial={"site": first and first.pk}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose it."""
        form = ArchiveForm(request.POST, sites=self.sites)
        if not form.is_valid():
            return self._form(form)
        try:
            propose_archiving(target=form.target(), reason=form.cleaned_data["reason"], actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._form(form)
        messages.success(request, _("Proposed. A platform manager of the site decides."))
        return redirect("backoffice:webarchive_list")

    def _form(self, form: ArchiveForm) -> HttpResponse:
        return self.page("webarchive_form.html", {"form": form})


class ArchiveRestoreView(SiteKeeperView):
    """Proposing to take something out of the archive."""

    @cached_property
    def mark(self) -> ArchiveMark:
        """The mark in the address, or 404."""
        rows = ArchiveMark.objects.filter(site__in=self.sites)
        rows = rows.select_related("site", "channel", "placement__resource")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form(ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose it."""
        mark, form = self.mark, ReasonForm(request.POST)
        if not form.is_valid():
            return self._form(form)
        try:
            propose_restoring(mark=mark, reason=form.cleaned_data["reason"], actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._form(form)
        messages.success(request, _("Proposed. A platform manager of the site decides."))
        return redirect("backoffice:webarchive_list")

    def _form(self, form: ReasonForm) -> HttpResponse:
        context = {
            "form": form,
            "mark": self.mark,
            "name": name_of(self.mark),
            "refusal": restoring_refusal(self.mark),
        }
        return self.page("webarchive_restore.html", context)

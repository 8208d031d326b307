"""Changes of personnel: the list for the unit and for the unit above, and one filing."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.people import PeopleFilterForm, ReasonForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.people import PeopleView
from jiyue.core.errors import DomainError
from jiyue.organizations.models import PersonnelChangeFiling
from jiyue.organizations.selectors.people import list_filings, list_responsible_persons
from jiyue.organizations.services.filings import waive_successor, waiver_refusal


class RegisterView(PeopleView):
    """The register of responsible persons: who holds which role today."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = PeopleFilterForm(request.GET or None, units=self.visible_units())
        filters = form.filters()
        rows = list_responsible_persons(self.visible_unit_ids)
        if filters.unit_id is not None:
            rows = rows.filter(unit=filters.unit_id)
        if filters.role:
            rows = rows.filter(role=filters.role)
        for part in filters.words.split():
            rows = rows.filter(person__name__icontains=part)
        page = Paginator(rows, LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "form": form,
            "fields": [form[name] for name in ("q", "unit", "role")],
            "page": page,
            "administered": self.administered_unit_ids,
            "is_administrator": self.is_administrator,
        }
        return self.page("people_register.html", context)


class FilingListView(PeopleView):
    """Changes in the own units, and those filed with them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list; open ones alone on request."""
        rows = list_filings(self.visible_unit_ids)
        is_open_only = request.GET.get("open") == "1"
        if is_open_only:
            rows = rows.filter(completed_at=None)
        page = Paginator(rows, LIST_SIZE).get_page(request.GET.get("page"))
        return self.page("filing_list.html", {"page": page, "is_open_only": is_open_only})


class FilingView(PeopleView):
    """One change of personnel."""

    @cached_property
    def filing(self) -> PersonnelChangeFiling:
        """The filing; of other units none exists."""
        return get_object_or_404(list_filings(self.visible_unit_ids), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Declare that nobody follows."""
        form, filing = ReasonForm(request.POST), self.filing
        if not form.is_valid():
            return self._page(form)
        try:
            waive_successor(filing=filing, reason=form.cleaned_data["reason"], actor=self.actor)
        except DomainError as error:
            add_refusal(form, error)
            return self._page(form)
        messages.success(request, _("Recorded: nobody follows in this role."))
        return redirect("backoffice:filing_detail", pk)

    def _page(self, form: forms.Form) -> HttpResponse:
        context = {
            "form": form,
            "filing": self.filing,
            "may_waive": waiver_refusal(self.filing, self.actor) is None,
            "may_assign": self.filing.unit_id in self.administered_unit_ids,
        }
        return self.page("filing_detail.html", context)

"""Many people at once: tables out and in, and ending several roles together."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.access import AdministratorView
from jiyue.backoffice.forms.people import EndForm, TableForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.numbers import read_keys
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.models import UnitRole
from jiyue.organizations.registers.xlsx import MIME_TYPE, write_rows
from jiyue.organizations.services.people_tables import COLUMNS, end_roles, export_people, import_people

MAX_AT_ONCE = 200  # roles of one bulk action: a few seconds


def _attachment(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=MIME_TYPE)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


class PeopleExportView(AdministratorView):
    """The register of the administered units as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Send the table, or an empty one to fill in."""
        if "empty" in request.GET:
            return _attachment(write_rows(_("Responsible persons"), COLUMNS, []), "people-empty.xlsx")
        data = export_people(actor=self.account, unit_ids=self.administered_unit_ids)
        return _attachment(data, "people.xlsx")


class PeopleImportView(AdministratorView):
    """A table of people and roles."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page("people_import.html", {"form": TableForm(), "columns": COLUMNS})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Import everything, or show what is wrong row by row."""
        form = TableForm(request.POST, request.FILES)
        context: dict[str, Any] = {"form": form, "columns": COLUMNS}
        if form.is_valid():
            try:
                data = read_upload(form.cleaned_data["file"])
                report = import_people(data=data, actor=self.account)
            except DomainError as error:
                add_refusal(form, error)
            else:
                context["report"] = report
        return self.page("people_import.html", context)


class RolesEndView(AdministratorView):
    """Ending several chosen roles together."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what would end; roles of other units don't exist."""
        return self._page(EndForm(), read_keys(request.GET.getlist("id")))

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them one by one and say what became of each."""
        form, ids = EndForm(request.POST), read_keys(request.POST.getlist("id"))
        roles = self._roles(ids)
        if not form.is_valid() or not roles:
            return self._page(form, ids)
        data = form.cleaned_data
        outcomes = end_roles(roles=roles, ends_on=data["ends_on"], reason=data["reason"], actor=self.actor)
        refused = [outcome for outcome in outcomes if outcome.refusal]
        count = len(outcomes) - len(refused)
        text = ngettext(
            "%(count)d role ends; the change is filed.",
            "%(count)d roles end; the changes are filed.",
            count,
        )
        messages.success(request, text % {"count": count})
        if not refused:
            return redirect("backoffice:filing_list")
        return self.page("people_bulk.html", {"outcomes": refused, "form": None})

    def _roles(self, ids: list[int]) -> list[UnitRole]:
        roles = UnitRole.objects.filter(pk__in=ids[:MAX_AT_ONCE], unit__in=self.administered_unit_ids)
        return list(roles.select_related("person", "unit").order_by("unit__path", "pk"))

    def _page(self, form: EndForm, ids: list[int]) -> HttpResponse:
        return self.page("people_bulk.html", {"form": form, "roles": self._roles(ids)})

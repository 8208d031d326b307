"""Units as .xlsx: the own subtree out, new units in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.units import UnitFileForm
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.registers.xlsx import MIME_TYPE
from jiyue.organizations.services.unit_tables import COLUMNS, ImportReport, export_units, import_units


class UnitExportView(UnitManagerView):
    """The units of the own subtree as a table; the export is recorded."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the tree: where a renewed sign-in comes back to."""
        return redirect("backoffice:unit_list")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the file."""
        answer = HttpResponse(export_units(actor=self.account), content_type=MIME_TYPE)
        answer["Content-Disposition"] = 'attachment; filename="units.xlsx"'
        return answer


class UnitImportView(UnitManagerView):
    """New units from a table: all of them, or a report of what is wrong."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._form(UnitFileForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Import the file."""
        form = UnitFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._form(form)
        try:
            data = read_upload(form.cleaned_data["file"])
            report = import_units(data=data, actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._form(form)
        if report.errors:
            return self._form(form, report)
        text = ngettext("%(count)d unit was founded.", "%(count)d units were founded.", report.created)
        messages.success(request, text % {"count": report.created})
        return redirect("backoffice:unit_list")

    def _form(self, form: UnitFileForm, report: ImportReport | None = None) -> HttpResponse:
        return self.page("unit_import.html", {"form": form, "report": report, "columns": COLUMNS})

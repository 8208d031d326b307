"""Registers as files: export of what the list shows, import of all rows or none."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import ngettext

from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.registers import RegisterImportForm
from jiyue.backoffice.views.registers import RegisterView
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.registers import selectors
from jiyue.organizations.registers.tables import columns_of, import_rows, record_export, write_register
from jiyue.organizations.registers.xlsx import MAX_ROWS, MIME_TYPE, RowError


class RegisterExportView(RegisterView):
    """The list as an .xlsx file, or an empty one to be filled in."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Send the file."""
        _form, narrowing = self.narrowing()
        entries = selectors.list_entries(self.register, self.actor, narrowing)
        if request.GET.get("empty"):
            entries = entries.none()
        data = write_register(self.register, entries)
        record_export(register=self.register, count=entries.count(), actor=self.actor)
        response = HttpResponse(data, content_type=MIME_TYPE)
        name = f"{self.register.label}-{clock.today():%Y%m%d}.xlsx"
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class RegisterImportView(RegisterView):
    """A table into the register."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the form."""
        self._require_units()
        return self._form_page(RegisterImportForm(), [])

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Enter every row, or none and say why."""
        self._require_units()
        form, errors = RegisterImportForm(request.POST, request.FILES), []
        if form.is_valid():
            try:
                report = import_rows(
                    register=self.register, data=read_upload(form.cleaned_data["file"]), actor=self.actor
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                if not report.errors:
                    text = ngettext(
                        "%(count)d row was entered.", "%(count)d rows were entered.", report.entered
                    )
                    messages.success(request, text % {"count": report.entered})
                    return redirect("backoffice:register_list", self.register.key)
                errors = report.errors
        return self._form_page(form, errors, status=422)

    def _require_units(self) -> None:
        if not self.units:
            raise PermissionDenied

    def _form_page(
        self, form: RegisterImportForm, errors: list[RowError], *, status: int = 200
    ) -> HttpResponse:
        context = {
            "register": self.register,
            "form": form,
            "errors": errors,
            "columns": columns_of(self.register, is_unit_needed=len(self.units) > 1),
            "max_rows": MAX_ROWS,
        }
        return self.page("register_import.html", context, status=status)

"""How the library is used, how published errors were mended, how it fits library standards."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.reuse import StandardFileForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.library.open_intake.conformance import iterate_live, make_report
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.formats import Format, export_items
from jiyue.library.open_intake.importing import import_standard_file
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.standards import Standard, get_standard, read_standards
from jiyue.library.use.analysis import analyse
from jiyue.library.use.models import CorrectionRecord
from jiyue.organizations.enums import EDITING_ROLES
from jiyue.organizations.models import Organization


class _UnitsView(StaffView):
    @cached_property
    def units(self) -> list[Organization]:
        """Units in which the account holds a role."""
        ids = {unit_id for unit_id, _role in self.role_pairs}
        return list(Organization.objects.filter(pk__in=ids).order_by("code"))

    def chosen_unit(self) -> Organization:
        """The unit named in the address, or the first; another unit doesn't exist."""
        wanted = self.request.GET.get("unit") or (str(self.units[0].pk) if self.units else "")
        for unit in self.units:
            if str(unit.pk) == wanted:
                return unit
        raise Http404


class UseView(_UnitsView):
    """Use of one unit's library, and suggestions."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the analysis."""
        found = analyse(self.chosen_unit())
        return self.page("library_use.html", {"found": found, "units": self.units})


class CorrectionRecordListView(_UnitsView):
    """Errors of published items with the time it took to mend them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page, the newest first."""
        records = (
            CorrectionRecord.objects.filter(resource__unit__in=self.units)
            .select_related("resource__unit", "person", "fix__edition")
            .order_by("-pk")
        )
        page = Paginator(records, LIST_SIZE).get_page(request.GET.get("page"))
        rows = [(each, each.fix.fixed_at - each.found_at if hasattr(each, "fix") else None) for each in page]
        return self.page("correction_records.html", {"page": page, "rows": rows})


def _standard(request: HttpRequest) -> Standard:
    try:
        return get_standard(request.GET.get("standard", "gl-core"))
    except LookupError as error:
        raise Http404 from error


class ConformanceView(_UnitsView):
    """How the public items of a unit fit a library standard; a file of it to take in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the report."""
        return self._page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take a file in; each item becomes a draft, a double, or waits in quarantine."""
        if not self._clerk_units:
            raise PermissionDenied
        form = StandardFileForm(request.POST, request.FILES, units=self._clerk_units)
        if form.is_valid():
            try:
                items = self._import(form)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                self._tell(items)
                return redirect("backoffice:quarantine_list")
        return self._page(form)

    @cached_property
    def _clerk_units(self) -> list[Organization]:
        own = {unit_id for unit_id, role in self.role_pairs if role in EDITING_ROLES}
        return [unit for unit in self.units if unit.pk in own]

    def _form(self) -> StandardFileForm:
        return StandardFileForm(units=self._clerk_units)

    def _import(self, form: StandardFileForm) -> list[IntakeItem]:
        values = form.cleaned_data
        return import_standard_file(
            data=read_upload(values["file"]),
            standard=get_standard(values["standard"]),
            form=Format(values["format"]),
            unit=next(unit for unit in self._clerk_units if str(unit.pk) == values["unit"]),
            kind=values["kind"],
            actor=self.account,
        )

    def _tell(self, items: list[IntakeItem]) -> None:
        states = [item.state for item in items]
        taken, waiting = states.count(ItemState.ACCEPTED), states.count(ItemState.QUARANTINED)
        text = ngettext(
            "%(number)d item was taken in as a draft.", "%(number)d items were taken in as drafts.", taken
        )
        rest = _("In quarantine: %(waiting)d; in the library already: %(known)d.")
        counts = {"waiting": waiting, "known": states.count(ItemState.DUPLICATE)}
        messages.success(self.request, f"{text % {'number': taken}} {rest % counts}")

    def _page(self, form: StandardFileForm) -> HttpResponse:
        unit, standard = self.chosen_unit(), _standard(self.request)
        context = {
            "unit": unit,
            "units": self.units,
            "standards": list(read_standards().values()),
            "report": make_report(iterate_live([unit.pk]), standard),
            "form": form if self._clerk_units else None,
        }
        return self.page("conformance.html", context)


class ConformanceExportView(_UnitsView):
    """The public items of a unit in the terms of a library standard."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Send the file piece by piece."""
        unit, standard = self.chosen_unit(), _standard(request)
        form = Format.JSONL if request.GET.get("format") == "jsonl" else Format.XML
        pieces = export_items(iterate_live([unit.pk]), standard, form, account=self.account, unit=unit)
        kinds = {Format.XML: "application/xml", Format.JSONL: "application/x-ndjson"}
        response = StreamingHttpResponse(pieces, content_type=f"{kinds[form]}; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{standard.code}.{form}"'
        return response

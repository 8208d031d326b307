"""Cases dealt with together with co-regulators, and the list of these offices."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.coregulation import CaseForm, CloseForm, MessageForm, RegulatorForm, ShareForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.coregulation.models import CoRegulationCase, CoRegulator, MatterKind, RegulatorKind
from jiyue.organizations.coregulation.selectors import list_co_regulators, list_led_cases, list_visible_cases
from jiyue.organizations.coregulation.services import (
    Attachment,
    close_case,
    open_case,
    register_co_regulator,
    retire_co_regulator,
    share_case,
    write_message,
)
from jiyue.organizations.enums import StaffRole


def _attachment(form: forms.Form) -> Attachment | None:
    """The uploaded file, unless it is larger than a private file may be."""
    upload = form.cleaned_data["attachment"]
    return Attachment(upload.name, read_upload(upload, field="attachment")) if upload else None


class _CaseView(StaffView):
    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER, StaffRole.CO_REGULATION_CONTACT})


class CoCaseListView(_CaseView):
    """Cases the account leads, or that were shared with its office."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        cases = list_visible_cases(self.account)
        is_all = request.GET.get("show") == "all"
        if not is_all:
            cases = cases.filter(closed_at=None)
        page = Paginator(cases, LIST_SIZE).get_page(request.GET.get("page"))
        may_open = StaffRole.PLATFORM_MANAGER in self.role_names
        return self.page("co_case_list.html", {"page": page, "is_all": is_all, "may_open": may_open})


class CoCaseCreateView(UnitManagerView):
    """Opening a case."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        initial = {"unit": self.active_units.filter(pk=self.account.unit_id).first()}
        return self._form(CaseForm(units=self.active_units, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open it and share it."""
        form = CaseForm(request.POST, request.FILES, units=self.active_units)
        case = self.attempt(form, lambda: self._open(form)) if form.is_valid() else None
        if case is None:
            return self._form(form)
        messages.success(request, _("The case was opened."))
        return redirect("backoffice:co_case_detail", case.pk)

    @transaction.atomic
    def _open(self, form: CaseForm) -> CoRegulationCase:
        data = form.cleaned_data
        case = open_case(
            kind=MatterKind(data["kind"]),
            title=data["title"],
            body=data["body"],
            unit=data["unit"],
            attachment=_attachment(form),
            actor=self.account,
        )
        for regulator in data["regulators"]:
            share_case(case=case, regulator=regulator, actor=self.account)
        return case

    def _form(self, form: CaseForm) -> HttpResponse:
        return self.page("co_case_form.html", {"form": form})


class CoCaseDetailView(_CaseView):
    """One case: who takes part, what was said, how it ended."""

    @cached_property
    def case(self) -> CoRegulationCase:
        """The case named in the address, or 404."""
        return get_object_or_404(list_visible_cases(self.account), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a message, share the case, or close it."""
        acts = {"message": self._message, "share": self._share, "close": self._close}
        name = request.POST.get("act", "")
        form = self._forms(name).get(name)
        if form is None or not form.is_valid():
            return self._page(name)
        try:
            acts[name](form)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._page(name, form)
        messages.success(request, _("Recorded."))
        return redirect("backoffice:co_case_detail", pk)

    def _message(self, form: forms.Form) -> None:
        write_message(
            case=self.case,
            body=form.cleaned_data["body"],
            attachment=_attachment(form),
            actor=self.account,
        )

    def _share(self, form: forms.Form) -> None:
        share_case(case=self.case, regulator=form.cleaned_data["regulator"], actor=self.account)

    def _close(self, form: forms.Form) -> None:
        close_case(case=self.case, outcome=form.cleaned_data["outcome"], actor=self.account)

    def _forms(self, bound: str = "") -> dict[str, forms.Form]:
        """The three forms; the one that was sent holds what was typed."""
        post, files = self.request.POST, self.request.FILES
        return {
            "message": MessageForm(post, files) if bound == "message" else MessageForm(),
            "share": ShareForm(post, case=self.case) if bound == "share" else ShareForm(case=self.case),
            "close": CloseForm(post) if bound == "close" else CloseForm(),
        }

    def _page(self, bound: str = "", form: forms.Form | None = None) -> HttpResponse:
        shown = self._forms(bound)
        if form is not None:
            shown[bound] = form
        case = self.case
        context: dict[str, Any] = {
            "case": case,
            "forms": shown,
            "form": shown.get(bound),
            "is_open": case.closed_at is None,
            "leads": list_led_cases(self.account).filter(pk=case.pk).exists(),
            "shares": case.shares.select_related("co_regulator__unit").order_by("pk"),
            "log": case.messages.select_related("person", "unit", "attachment"),
        }
        return self.page("co_case_detail.html", context)


class RegulatorListView(UnitManagerView):
    """The co-regulators."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, and the form."""
        return self._page(RegulatorForm(units=self.active_units))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register one."""
        form = RegulatorForm(request.POST, units=self.active_units)
        if form.is_valid():
            kind, unit = RegulatorKind(form.cleaned_data["kind"]), form.cleaned_data["unit"]
            if self.attempt(form, lambda: register_co_regulator(kind=kind, unit=unit, actor=self.account)):
                messages.success(request, _("The co-regulator was registered."))
                return redirect("backoffice:regulator_list")
        return self._page(form)

    def _page(self, form: RegulatorForm) -> HttpResponse:
        own = set(self.managed_units().values_list("pk", flat=True))
        rows = [(regulator, regulator.unit_id in own) for regulator in list_co_regulators()]
        return self.page("regulator_list.html", {"form": form, "rows": rows})


class RegulatorEndView(UnitManagerView):
    """Ending a co-regulator's part."""

    def _regulator(self, pk: int) -> CoRegulator:
        return get_object_or_404(CoRegulator, unit__in=self.managed_units().order_by(), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        self._regulator(pk)
        return redirect("backoffice:regulator_list")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it."""
        regulator = self._regulator(pk)
        return self.attempt_and_return(
            lambda: retire_co_regulator(regulator=regulator, actor=self.account),
            _("The co-regulator takes part no longer."),
            "backoffice:regulator_list",
        )

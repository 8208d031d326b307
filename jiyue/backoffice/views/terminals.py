"""Safe networks per unit, and the register of back-office terminals."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import AdministratorView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.sign_ins import RuleForm, TerminalCheckForm, TerminalForm, TerminalStatusForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.organizations.models import Organization
from jiyue.organizations.sign_ins.enums import TerminalStatus
from jiyue.organizations.sign_ins.models import SignInRule, Terminal
from jiyue.organizations.sign_ins.places import terminal_blocker
from jiyue.organizations.sign_ins.selectors import (
    combine,
    get_effective_rule,
    get_terminal_state,
    list_terminals,
    prefixes_of,
)
from jiyue.organizations.sign_ins.services import (
    change_terminal,
    propose_rule,
    record_check,
    register_terminal,
    set_terminal_status,
)
from jiyue.organizations.sign_ins.services.rules import TOPIC


def _waiting(unit_ids: list[int]) -> dict[int, TwoPersonChange]:
    """Changes of these units' rules that wait for the second person."""
    changes = TwoPersonChange.objects.filter(topic=TOPIC, unit_id__in=unit_ids, status=ChangeStatus.WAITING)
    return {change.unit_id or 0: change for change in changes}


class RuleListView(AdministratorView):
    """From where the people of each unit may work."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of units."""
        page = Paginator(self.administered_units(), LIST_SIZE).get_page(request.GET.get("page"))
        units = list(page.object_list)
        paths = {path for unit in units for path in prefixes_of(unit.path)}
        rules = list(SignInRule.objects.filter(unit__path__in=paths).select_related("unit"))
        waiting = _waiting([unit.pk for unit in units])
        rows = [(unit, combine(rules, unit.path), waiting.get(unit.pk)) for unit in units]
        return self.page("network_list.html", {"page": page, "rows": rows})


class RuleEditView(AdministratorView):
    """Proposing other safe networks for one unit."""

    @cached_property
    def unit(self) -> Organization:
        """The unit in the address; one that isn't administered doesn't exist."""
        return get_object_or_404(self.administered_units(), pk=self.kwargs["pk"])

    def rule_page(self, form: RuleForm) -> HttpResponse:
        """Show the form beside the rule that holds."""
        context = {
            "unit": self.unit,
            "form": form,
            "effective": get_effective_rule(self.unit),
            "waiting": _waiting([self.unit.pk]).get(self.unit.pk),
            "address": self.request.META.get("REMOTE_ADDR", ""),
        }
        return self.page("network_form.html", context)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the unit's own rule."""
        rule = SignInRule.objects.filter(unit=self.unit).first()
        initial = (
            {"networks": "\n".join(rule.networks), "only_terminals": rule.only_terminals} if rule else {}
        )
        return self.rule_page(RuleForm(initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose the change; another administrator decides."""
        unit = self.unit
        form = RuleForm(request.POST)
        if form.is_valid():
            try:
                change = propose_rule(
                    unit=unit,
                    networks=form.lines(),
                    only_terminals=form.cleaned_data["only_terminals"],
                    reason=form.cleaned_data["reason"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(
                    request, _("Proposed; the change holds as soon as another person approves it.")
                )
                return redirect("backoffice:change_detail", change.pk)
        return self.rule_page(form)


class TerminalListView(AdministratorView):
    """The register of terminals, with what has to be done about each."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        terminals = list_terminals(self.administered_unit_ids)
        is_all = request.GET.get("show") == "all"
        if not is_all:
            terminals = terminals.exclude(status=TerminalStatus.RETIRED)
        page = Paginator(terminals, LIST_SIZE).get_page(request.GET.get("page"))
        rows = [
            (terminal, get_terminal_state(terminal), terminal_blocker(terminal))
            for terminal in page.object_list
        ]
        return self.page("terminal_list.html", {"page": page, "rows": rows, "is_all": is_all})


class TerminalCreateView(AdministratorView):
    """Entering a terminal into the register."""

    def form_page(self, form: TerminalForm) -> HttpResponse:
        """Show the form."""
        return self.page("terminal_form.html", {"form": form})

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self.form_page(TerminalForm(unit_ids=self.administered_unit_ids))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter it."""
        form = TerminalForm(request.POST, unit_ids=self.administered_unit_ids)
        if form.is_valid():
            try:
                unit = form.cleaned_data["unit"]
                terminal = register_terminal(unit=unit, facts=form.facts(), actor=self.actor)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The terminal is in the register."))
                return redirect("backoffice:terminal_detail", terminal.pk)
        return self.form_page(form)


class TerminalView(AdministratorView):
    """Base of the views of one terminal of the own units."""

    @cached_property
    def terminal(self) -> Terminal:
        """The terminal in the address; one of another unit doesn't exist."""
        return get_object_or_404(list_terminals(self.administered_unit_ids), pk=self.kwargs["pk"])

    def terminal_page(
        self, *, check_form: TerminalCheckForm | None = None, status_form: TerminalStatusForm | None = None
    ) -> HttpResponse:
        """Show the terminal with its checks and both forms."""
        terminal = self.terminal
        checks = terminal.checks.select_related("recorded_by__person", "file").order_by("-checked_on", "-id")
        initial = {"status": terminal.status}
        context = {
            "terminal": terminal,
            "state": get_terminal_state(terminal),
            "blocker": terminal_blocker(terminal),
            "checks": checks[:LIST_SIZE],
            "check_form": check_form or TerminalCheckForm(prefix="check"),
            "status_form": status_form or TerminalStatusForm(prefix="status", initial=initial),
            "failed_form": next((form for form in (check_form, status_form) if form is not None), None),
        }
        return self.page("terminal_detail.html", context)


class TerminalDetailView(TerminalView):
    """One terminal and its checks."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.terminal_page()


class TerminalCheckView(TerminalView):
    """Recording a check."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the terminal: where a renewed sign-in comes back to."""
        return redirect("backoffice:terminal_detail", self.terminal.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record it."""
        terminal = self.terminal
        form = TerminalCheckForm(request.POST, request.FILES, prefix="check")
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                record_check(
                    terminal=terminal,
                    facts=form.facts(),
                    actor=self.actor,
                    file_data=read_upload(upload) if upload else None,
                    file_name=upload.name if upload else "",
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The check is recorded."))
                return redirect("backoffice:terminal_detail", pk)
        return self.terminal_page(check_form=form)


class TerminalStatusView(TerminalView):
    """Blocking a terminal, or letting it be used again."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the terminal: where a renewed sign-in comes back to."""
        return redirect("backoffice:terminal_detail", self.terminal.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the status."""
        terminal = self.terminal
        form = TerminalStatusForm(request.POST, prefix="status")
        if form.is_valid():
            try:
                set_terminal_status(
                    terminal=terminal,
                    status=TerminalStatus(form.cleaned_data["status"]),
                    reason=form.cleaned_data["reason"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The status is set."))
                return redirect("backoffice:terminal_detail", pk)
        return self.terminal_page(status_form=form)


class TerminalEditView(TerminalView):
    """Correcting what the register says."""

    def form_page(self, form: TerminalForm) -> HttpResponse:
        """Show the form."""
        return self.page("terminal_form.html", {"form": form, "terminal": self.terminal})

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self.form_page(TerminalForm(unit_ids=self.administered_unit_ids, terminal=self.terminal))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save it."""
        terminal = self.terminal
        form = TerminalForm(request.POST, unit_ids=self.administered_unit_ids, terminal=terminal)
        if form.is_valid():
            try:
                change_terminal(terminal=terminal, facts=form.facts(), actor=self.actor)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The terminal is saved."))
                return redirect("backoffice:terminal_detail", pk)
        return self.form_page(form)

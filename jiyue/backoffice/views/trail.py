"""For the platform manager and the inspector: the audit trail of the units they oversee."""

from typing import ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.oversight import AuditFilterForm, ErasureForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.trail import describe_entries, export_entries, list_audit_entries
from jiyue.backoffice.wording import BREACHES, LOG_BREACHES, word
from jiyue.core import audit, clock, running_logs
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, AuditSeal
from jiyue.organizations.enums import OVERSIGHT_ROLES
from jiyue.organizations.trail import list_overseen_entries, propose_erasure


class AuditListView(StaffView):
    """The trail of the units the person oversees, newest first."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = AuditFilterForm(request.GET)
        before = request.GET.get("before", "")
        entries = list_audit_entries(self.account, form.filters(), before=read_key(before))
        is_more, entries = len(entries) > LIST_SIZE, entries[:LIST_SIZE]
        query = request.GET.copy()
        query.pop("before", None)
        export_query = query.urlencode()
        query["before"] = str(entries[-1].pk) if is_more else ""
        context = {
            "form": form,
            "rows": describe_entries(entries),
            "next_query": query.urlencode() if is_more else "",
            "export_query": export_query,
            "is_later_page": bool(before),
        }
        return self.page("audit_list.html", context)


class AuditExportView(StaffView):
    """The filtered trail as a file; the export is itself an entry."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Stream the lines."""
        form = AuditFilterForm(request.GET)
        filters = form.filters()
        if form.errors:
            return redirect(f"{request.path.removesuffix('export/')}?{request.GET.urlencode()}")
        audit.record(
            actor=self.actor,
            verb="audit.exported",
            subject_type="audit",
            subject_id=clock.today().isoformat(),
            filter={name: str(value) for name, value in vars(filters).items() if value},
        )
        headings = [
            _("Number"),
            _("When"),
            _("Person"),
            _("Unit"),
            _("Act"),
            _("Subject"),
            _("Number of the subject"),
            _("Network address"),
            _("Details"),
            _("Place in the chain"),
            _("Seal"),
        ]
        response = StreamingHttpResponse(
            export_entries(self.account, filters, headings), content_type="text/csv; charset=utf-8"
        )
        name = f"audit-{clock.today().isoformat()}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class AuditEntryView(StaffView):
    """One entry with its place in the chain; from here its text can be proposed for erasure."""

    roles: ClassVar = OVERSIGHT_ROLES

    def _entry(self, pk: int) -> AuditEntry:
        entry = list_overseen_entries(self.account).select_related("text").filter(pk=pk).first()
        if entry is None:
            raise Http404
        return entry

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the entry."""
        return self._show(self._entry(pk), ErasureForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose the erasure of its text."""
        entry = self._entry(pk)
        form = ErasureForm(request.POST)
        if not form.is_valid():
            return self._show(entry, form, status=400)
        try:
            propose_erasure(entry=entry, reason=form.cleaned_data["reason"], actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._show(entry, form, status=409)
        messages.success(request, _("The erasure is proposed; another person has to approve it."))
        return redirect("backoffice:audit_entry", pk=pk)

    def _show(self, entry: AuditEntry, form: ErasureForm, *, status: int = 200) -> HttpResponse:
        context = {
            "row": describe_entries([entry])[0],
            "seal": AuditSeal.objects.filter(entry_id=entry.pk).first(),
            "form": form,
            "may_propose": audit.is_erasable(entry.pk),
        }
        return self.page("audit_entry.html", context, status=status)


class AuditVerifyView(StaffView):
    """Recomputing the whole chain and comparing the running logs with it."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the trail: where a renewed sign-in comes back to."""
        return redirect("backoffice:audit_list")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Verify and show the result; the verification is itself an entry."""
        report, log_breaches = audit.verify(), running_logs.verify_logs()
        audit.record(
            actor=self.actor,
            verb="audit.verified",
            subject_type="audit",
            subject_id=report.sealed,
            breaches=len(report.breaches) + len(log_breaches),
        )
        context = {
            "report": report,
            "breaches": [(breach, word(BREACHES, breach.reason)) for breach in report.breaches[:LIST_SIZE]],
            "log_breaches": [
                (breach, word(LOG_BREACHES, breach.reason)) for breach in log_breaches[:LIST_SIZE]
            ],
        }
        return self.page("audit_verify.html", context)

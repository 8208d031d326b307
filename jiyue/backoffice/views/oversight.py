"""For the platform manager and the inspector: the audit trail and the side effects."""

import json
from typing import Any, ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.oversight import AuditFilterForm
from jiyue.backoffice.numbers import read_key, read_keys
from jiyue.backoffice.selectors import (
    LIST_SIZE,
    count_side_effects,
    get_names,
    list_audit_entries,
    list_side_effects,
)
from jiyue.backoffice.wording import BREACHES, FACTS, SUBJECTS, TOPICS, VERBS, word
from jiyue.core import audit, outbox
from jiyue.core.models import AuditEntry, AuditText, OutboxStatus
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.organizations.models import Organization, Person


class AuditListView(StaffView):
    """The trail of the whole platform, newest first."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = AuditFilterForm(request.GET)
        before = request.GET.get("before", "")
        entries = list_audit_entries(form.filters(), before=read_key(before))
        is_more, entries = len(entries) > LIST_SIZE, entries[:LIST_SIZE]
        query = request.GET.copy()
        query["before"] = str(entries[-1].pk) if is_more else ""
        context = {
            "form": form,
            "rows": _described(entries),
            "next_query": query.urlencode() if is_more else "",
            "is_later_page": bool(before),
        }
        return self.page("audit_list.html", context)


def _described(entries: list[AuditEntry]) -> list[dict[str, Any]]:
    """Entries with the names of people and units, and their facts."""
    people = get_names(Person, {entry.person_id for entry in entries})
    units = get_names(Organization, {entry.unit_id for entry in entries})
    return [
        {
            "entry": entry,
            "act": word(VERBS, entry.verb),
            "subject": word(SUBJECTS, entry.subject_type),
            "person": people.get(entry.person_id or 0, ""),
            "unit": units.get(entry.unit_id or 0, ""),
            "facts": _facts(entry),
        }
        for entry in entries
    ]


def _facts(entry: AuditEntry) -> list[tuple[str, object]] | None:
    """What the entry says, or None where its text was lawfully erased or is gone."""
    text: AuditText | None = getattr(entry, "text", None)
    if text is None or text.erased_at is not None:
        return None
    facts = json.loads(text.body)["facts"]
    return [(word(FACTS, name), value) for name, value in facts.items() if value not in (None, "")]


class AuditVerifyView(StaffView):
    """Recomputing the whole chain."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the trail: where a renewed sign-in comes back to."""
        return redirect("backoffice:audit_list")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Verify and show the result; the verification is itself an entry."""
        report = audit.verify()
        audit.record(
            actor=self.actor,
            verb="audit.verified",
            subject_type="audit",
            subject_id=report.sealed,
            breaches=len(report.breaches),
        )
        breaches = [(breach, word(BREACHES, breach.reason)) for breach in report.breaches[:LIST_SIZE]]
        return self.page("audit_verify.html", {"report": report, "breaches": breaches})


class OutboxBoardView(StaffView):
    """Side effects that wait or failed."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of one status; failures first."""
        counts = count_side_effects()
        status = request.GET.get("status", OutboxStatus.FAILED)
        if status not in counts:
            status = OutboxStatus.FAILED
        page = Paginator(list_side_effects(status), LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [(message, word(TOPICS, message.topic)) for message in page.object_list],
            "status": status,
            "tabs": [(key, OutboxStatus(key).label, number) for key, number in counts.items()],
            "may_retry": StaffRole.PLATFORM_MANAGER in self.role_names and status == OutboxStatus.FAILED,
        }
        return self.page("outbox_board.html", context)


class OutboxRetryView(StaffView):
    """Putting failed side effects back into the queue."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the board: where a renewed sign-in comes back to."""
        return redirect("backoffice:outbox_board")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Retry the chosen rows."""
        ids = read_keys(request.POST.getlist("id"))
        count = outbox.retry_failed(ids)
        audit.record(
            actor=self.actor, verb="outbox.retried", subject_type="outbox", subject_id=count, ids=ids
        )
        text = ngettext(
            "%(count)d side effect is tried again.", "%(count)d side effects are tried again.", count
        )
        messages.success(request, text % {"count": count})
        return redirect("backoffice:outbox_board")

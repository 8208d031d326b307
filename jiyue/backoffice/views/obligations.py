"""To-do lists with due dates, one clock with its working, and the evidence for the assessment."""

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.obligations import ObligationFilterForm, PeriodForm, ReasonForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core import audit, clock, two_person
from jiyue.core.errors import DomainError
from jiyue.core.text import spreadsheet_safe
from jiyue.obligations import evidence
from jiyue.obligations.kinds import LEADERS
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import (
    COUNT_LIMIT,
    OVERSEEING_ROLES,
    count_up_to,
    describe_rows,
    get_overseen_units,
    get_waiting_excuse,
    kind_label,
    list_events,
    list_my_obligations,
    list_overseen_obligations,
    list_unit_obligations,
    list_visible_obligations,
    time_left,
)
from jiyue.obligations.services import excuse_refusal, propose_excuse
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.policy.work_calendar.selectors import get_calendar

UNIT_CHOICES = 200  # units offered by the filter; more are narrowed by opening a unit below
MINE, UNITS, BELOW = "mine", "units", "below"


class ObligationListView(StaffView):
    """Open clocks: mine, those of my units, and those of the units I oversee."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of one list."""
        show = request.GET.get("show", MINE)
        lists = self._lists()
        rows = lists.get(show, lists[MINE])
        show = show if show in lists else MINE
        form = ObligationFilterForm(request.GET, units=self._units(show))
        rows = form.filters().apply(rows)
        after = request.GET.get("after", "")
        page = list(_after(rows, after)[: LIST_SIZE + 1])
        is_more, page = len(page) > LIST_SIZE, page[:LIST_SIZE]
        query = request.GET.copy()
        query["after"] = f"{page[-1].due_at.isoformat()}_{page[-1].pk}" if is_more else ""
        context = {
            "form": form,
            "rows": describe_rows(page),
            "show": show,
            "tabs": self._tabs(lists),
            "next_query": query.urlencode() if is_more else "",
            "is_later_page": bool(after),
            "is_narrowed": any(request.GET.get(name) for name in ("standing", "kind", "unit")),
            "may_see_evidence": EvidenceView.may_open(self.role_names),
        }
        return self.page("obligation_list.html", context)

    @cached_property
    def oversees(self) -> bool:
        """Whether an overseeing role is held anywhere."""
        return bool(OVERSEEING_ROLES & self.role_names)

    def _lists(self) -> dict[str, QuerySet[Obligation]]:
        lists = {
            MINE: list_my_obligations(self.account, self.role_pairs),
            UNITS: list_unit_obligations(self.role_pairs),
        }
        if self.oversees:
            lists[BELOW] = list_overseen_obligations(self.role_pairs)
        return lists

    def _tabs(self, lists: dict[str, QuerySet[Obligation]]) -> list[tuple[str, str, int, bool]]:
        labels = {MINE: _("Mine"), UNITS: _("My units"), BELOW: _("All units below")}
        counted = {name: count_up_to(rows) for name, rows in lists.items()}
        return [
            (name, labels[name], min(number, COUNT_LIMIT), number > COUNT_LIMIT)
            for name, number in counted.items()
        ]

    def _units(self, show: str) -> list[Organization]:
        if show == BELOW:
            return list(get_overseen_units(self.role_pairs)[:UNIT_CHOICES])
        ids = {unit_id for unit_id, _role in self.role_pairs}
        return list(Organization.objects.filter(pk__in=ids).order_by("path"))


def _after(rows: QuerySet[Obligation], key: str) -> QuerySet[Obligation]:
    """Rows behind a key of the form `<moment>_<id>`; a key nobody gave out means the start."""
    text, _separator, number = key.rpartition("_")
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    pk = read_key(number)
    if moment is None or moment.tzinfo is None or pk is None:
        return rows
    return rows.filter(Q(due_at__gt=moment) | Q(due_at=moment, pk__gt=pk))


class ObligationView(StaffView):
    """Base of the pages of one clock; one the account may not see doesn't exist."""

    @cached_property
    def obligation(self) -> Obligation:
        """The clock of the address."""
        rows = list_visible_obligations(self.account, self.role_pairs)
        obligation = rows.filter(pk=self.kwargs["pk"]).first()
        if obligation is None:
            raise Http404
        return obligation


class ObligationDetailView(ObligationView):
    """One clock: what is owed, how its date was computed, what happened to it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the clock."""
        row = self.obligation
        excuse = get_waiting_excuse(row)
        context = {
            "obligation": row,
            "kind": kind_label(row.kind),
            "left": time_left(row, get_calendar(), clock.now()),
            "steps": row.working.get("steps", []),
            "events": list(list_events(row)),
            "excuse": excuse,
            "may_propose": excuse_refusal(row, self.account) is None,
            "may_decide": excuse is not None and two_person.decision_refusal(excuse, self.actor) is None,
            "is_proposer": excuse is not None and excuse.proposer_person_id == self.account.person_id,
        }
        return self.page("obligation_detail.html", context)


class ObligationExcuseView(ObligationView):
    """Asking to excuse a clock."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form_page(ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose the excuse."""
        form = ReasonForm(request.POST)
        form.is_valid()
        try:
            propose_excuse(
                obligation_id=self.obligation.pk,
                reason=form.cleaned_data.get("reason", ""),
                account=self.account,
                actor=self.actor,
            )
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form)
        messages.success(request, _("The excuse waits for the approval of another person."))
        return redirect("backoffice:obligation_detail", pk)

    def _form_page(self, form: ReasonForm) -> HttpResponse:
        refusal = excuse_refusal(self.obligation, self.account)
        context = {"obligation": self.obligation, "form": form, "refusal": refusal}
        return self.page("obligation_excuse.html", context)


class EvidenceView(StaffView):
    """What the overseen units owed in a period and how it was met."""

    roles: ClassVar = OVERSEEING_ROLES | LEADERS | {StaffRole.COORDINATOR}

    @classmethod
    def may_open(cls, roles: frozenset[str]) -> bool:
        """Whether one of `roles` may open the page."""
        return bool(cls.roles & roles)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the figures by unit and by kind."""
        form = PeriodForm(request.GET)
        period = form.period()
        rows = self.scope()
        context: dict[str, Any] = {
            "form": form,
            "query": request.GET.urlencode(),
            "is_readable": period is not None,
        }
        if period:
            context["by_unit"] = evidence.get_evidence_by_unit(rows, *period)
            context["by_kind"] = evidence.get_evidence_by_kind(rows, *period)
        return self.page("obligation_evidence.html", context)

    def scope(self) -> QuerySet[Obligation]:
        """Clocks of the units in which an answering role is held, and below those that are overseen."""
        own = {unit_id for unit_id, role in self.role_pairs if role in self.roles}
        below = get_overseen_units(self.role_pairs).order_by().values("pk")
        return Obligation.objects.filter(Q(unit_id__in=own) | Q(unit_id__in=below))


class EvidenceExportView(EvidenceView):
    """The clocks behind the figures as a file; the export is an entry of the trail."""

    def get(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]  # a file, not a page
        """Stream the lines."""
        period = PeriodForm(request.GET).period()
        if period is None:
            return redirect("backoffice:obligation_evidence")
        audit.record(
            actor=self.actor,
            verb="obligation.exported",
            subject_type="obligation",
            subject_id=f"{period[0]:%Y%m%d}-{period[1]:%Y%m%d}",
        )
        lines = evidence.list_evidence_rows(self.scope(), *period)
        response = StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="obligations.csv"'
        return response


class _Line:
    """A file that gives every written line back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: Iterator[list[str]]) -> Iterator[str]:
    """Lines of a CSV file without formulas; the mark at its head is what spreadsheets expect of UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([spreadsheet_safe(cell) for cell in row])

"""The working-day calendar: a year, its versions, a change by two persons, and the calculator."""

from datetime import date
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView, is_signed_in
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.work_calendar import (
    CalculatorForm,
    HolidayFormSet,
    YearForm,
    initial_rows,
    read_entry,
)
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.year_grid import holiday_rows, weekday_names, year_grid
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.policy.work_calendar import selectors
from jiyue.policy.work_calendar.calendars import WorkCalendar
from jiyue.policy.work_calendar.days import PlanStatus, YearPlan
from jiyue.policy.work_calendar.deadlines import deadline
from jiyue.policy.work_calendar.entry import YearEntry, as_entry, entry_blockers, entry_warnings
from jiyue.policy.work_calendar.permissions import keeper_refusal
from jiyue.policy.work_calendar.services import day_words, plan_status, propose_refusal, propose_year
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR


def _known_year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    return year


def _grid(calendar: WorkCalendar, year: int) -> dict[str, Any]:
    """What the pages with a grid need."""
    plan = calendar.plan(year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    working = calendar.count_working(first, last)
    return {
        "year": year,
        "plan": plan,
        "plan_status": plan_status(plan),
        "months": year_grid(calendar, year),
        "weekdays": weekday_names(),
        "holidays": list(holiday_rows(plan)),
        "working_days": working,
        "rest_days": (last - first).days + 1 - working,
    }


class CalendarView(StaffView):
    """The present year, or another one."""

    def get(self, request: HttpRequest, year: int | None = None) -> HttpResponse:
        """Show the year."""
        year = _known_year(year or clock.today().year)
        is_keeper = keeper_refusal(self.actor) is None
        context = _grid(selectors.get_calendar(), year) | {
            "earlier": year - 1 if year > FIRST_YEAR else None,
            "later": year + 1 if year < LAST_YEAR else None,
            "is_keeper": is_keeper,
            "waiting": selectors.get_waiting_change(year) if is_keeper else None,
        }
        return self.page("calendar_year.html", context)


class CalendarVersionsView(StaffView):
    """The versions of a year, and what one changed against another."""

    def get(self, request: HttpRequest, year: int) -> HttpResponse:
        """Show the list and the chosen difference: by default what the newest version changed."""
        versions = list(selectors.list_versions(_known_year(year)))
        plans = {version.number: selectors.as_plan(version) for version in versions}
        numbers = list(plans)
        new = _chosen(request.GET.get("new"), plans, numbers[:1])
        old = _chosen(request.GET.get("old"), plans, numbers[1:2])
        context: dict[str, Any] = {"year": year, "versions": versions, "old": old, "new": new}
        if old is not None and new is not None:
            context["differences"] = _differences(plans[old], plans[new])
        return self.page("calendar_versions.html", context)


def _chosen(typed: str | None, plans: dict[int, YearPlan], default: list[int]) -> int | None:
    number = read_key(typed or "")
    if number in plans:
        return number
    return default[0] if default else None


def _differences(old: YearPlan, new: YearPlan) -> list[tuple[date | None, str, str]]:
    rows: list[tuple[date | None, str, str]] = []
    if plan_status(old) != plan_status(new) or old.source != new.source:
        rows.append((None, f"{old.source} · {plan_status(old)}", f"{new.source} · {plan_status(new)}"))
    for before, after in selectors.changed_days(old, new):
        day = after or before
        rows.append((day.on if day else None, day_words(before), day_words(after)))
    return rows


class CalendarCalculatorView(StaffView):
    """How a date is computed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and the result once something was asked."""
        form = CalculatorForm(request.GET) if "start" in request.GET else CalculatorForm.example()
        result = None
        if form.is_bound and form.is_valid():
            try:
                result = deadline(form.cleaned_data["start"], form.term(), selectors.get_calendar())
            except DomainError as refusal:
                add_refusal(form, refusal)
        return self.page("calendar_calculator.html", {"form": form, "result": result})


class KeeperView(StaffView):
    """Base of the views that change the calendar."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse platform managers of a part of the platform as well."""
        if is_signed_in(request) and keeper_refusal(self.actor):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class CalendarProposeView(KeeperView):
    """Entering a year: typed, looked at as a grid, then proposed."""

    def get(self, request: HttpRequest, year: int) -> HttpResponse:
        """Show the plan in force for changing."""
        plan = selectors.get_calendar().plan(_known_year(year))
        entry = as_entry(plan)
        is_new = plan.version.is_provisional
        initial = {
            "status": PlanStatus.PUBLISHED,
            "source": "" if is_new else plan.source,
            "base_number": entry.base_number,
        }
        rows = HolidayFormSet(initial=initial_rows(entry), form_kwargs={"year": year})
        return self._form_page(year, YearForm(initial=initial), rows)

    def post(self, request: HttpRequest, year: int) -> HttpResponse:
        """Show what was typed as a grid; propose it once that was seen."""
        form = YearForm(request.POST)
        rows = HolidayFormSet(request.POST, form_kwargs={"year": _known_year(year)})
        if not (form.is_valid() and rows.is_valid()):
            return self._form_page(year, form, rows)
        entry = read_entry(year, form, rows)
        blockers = entry_blockers(entry) or [one for one in [propose_refusal(entry)] if one]
        for blocker in blockers:
            add_refusal(form, blocker)
        is_wanted = "propose" in request.POST and form.cleaned_data["seen_digest"] == entry.digest
        if blockers or not is_wanted:
            return self._form_page(year, form, rows, entry=None if blockers else entry)
        try:
            change = propose_year(entry=entry, reason=form.cleaned_data["reason"], actor=self.actor)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._form_page(year, form, rows, entry=entry)
        messages.success(request, _("Proposed. Another person must approve it."))
        return redirect("backoffice:change_detail", change.pk)

    def _form_page(
        self, year: int, form: YearForm, rows: Any, *, entry: YearEntry | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"year": year, "form": form, "rows": rows, "entry": entry}
        if entry:
            context |= _grid(_with(entry), year)
            context |= {"warnings": entry_warnings(entry), "digest": entry.digest}
        return self.page("calendar_form.html", context)


def _with(entry: YearEntry) -> WorkCalendar:
    """The calendar as it would be with the entry."""
    calendar = selectors.get_calendar()
    near = (entry.year - 1, entry.year + 1)
    plans = [calendar.plan(year) for year in near if FIRST_YEAR <= year <= LAST_YEAR]
    return WorkCalendar([*plans, entry.plan()])


class CalendarChangeView(KeeperView):
    """A proposed year as a grid, beside the page on which it is decided."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the year as it would be."""
        change = get_object_or_404(TwoPersonChange, pk=pk, topic=selectors.YEAR_TOPIC)
        entry = YearEntry.from_json(change.payload)
        context = _grid(_with(entry), entry.year)
        return self.page(
            "calendar_change.html", context | {"change": change, "warnings": entry_warnings(entry)}
        )

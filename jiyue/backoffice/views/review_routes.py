"""Routes of review, the offices they use, and what makes an item major (REV-04, REV-05, REV-11)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.review_routes import (
    FEW_LEVELS,
    LevelFormSet,
    MajorRuleForm,
    OfficeForm,
    RouteEndForm,
    RouteForm,
)
from jiyue.backoffice.views.rules import RulesView
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_line_upward
from jiyue.organizations.services.profiles import rules_refusal
from jiyue.review.enums import MajorSign, Office
from jiyue.review.major import list_major_rules
from jiyue.review.models import ApproverOffice, MajorRule
from jiyue.review.route_wording import route_rows
from jiyue.review.routes_in_force import list_routes_in_force
from jiyue.review.routing import OWN, Level, Route, get_local_route
from jiyue.review.services import offices, routing


class RoutesView(RulesView):
    """Base: everybody reads the routes of the own units and those below; managers change them."""

    @cached_property
    def may_change(self) -> bool:
        """Whether the person may propose changes for the chosen unit."""
        return rules_refusal(self.actor, self.unit) is None

    def require_manager(self) -> None:
        """Refuse whoever may only read."""
        if not self.may_change:
            raise PermissionDenied

    def back(self) -> HttpResponse:
        """The page of the chosen unit."""
        return redirect(f"{reverse('backoffice:route_list')}?unit={self.unit.pk}")


class EndingView(RoutesView):
    """Base of the views that end something with one button."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the page: where a renewed sign-in comes back to."""
        return redirect("backoffice:route_list")

    def end(self, unit: Organization, act: Callable[[], None]) -> HttpResponse:
        """Do it if the person manages the unit, and say what happened."""
        if rules_refusal(self.actor, unit):
            raise PermissionDenied
        try:
            act()
        except DomainError as error:
            messages.info(self.request, sentence(error))
        else:
            messages.success(self.request, _("Ended."))
        return redirect(f"{reverse('backoffice:route_list')}?unit={unit.pk}")


class RouteListView(RoutesView):
    """What applies to a unit: routes with their clauses, offices, signs of major information."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show everything that is in force."""
        return self.list_page()

    def list_page(
        self, *, office: OfficeForm | None = None, major: MajorRuleForm | None = None, status: int = 200
    ) -> HttpResponse:
        """The page, with a form as it stands where something was refused."""
        line = [self.unit, *get_line_upward(self.unit)]
        rows = ApproverOffice.objects.filter(governed_unit__in=line).exclude(ends_on__lt=clock.today())
        context = {
            "unit": self.unit,
            "units": self.units,
            "routes": [(found, route_rows(found.route)) for found in list_routes_in_force(self.unit)],
            "offices": rows.select_related("governed_unit", "unit").order_by("office", "starts_on", "pk"),
            "major_rules": list_major_rules(self.unit),
            "may_change": self.may_change,
            "office_form": office or OfficeForm(initial={"starts_on": clock.today()}),
            "major_form": major or MajorRuleForm(),
        }
        return self.page("route_list.html", context, status=status)


class RouteProposeView(RoutesView):
    """Proposing a route of the unit's own; a second person decides."""

    @cached_property
    def route(self) -> Route | None:
        """The unit's own route that is to be changed, if one is named."""
        key = self.request.GET.get("key", "")
        return get_local_route(self.unit, key, clock.today()) if key else None

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, with the present route in it."""
        self.require_manager()
        first: dict[str, Any] = {"effective_on": clock.today()}
        levels: list[dict[str, Any]] = [{"gates": True, "secrecy": True}]
        if self.route:
            first |= RouteForm.first_values(self.route)
            levels = self.route.as_json()["levels"]
        levels += [{} for _number in range(len(levels), FEW_LEVELS)]
        return self._form_page(RouteForm(initial=first), LevelFormSet(initial=levels, prefix="level"))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose it, or show why not."""
        self.require_manager()
        form, levels = RouteForm(request.POST), LevelFormSet(request.POST, prefix="level")
        if form.is_valid() and levels.is_valid():
            data = form.cleaned_data
            try:
                change = routing.propose_route(
                    unit=self.unit,
                    key=data["key"],
                    spec=form.spec(_chosen(levels)),
                    effective_on=data["effective_on"],
                    reason=data["reason"],
                    actor=self.actor,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Proposed. It applies once another person has approved it."))
                return redirect("backoffice:change_detail", change.pk)
        return self._form_page(form, levels, status=422)

    def _form_page(self, form: RouteForm, levels: Any, *, status: int = 200) -> HttpResponse:
        context = {"unit": self.unit, "form": form, "levels": levels, "route": self.route}
        return self.page("route_form.html", context, status=status)


class RouteEndView(RoutesView):
    """Proposing the end of a route of the unit's own."""

    @cached_property
    def route(self) -> Route:
        """The route, or 404."""
        found = get_local_route(self.unit, self.request.GET.get("key", ""), clock.today())
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        self.require_manager()
        return self._form_page(RouteEndForm(initial={"effective_on": clock.today()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose it, or show why not."""
        self.require_manager()
        form = RouteEndForm(request.POST)
        if form.is_valid():
            try:
                change = routing.propose_route(
                    unit=self.unit,
                    key=self.route.key,
                    spec=None,
                    effective_on=form.cleaned_data["effective_on"],
                    reason=form.cleaned_data["reason"],
                    actor=self.actor,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Proposed. It applies once another person has approved it."))
                return redirect("backoffice:change_detail", change.pk)
        return self._form_page(form)

    def _form_page(self, form: RouteEndForm) -> HttpResponse:
        context = {"unit": self.unit, "form": form, "route": self.route}
        return self.page("route_end.html", context, status=422 if form.errors else 200)


class OfficeAssignView(RouteListView):
    """Naming the unit that is an office."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page: where a renewed sign-in comes back to."""
        return self.back()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Name it, or show why not."""
        self.require_manager()
        form = OfficeForm(request.POST)
        if form.is_valid():
            try:
                offices.assign_office(
                    governed_unit=self.unit,
                    office=Office(form.cleaned_data["office"]),
                    holder=form.cleaned_data["unit"],
                    starts_on=form.cleaned_data["starts_on"],
                    actor=self.actor,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("The office is named."))
                return self.back()
        return self.list_page(office=form, status=422)


class OfficeEndView(EndingView):
    """Ending an office with today."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; an office of others doesn't exist."""
        row = get_object_or_404(ApproverOffice.objects.filter(governed_unit__in=self.units), pk=pk)
        return self.end(
            row.governed_unit,
            lambda: offices.end_office(row=row, ends_on=clock.today(), actor=self.actor),
        )


class MajorRuleAddView(RouteListView):
    """Adding a sign of major information."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page: where a renewed sign-in comes back to."""
        return self.back()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Add it, or show why not."""
        self.require_manager()
        form = MajorRuleForm(request.POST)
        if form.is_valid():
            try:
                offices.add_major_rule(
                    unit=self.unit,
                    sign=MajorSign(form.cleaned_data["sign"]),
                    text=form.cleaned_data["text"],
                    actor=self.account,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Items with this sign are major information from now on."))
                return self.back()
        return self.list_page(major=form, status=422)


class MajorRuleEndView(EndingView):
    """Ending a sign of major information."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; a sign of others doesn't exist."""
        rule = get_object_or_404(MajorRule.objects.filter(unit__in=self.units).select_related("unit"), pk=pk)
        return self.end(rule.unit, lambda: offices.end_major_rule(rule=rule, actor=self.account))


def _chosen(levels: Any) -> list[Level]:
    """Levels of the valid formset that have a role."""
    rows = [form.cleaned_data for form in levels if form.cleaned_data.get("role")]
    return [Level(row["role"], row["unit"] or OWN, row["name"], row["gates"], row["secrecy"]) for row in rows]

"""Who decides in whose place, and who is on duty when (REV-31)."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.standing_in import DelegateForm, Pairs, ShiftForm, SwapForm
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import REVIEWING_ROLES, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.policy.selectors import value
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR
from jiyue.review import roster
from jiyue.review.models import DutyShift, ReviewDelegation
from jiyue.review.services import delegating, duty

RECENT = 50  # delegations on the page


class DelegationListView(StaffView):
    """What I gave, what was given to me, and the form for another one."""

    @cached_property
    def pairs(self) -> Pairs:
        """Reviewing roles held today, with their units."""
        held = [(unit, role) for unit, role in self.role_pairs if role in REVIEWING_ROLES]
        units = Organization.objects.in_bulk([unit for unit, _role in held])
        found = [(units[unit], StaffRole(role)) for unit, role in held]
        return sorted(found, key=lambda pair: (pair[0].path, pair[1]))

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        return self._list_page(self._form() if self.pairs else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Delegate, or show why not."""
        if not self.pairs:
            raise PermissionDenied
        form = self._form(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            unit, role = form.chosen_role()
            try:
                delegating.delegate_review(
                    unit=unit,
                    role=role,
                    delegate=data["delegate"],
                    starts_on=data["starts_on"],
                    ends_on=data["ends_on"],
                    reason=data["reason"],
                    actor=self.account,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Delegated. The other person was told."))
                return redirect("backoffice:delegation_list")
        return self._list_page(form, status=422)

    def _form(self, *args: Any) -> DelegateForm:
        found: dict[int, StaffAccount] = {}
        for unit in {unit.pk: unit for unit, _role in self.pairs}.values():
            found.update({account.pk: account for account in delegating.list_possible_delegates(unit)})
        accounts = [account for account in found.values() if account.person_id != self.account.person_id]
        return DelegateForm(*args, pairs=self.pairs, accounts=accounts)

    def _list_page(self, form: DelegateForm | None, *, status: int = 200) -> HttpResponse:
        mine = Q(delegator=self.account.person_id) | Q(delegate__person=self.account.person_id)
        rows = ReviewDelegation.objects.filter(mine).select_related("unit", "delegator", "delegate__person")
        rows = rows.order_by("-ends_on", "-pk")[:RECENT]
        listed = [(row, delegating.ending_refusal(row, self.account) is None) for row in rows]
        context = {"form": form, "rows": listed, "today": clock.today()}
        return self.page("delegation_list.html", context, status=status)


class DelegationEndView(StaffView):
    """Taking a delegation back."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:delegation_list")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it; one that concerns others doesn't exist."""
        mine = Q(delegator=self.account.person_id) | Q(delegate__person=self.account.person_id)
        get_object_or_404(ReviewDelegation.objects.filter(mine), pk=pk)
        try:
            delegating.end_delegation(delegation_id=pk, actor=self.account)
        except DomainError as error:
            messages.info(request, sentence(error))
        else:
            messages.success(request, _("The delegation is over from now on."))
        return redirect("backoffice:delegation_list")


class DutyView(StaffView):
    """Base of the views of a roster: another unit's roster doesn't exist."""

    @cached_property
    def units(self) -> list[Organization]:
        """Units whose roster exists for the account, its own first."""
        own = {unit_id for unit_id, _role in self.role_pairs}
        return sorted(
            roster.list_roster_units(self.account), key=lambda unit: (unit.pk not in own, unit.path)
        )

    @cached_property
    def unit(self) -> Organization:
        """The unit named in the address, or the first."""
        wanted = self.request.GET.get("unit") or (str(self.units[0].pk) if self.units else "")
        for unit in self.units:
            if str(unit.pk) == wanted:
                return unit
        raise Http404

    def shift(self, pk: int) -> DutyShift:
        """A turn of a roster the account plans, or 404."""
        shift = get_object_or_404(DutyShift.objects.select_related("unit", "account__person"), pk=pk)
        if not roster.may_plan(self.account, shift.unit):
            raise Http404
        return shift

    def back_to(self, unit: Organization, day: date) -> HttpResponse:
        """The week of a day."""
        return redirect(f"{reverse('backoffice:duty_week')}?unit={unit.pk}&week={day.isoformat()}")


class DutyWeekView(DutyView):
    """Who is on duty in one week, and which hours nobody covers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the week named in the address, or this one."""
        day = _day_in_calendar(request.GET.get("week", ""))
        start, end = roster.week_of(day)
        now = clock.now()
        context = {
            "unit": self.unit,
            "units": self.units,
            "weeks": roster.read_week(self.unit, day),
            "first": timezone.localdate(start),
            "last": timezone.localdate(end - timedelta.resolution),
            "before": timezone.localdate(start) - timedelta(weeks=1),
            "after": timezone.localdate(end),
            "now": now,
            "mine": roster.list_shifts_of(self.account, now)[:RECENT],
            "may_plan": roster.may_plan(self.account, self.unit),
        }
        return self.page("duty_week.html", context)


class DutyNewView(DutyView):
    """Planning a turn."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._form_page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Plan it, or show why not."""
        form = self._form(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                shift = duty.plan_shift(
                    unit=self.unit, actor=self.account, **{**data, "role": StaffRole(data["role"])}
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Planned. The person was told."))
                return self.back_to(self.unit, timezone.localdate(shift.starts_at))
        return self._form_page(form)

    def _form(self, *args: Any) -> ShiftForm:
        if not roster.may_plan(self.account, self.unit):
            raise PermissionDenied
        roles = [StaffRole(name) for name in value("review.route", self.unit).items]
        found: dict[int, StaffAccount] = {}
        for role in roles:
            found.update({account.pk: account for account in duty.list_possible_people(self.unit, role)})
        return ShiftForm(*args, roles=roles, accounts=list(found.values()))

    def _form_page(self, form: ShiftForm) -> HttpResponse:
        return self.page(
            "duty_form.html", {"form": form, "unit": self.unit}, status=422 if form.errors else 200
        )


class DutyCancelView(DutyView):
    """Cancelling a turn."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the roster: where a renewed sign-in comes back to."""
        shift = self.shift(pk)
        return self.back_to(shift.unit, timezone.localdate(shift.starts_at))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel it."""
        shift = self.shift(pk)
        try:
            duty.cancel_shift(shift_id=pk, actor=self.account)
        except DomainError as error:
            messages.info(request, sentence(error))
        else:
            messages.success(request, _("Cancelled. The person was told."))
        return self.back_to(shift.unit, timezone.localdate(shift.starts_at))


class DutySwapView(DutyView):
    """Handing a turn to somebody else."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        shift = self.shift(pk)
        return self._form_page(shift, self._form(shift))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand it over, or show why not."""
        shift = self.shift(pk)
        form = self._form(shift, request.POST)
        if form.is_valid():
            try:
                duty.swap_shift(shift_id=pk, account=form.cleaned_data["account"], actor=self.account)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Handed over. Both people were told."))
                return self.back_to(shift.unit, timezone.localdate(shift.starts_at))
        return self._form_page(shift, form)

    def _form(self, shift: DutyShift, *args: Any) -> SwapForm:
        people = duty.list_possible_people(shift.unit, StaffRole(shift.role))
        return SwapForm(*args, accounts=[person for person in people if person.pk != shift.account_id])

    def _form_page(self, shift: DutyShift, form: SwapForm) -> HttpResponse:
        return self.page("duty_swap.html", {"form": form, "shift": shift}, status=422 if form.errors else 200)


def _day_in_calendar(text: str) -> date:
    """The day named in an address, or today where it is none or lies outside the calendars."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return clock.today()
    return day if FIRST_YEAR <= day.year < LAST_YEAR else clock.today()

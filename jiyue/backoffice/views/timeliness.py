"""From the event to the release: what must be out at the first moment, and what is late (REV-19, REV-20)."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.numbers import read_key
from jiyue.core import clock
from jiyue.library import timeliness
from jiyue.obligations.selectors import get_overseen_units
from jiyue.organizations.models import Organization
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR

PAGE_SIZE = 50  # items
TABS = {"first": _("First moment"), "late": _("Late"), "released": _("Released")}


class PeriodForm(forms.Form):
    """Unit and period of the figures."""

    unit = forms.ChoiceField(label=_("Unit"), required=False)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class TimelinessView(StaffView):
    """The board of one unit and the units below it."""

    @cached_property
    def units(self) -> list[Organization]:
        """Units whose items are seen: the own ones, and those overseen."""
        own = {unit_id for unit_id, _role in self.role_pairs}
        found = Organization.objects.filter(pk__in=own) | get_overseen_units(self.role_pairs)
        return list(found.distinct().order_by("path"))

    @cached_property
    def unit(self) -> Organization:
        """The unit named in the address, or the first; another one doesn't exist."""
        wanted = self.request.GET.get("unit")
        for unit in self.units:
            if not wanted or unit.pk == read_key(wanted):
                return unit
        raise Http404

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show figures and one list."""
        tab = request.GET.get("show", "first")
        tab = tab if tab in TABS else "first"
        today = clock.today()
        form = PeriodForm(request.GET)
        form.fields["unit"].choices = [(unit.pk, unit.name) for unit in self.units]  # type: ignore[attr-defined]
        data = form.cleaned_data if form.is_valid() else {}
        data = {name: found for name, found in data.items() if _is_in_calendar(found)}
        first: date = data.get("first") or today.replace(day=1)
        last: date = data.get("last") or today
        start, end = _midnight(first), _midnight(last) + timedelta(days=1)
        seen = [unit.pk for unit in self.units if unit.path.startswith(self.unit.path)]
        match tab:
            case "late":
                resources = timeliness.list_late(seen, start)
            case "released":
                resources = timeliness.list_released(seen, start)
            case _:
                resources = timeliness.list_first_moment(seen)
        page = Paginator(resources, PAGE_SIZE).get_page(request.GET.get("page"))
        shown = PeriodForm(initial={"unit": self.unit.pk, "first": first, "last": last})
        shown.fields["unit"].choices = [(unit.pk, unit.name) for unit in self.units]  # type: ignore[attr-defined]
        context = {
            "unit": self.unit,
            "form": shown,
            "first": first,
            "last": last,
            "tab": tab,
            "tabs": list(TABS.items()),
            "page": page,
            "rows": timeliness.track(page.object_list),
            "counts": timeliness.count_late(self.unit, start, end),
        }
        return self.page("timeliness.html", context)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _is_in_calendar(found: object) -> bool:
    return not isinstance(found, date) or FIRST_YEAR <= found.year < LAST_YEAR

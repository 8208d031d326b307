from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.oversight import FIRST_DAY, LAST_DAY
from jiyue.core import clock
from jiyue.obligations.kinds import KINDS
from jiyue.obligations.selectors import ObligationFilter, get_soon_moment
from jiyue.organizations.models import Organization

STANDINGS = [("", _("all open")), ("late", _("late")), ("soon", _("due soon"))]


def _unit_choices(units: Iterable[Organization]) -> list[tuple[str, str]]:
    return [(unit.path, unit.name) for unit in units]


class ObligationFilterForm(forms.Form):
    """What a to-do list is narrowed to."""

    standing = forms.ChoiceField(label=_("State of the item"), required=False, choices=STANDINGS)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    unit = forms.ChoiceField(label=_("Unit and those below it"), required=False)

    def __init__(self, *args: object, units: Iterable[Organization] = (), **kwargs: object):
        """Offer the registered kinds, and the units the person may see."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [(name, kind.label) for name, kind in KINDS]
        self.fields["kind"].choices = [("", _("all kinds")), *kinds]  # type: ignore[attr-defined]
        choices = _unit_choices(units)
        self.fields["unit"].choices = [("", _("all units")), *choices]  # type: ignore[attr-defined]
        if len(choices) < 2:
            del self.fields["unit"]

    def filters(self) -> ObligationFilter:
        """The filter; a field that can't be read narrows nothing and says so beside it."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return ObligationFilter(
            standing=data.get("standing", ""),
            kind=data.get("kind", ""),
            unit_path=data.get("unit", ""),
            soon_until=get_soon_moment() if data.get("standing") == "soon" else None,
        )


class PeriodForm(forms.Form):
    """The period of the evidence, by due day; the present year where nothing is chosen."""

    since = forms.DateField(
        label=_("Due from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(label=_("Due to"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, chosen: Mapping[str, str]):
        """Put the present year in where nothing is chosen."""
        year = clock.today().year
        data = {"since": f"{year}-01-01", "until": f"{year}-12-31"}
        super().__init__(data | {name: chosen[name] for name in data if chosen.get(name)})

    def clean(self) -> dict[str, date]:
        """Refuse a period that ends before it starts, or lies where no time zone reaches."""
        data = super().clean() or {}
        if "since" not in data or "until" not in data:
            return data
        if not FIRST_DAY <= data["since"] <= data["until"] <= LAST_DAY:
            self.add_error("until", _("The period ends before it starts. Choose a later last day."))
        return data

    def period(self) -> tuple[datetime, datetime] | None:
        """First moment of the first day, and 24:00 of the last one; None where the period can't be read."""
        if not self.is_valid():
            return None
        first, last = self.cleaned_data["since"], self.cleaned_data["until"] + timedelta(days=1)
        begin, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last))
        return begin, end


class ReasonForm(forms.Form):
    """Why a task should be excused."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What kept the unit from doing it in time; whoever decides reads it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,  # the service says what is missing
    )

"""Forms of the working-day calendar: a year, its holidays, and the calculator."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.days import PlanStatus
from jiyue.policy.work_calendar.entry import MAX_NAME_CHARS, MAX_SOURCE_CHARS, HolidayEntry, YearEntry

MAX_HOLIDAYS = 24  # rows; a notice has seven
EMPTY_ROWS = 3
MAX_TERM = 10_000  # of any unit; keeps a typing slip from asking for the year 9999
MAX_MAKEUP_CHARS = 120
_DATE = re.compile(r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SEPARATORS = re.compile(r"[\s,;，、；和及]*")


def read_dates(text: str, year: int) -> list[date]:
    """Read the dates of a line: 2026-02-14, 2-28, 2月14日、2月28日.

    Args:
        text: What was typed.
        year: Year of a date that names none.

    Raises:
        ValueError: Part of the text is no date.
    """
    found = [date(int(match[1] or year), int(match[2]), int(match[3])) for match in _DATE.finditer(text)]
    if not _SEPARATORS.fullmatch(_DATE.sub(" ", text)):
        raise ValueError(text)
    return found


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class YearForm(forms.Form):
    """What a year's plan rests on."""

    status = forms.ChoiceField(label=_("Status"), choices=PlanStatus)
    source = forms.CharField(
        label=_("Source document"),
        max_length=MAX_SOURCE_CHARS,
        help_text=_("Number of the notice of the General Office of the State Council."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For the person who approves, and for the audit trail."),
    )
    base_number = forms.IntegerField(min_value=0, max_value=1_000_000, widget=forms.HiddenInput)
    seen_digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class HolidayForm(forms.Form):
    """One holiday with its make-up working days, as one paragraph of the notice."""

    name = forms.CharField(label=_("Holiday"), required=False, max_length=MAX_NAME_CHARS)
    first = _day(_("First day off"))
    last = _day(_("Last day off"))
    makeup = forms.CharField(label=_("Make-up working days"), required=False, max_length=MAX_MAKEUP_CHARS)

    def __init__(self, *args: Any, year: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.year = year
        self.fields["makeup"].widget.attrs["placeholder"] = f"{year}-02-14, {year}-02-28"

    def clean_makeup(self) -> list[date]:
        """The make-up days as dates."""
        try:
            return read_dates(self.cleaned_data["makeup"], self.year)
        except ValueError:
            raise ValidationError(
                _("Not every part of this is a date. Write dates such as 2026-02-14, with commas between.")
            ) from None

    def clean(self) -> dict[str, Any]:
        """A row is complete or empty; one day off may be given by its first day alone."""
        data = self.cleaned_data
        if self.errors or not any(data.values()):
            return data
        for name in ("name", "first"):
            if not data[name]:
                self.add_error(name, _("This is missing in the line. Fill it in, or empty the whole line."))
        data["last"] = data["last"] or data["first"]
        return data

    def holiday(self) -> HolidayEntry | None:
        """The holiday; None for an empty line."""
        data = self.cleaned_data
        if not data.get("first"):
            return None
        return HolidayEntry(data["name"], data["first"], data["last"], tuple(data["makeup"]))


HolidayFormSet = forms.formset_factory(
    HolidayForm, extra=EMPTY_ROWS, max_num=MAX_HOLIDAYS, absolute_max=MAX_HOLIDAYS, validate_max=True
)


def initial_rows(entry: YearEntry) -> list[dict[str, object]]:
    """The rows that show an entry."""
    return [
        {
            "name": holiday.name,
            "first": holiday.first.isoformat(),
            "last": holiday.last.isoformat(),
            "makeup": ", ".join(on.isoformat() for on in holiday.makeup),
        }
        for holiday in entry.holidays
    ]


def read_entry(year: int, form: YearForm, rows: Any) -> YearEntry:
    """The entry that valid forms describe."""
    holidays = [row.holiday() for row in rows]
    return YearEntry(
        year=year,
        status=PlanStatus(form.cleaned_data["status"]),
        source=form.cleaned_data["source"],
        base_number=form.cleaned_data["base_number"],
        holidays=tuple(holiday for holiday in holidays if holiday),
    )


class CalculatorForm(forms.Form):
    """A start and a term."""

    start = forms.DateTimeField(
        label=_("Start"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("When it was received, in Beijing time."),
    )
    number = forms.IntegerField(label=_("Length"), min_value=0, max_value=MAX_TERM)
    unit = forms.ChoiceField(label=_("Counted in"), choices=TermUnit)

    @classmethod
    def example(cls) -> "CalculatorForm":
        """The form as it opens: now, and a term to change."""
        start = timezone.localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")
        return cls(initial={"start": start, "number": 3, "unit": TermUnit.WORKING_DAYS})

    def term(self) -> Term:
        """The term of a valid form."""
        return Term(self.cleaned_data["number"], TermUnit(self.cleaned_data["unit"]))

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.two_person import MAX_REASON_CHARS
from jiyue.policy.entry import MAX_CLAUSE_CHARS, MAX_LIST, MAX_NUMBER, MAX_TEXT_CHARS
from jiyue.policy.keys import AREAS, Definition, Shape
from jiyue.policy.services import MAX_NAME_CHARS
from jiyue.policy.terms import TermUnit
from jiyue.policy.values import PolicyValue, Stated

LAST_DAY = date(2200, 1, 1)  # a limit against slips of the finger
Choices = Sequence[tuple[str, str]]


class RuleFilterForm(forms.Form):
    """Whose rules are shown, and which."""

    unit = forms.ChoiceField(label=_("Unit"))
    area = forms.ChoiceField(label=_("Area"), required=False, choices=[("", _("all areas")), *AREAS.items()])
    words = forms.CharField(label=_("Rule, clause or value"), required=False, max_length=60)
    looser = forms.BooleanField(label=_("only looser than GL"), required=False)

    def __init__(self, *args: Any, units: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]  # a choice field


def _effective_on() -> forms.DateField:
    return forms.DateField(
        label=_("Effective on"),
        initial=clock.today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Not before the day on which the second person agrees."),
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"), max_length=MAX_REASON_CHARS, widget=forms.Textarea(attrs={"rows": 3})
    )


class NumberListField(forms.CharField):
    """Whole numbers with commas between them."""

    def clean(self, value: Any) -> Any:
        """Return a list of numbers.

        Raises:
            ValidationError: Something else stands between the commas.
        """
        text = super().clean(value)
        parts = [
            part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()
        ]
        if any(not part.isascii() or not part.isdigit() or len(part) > 6 for part in parts):
            raise forms.ValidationError(_("Write whole numbers with commas between them: 3, 1."))
        return [int(part) for part in parts]


def _value_field(definition: Definition) -> forms.Field:
    choices = list(definition.choices.items())
    fields: dict[Shape, forms.Field] = {
        Shape.TERM: forms.IntegerField(min_value=0, max_value=MAX_NUMBER),
        Shape.NUMBER: forms.IntegerField(min_value=0, max_value=MAX_NUMBER),
        Shape.TERMS: NumberListField(max_length=8 * MAX_LIST),
        Shape.NUMBERS: NumberListField(max_length=8 * MAX_LIST),
        Shape.CHOICE: forms.ChoiceField(choices=choices),
        Shape.NAMES: forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple),
        Shape.DAY_OF_YEAR: forms.RegexField(r"^\d\d-\d\d$", help_text=_("Month and day: 01-31.")),
        Shape.TEXT: forms.CharField(max_length=MAX_TEXT_CHARS),
    }
    field = fields[definition.shape]
    field.label, field.required = _("New value"), False
    return field


class RuleForm(forms.Form):
    """A new version of one rule in a local profile."""

    profile = forms.ChoiceField(label=_("Local profile"))
    is_silent = forms.BooleanField(
        label=_("The profile no longer states this rule; its parent applies"), required=False
    )
    clause = forms.CharField(
        label=_("Clause"),
        required=False,
        max_length=MAX_CLAUSE_CHARS,
        help_text=_("Document and article, or who decided it."),
    )
    effective_on = _effective_on()
    reason = _reason()

    def __init__(self, *args: Any, definition: Definition, profiles: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.definition = definition
        self.fields["profile"].choices = profiles  # type: ignore[attr-defined]  # a choice field
        self.fields["value"] = _value_field(definition)
        self.is_checklist = definition.shape is Shape.NAMES
        self.has_unit = definition.shape in {Shape.TERM, Shape.TERMS}
        if self.has_unit:
            self.fields["unit"] = forms.ChoiceField(label=_("counted in"), choices=TermUnit.choices)

    @staticmethod
    def initial_of(value: PolicyValue) -> dict[str, object]:
        """What the form begins with: the value in force."""
        shown = value.value
        if isinstance(shown, list) and any(isinstance(item, int) for item in shown):
            return {"value": ", ".join(map(str, shown)), "unit": value.unit}
        return {"value": shown, "unit": value.unit}

    def clean(self) -> dict[str, Any]:
        """A value is needed unless the profile falls silent; an empty checklist is a value."""
        data: dict[str, Any] = super().clean() or {}
        is_missing = data.get("value") in (None, "", []) and not self.is_checklist
        if is_missing and not data.get("is_silent") and "value" not in self.errors:
            self.add_error("value", _("Enter a value, or say that the profile no longer states this rule."))
        if not data.get("is_silent") and not data.get("clause") and "clause" not in self.errors:
            self.add_error("clause", _("Name the clause, or who decided it."))
        return data

    def stated(self) -> Stated | None:
        """The value as the service takes it."""
        data = self.cleaned_data
        return None if data["is_silent"] else data["value"]

    def stated_unit(self) -> str:
        """What a number counts."""
        return str(self.cleaned_data["unit"]) if self.has_unit else self.definition.unit

    def clean_effective_on(self) -> date:
        """Refuse years beyond the calendar of any rule."""
        return _in_reach(self.cleaned_data["effective_on"])


def _in_reach(day: date) -> date:
    if day > LAST_DAY:
        raise forms.ValidationError(_("This day lies too far ahead."))
    return day


class ProfileForm(forms.Form):
    """A new local profile."""

    unit = forms.ChoiceField(label=_("Unit"), help_text=_("It and the units below it may use the profile."))
    code = forms.CharField(
        label=_("Code"), max_length=40, help_text=_("Letters, digits and hyphens: city-2026.")
    )
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME_CHARS)
    parent = forms.ChoiceField(
        label=_("Inherits from"), help_text=_("Its values apply where the local profile is silent.")
    )

    def __init__(self, *args: Any, units: Choices, parents: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]  # a choice field
        self.fields["parent"].choices = parents  # type: ignore[attr-defined]  # a choice field


class AssignmentForm(forms.Form):
    """Which profile a unit and those below it follow."""

    profile = forms.ChoiceField(label=_("Policy profile"), required=False)
    is_strictest = forms.ChoiceField(
        label=_("Where it is looser than GL"),
        choices=[("", _("the local value applies")), ("1", _("GL's value applies"))],
        required=False,
    )
    effective_on = _effective_on()
    reason = _reason()

    def __init__(self, *args: Any, profiles: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = profiles  # type: ignore[attr-defined]  # a choice field

    def clean_effective_on(self) -> date:
        """Refuse years beyond the calendar of any rule."""
        return _in_reach(self.cleaned_data["effective_on"])

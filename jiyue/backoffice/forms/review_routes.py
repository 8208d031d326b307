"""Forms of routes, offices and of what makes an item major."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.enums import REVIEWING_ROLES, StaffRole, UnitKind, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.review.enums import MajorSign, Office, PaperKind, SortOfContent
from jiyue.review.routing import OWN, Level, Route
from jiyue.review.services.offices import MAX_RULE_CHARS
from jiyue.review.services.routing import MAX_LEVELS, MAX_NAME_CHARS
from jiyue.sites.models import Site

FEW_LEVELS = 4  # rows on the screen; a longer route keeps all of its own
_ROLES = [(role.value, role.label) for role in StaffRole if role in REVIEWING_ROLES]
_OFFICES = [(OWN, _("own unit")), *Office.choices]


def _boxes(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
    )


class LevelForm(forms.Form):
    """One level; without a role it doesn't exist."""

    role = forms.ChoiceField(
        label=_("Who decides"), choices=[("", _("no such level")), *_ROLES], required=False
    )
    unit = forms.ChoiceField(label=_("Of which unit"), choices=_OFFICES, required=False)
    name = forms.CharField(label=_("What the level is called"), max_length=MAX_NAME_CHARS, required=False)
    gates = forms.BooleanField(label=_("signs the checklist"), required=False)
    secrecy = forms.BooleanField(label=_("makes the secrecy review"), required=False)


LevelFormSet = forms.formset_factory(LevelForm, extra=0, max_num=MAX_LEVELS, absolute_max=MAX_LEVELS)


class RouteForm(forms.Form):
    """What a route is called and what it applies to; its levels stand in a formset beside it."""

    key = forms.RegexField(
        label=_("Key"),
        regex=r"^[a-z0-9][a-z0-9._-]{0,59}$",
        help_text=_("Small letters, digits, dots and hyphens; the same key replaces a route."),
    )
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME_CHARS)
    clause = forms.CharField(
        label=_("Clause"), max_length=MAX_NAME_CHARS, help_text=_("Document and number that ask for it.")
    )
    effective_on = forms.DateField(
        label=_("Effective on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sorts = _boxes(_("Sorts of content"), SortOfContent.choices, _("None ticked: all."))
    unit_kinds = _boxes(_("Kinds of unit"), UnitKind.choices, _("None ticked: all."))
    sites = _boxes(_("Websites"), [], _("None ticked: all."))
    papers = _boxes(_("Signed papers that must be on file"), PaperKind.choices)
    is_for_other_units = forms.BooleanField(label=_("Only for websites of other units"), required=False)
    is_for_portal = forms.BooleanField(label=_("Only for government portals"), required=False)
    with_interpretation = forms.BooleanField(
        label=_("Documents only together with their interpretation"), required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        sites = Site.objects.order_by("key").values_list("key", "name")
        self.fields["sites"].choices = list(sites)  # type: ignore[attr-defined]
        self.fields["effective_on"].widget.attrs["min"] = clock.today().isoformat()

    @staticmethod
    def first_values(route: Route) -> dict[str, Any]:
        """What the form shows of an existing route."""
        values = route.as_json()
        return {name: values[name] for name in RouteForm.base_fields if name in values}

    def spec(self, levels: list[Level]) -> dict[str, Any]:
        """The valid form as the fields of a route."""
        data = self.cleaned_data
        names = ("name", "clause", "is_for_other_units", "is_for_portal", "with_interpretation")
        lists = ("sorts", "unit_kinds", "sites", "papers")
        return {
            **{name: data[name] for name in names},
            **{name: list(data[name]) for name in lists},
            "levels": [
                {
                    "role": level.role,
                    "unit": level.unit,
                    "name": level.name,
                    "gates": level.gates,
                    "secrecy": level.secrecy,
                }
                for level in levels
            ],
        }


class RouteEndForm(forms.Form):
    """Ending a route of one's own."""

    effective_on = forms.DateField(
        label=_("Ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label=_("Reason"), max_length=2_000)


class OfficeForm(forms.Form):
    """Which unit is an office."""

    office = forms.ChoiceField(label=_("Office"), choices=Office.choices)
    unit: forms.ModelChoiceField[Organization] = forms.ModelChoiceField(
        label=_("Held by"), queryset=Organization.objects.none(), empty_label=_("choose")
    )
    starts_on = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        units = Organization.objects.filter(status=UnitStatus.ACTIVE).order_by("path")
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class MajorRuleForm(forms.Form):
    """One sign of major information."""

    sign = forms.ChoiceField(label=_("Sign"), choices=MajorSign.choices)
    text = forms.CharField(label=_("Name, category or keyword"), min_length=2, max_length=MAX_RULE_CHARS)

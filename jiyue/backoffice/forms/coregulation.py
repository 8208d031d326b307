"""Forms about co-regulators and the cases shared with them."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.units import UnitField
from jiyue.organizations.coregulation.models import CoRegulationCase, CoRegulator, MatterKind, RegulatorKind
from jiyue.organizations.coregulation.selectors import list_co_regulators
from jiyue.organizations.coregulation.services import MAX_MESSAGE_CHARS, MAX_TITLE_CHARS
from jiyue.organizations.models import Organization


class MessageForm(forms.Form):
    """What is told to everybody who takes part."""

    body = forms.CharField(
        label=_("Message"),
        max_length=MAX_MESSAGE_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Everybody who takes part reads it; it can't be taken back."),
        error_messages={"required": _("The message is empty.")},
    )
    attachment = forms.FileField(label=_("Attachment"), required=False)


class CaseForm(MessageForm):
    """A new case with what is known."""

    kind = forms.ChoiceField(label=_("About"), choices=MatterKind)
    title = forms.CharField(
        label=_("Title"), max_length=MAX_TITLE_CHARS, error_messages={"required": _("The title is missing.")}
    )
    unit = UnitField(label=_("Unit it concerns"), error_messages={"required": _("Name the unit.")})
    regulators = forms.ModelMultipleChoiceField(
        CoRegulator.objects.none(),
        label=_("Share with"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("You can also share it later."),
    )
    field_order = ("kind", "title", "unit", "body", "attachment", "regulators")

    def __init__(self, *args: Any, units: QuerySet[Organization], **values: Any):
        super().__init__(*args, **values)
        self.fields["unit"].offer(units)  # type: ignore[attr-defined]
        self.fields["regulators"].queryset = list_co_regulators()  # type: ignore[attr-defined]
        self.fields["body"].label = _("What is known")


class ShareForm(forms.Form):
    """One more co-regulator for a case."""

    regulator = forms.ModelChoiceField(CoRegulator.objects.none(), label=_("Co-regulator"))

    def __init__(self, *args: Any, case: CoRegulationCase, **values: Any):
        super().__init__(*args, **values)
        shared = case.shares.values("co_regulator")
        self.fields["regulator"].queryset = list_co_regulators().exclude(pk__in=shared)  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    """How a case ended."""

    outcome = forms.CharField(
        label=_("Outcome"),
        max_length=MAX_MESSAGE_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("The outcome is missing. Write how the case ended.")},
    )


class RegulatorForm(forms.Form):
    """An office that watches over websites together with the platform."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RegulatorKind)
    unit = UnitField(label=_("Unit"), error_messages={"required": _("Name the unit.")})

    def __init__(self, *args: Any, units: QuerySet[Organization], **values: Any):
        super().__init__(*args, **values)
        self.fields["unit"].offer(units)  # type: ignore[attr-defined]

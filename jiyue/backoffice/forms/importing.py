from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.channels import ChannelChoiceField, chosen_channels
from jiyue.library.enums import ValidityStatus
from jiyue.library.services import ImportPlan
from jiyue.organizations.models import Organization


class ImportForm(forms.Form):
    """Where the imported documents are to appear, and what to fill in where a file says nothing."""

    channel_ids = ChannelChoiceField()
    issuing_body = forms.CharField(label=_("Issuing body"), required=False, max_length=200)
    validity_status = forms.ChoiceField(
        label=_("Validity"), required=False, choices=[("", _("not stated")), *ValidityStatus.choices]
    )
    source = forms.CharField(label=_("Source"), required=False, max_length=200)
    author = forms.CharField(label=_("Author"), required=False, max_length=100)

    def __init__(self, *args: Any, unit: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.fields["channel_ids"].open_to(unit)  # type: ignore[attr-defined]  # a ChannelChoiceField

    def plan(self) -> ImportPlan:
        """What the valid form decides for all files together."""
        data = self.cleaned_data
        return ImportPlan(
            unit=self.unit,
            channel_ids=tuple(data["channel_ids"]),
            validity_status=data["validity_status"],
            issuing_body=data["issuing_body"],
            source=data["source"],
            author=data["author"],
        )

    def chosen_channels(self) -> set[int]:
        """Channels ticked in the form as it stands."""
        return chosen_channels(self["channel_ids"])

from typing import Any

from django import forms

from jiyue.backoffice.forms.channels import ChannelChoiceField, chosen_channels
from jiyue.organizations.models import Organization


class ImportForm(forms.Form):
    """Where the imported documents are to appear once approved."""

    channel_ids = ChannelChoiceField()

    def __init__(self, *args: Any, unit: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["channel_ids"].open_to(unit)  # type: ignore[attr-defined]  # a ChannelChoiceField

    def chosen_channels(self) -> set[int]:
        """Channels ticked in the form as it stands."""
        return chosen_channels(self["channel_ids"])

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import Organization
from jiyue.sites.selectors import list_open_channels


class ImportForm(forms.Form):
    """Which unit the documents belong to, and where they are to appear once approved."""

    channel_ids = forms.TypedMultipleChoiceField(
        label=_("Channels"),
        required=False,
        coerce=int,
        help_text=_("You can also choose them later, item by item."),
        error_messages={"invalid_choice": _("A chosen channel isn't open to your unit any more.")},
    )

    def __init__(self, *args: Any, unit: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._channels = list(list_open_channels([unit.pk]))
        self.fields["channel_ids"].choices = [(c.pk, str(c)) for c in self._channels]  # type: ignore[attr-defined]

    def channel_groups(self) -> list[tuple[str, list[Any]]]:
        """The channels to choose from, by site."""
        groups: dict[str, list[Any]] = {}
        for channel in self._channels:
            groups.setdefault(channel.site.name, []).append(channel)
        return list(groups.items())

    def chosen_channels(self) -> set[int]:
        """Channels ticked in the form as it stands."""
        return {int(pk) for pk in self["channel_ids"].value() or [] if str(pk).isdigit()}

"""Choosing channels by checkboxes, grouped by site."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.numbers import read_keys
from jiyue.organizations.models import Organization
from jiyue.sites.models import Channel
from jiyue.sites.selectors import list_open_channels


@dataclass(frozen=True)
class SiteChannels:
    """The channels of one site that the unit may choose."""

    name: str
    channels: list[Channel]


class ChannelChoiceField(forms.TypedMultipleChoiceField):
    """Channels open to one unit; a bound field can't hold any other."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Channels"),
            required=False,
            coerce=int,
            error_messages={"invalid_choice": _("A chosen channel isn't open to your unit any more.")},
        )
        self.groups: list[SiteChannels] = []

    def open_to(self, unit: Organization) -> None:
        """Offer the channels that are open to `unit`."""
        channels = list(list_open_channels([unit.pk]))
        self.choices = [(channel.pk, str(channel)) for channel in channels]
        self.groups = _by_site(channels)


def _by_site(channels: Iterable[Channel]) -> list[SiteChannels]:
    groups: dict[int, SiteChannels] = {}
    for channel in channels:
        groups.setdefault(channel.site_id, SiteChannels(channel.site.name, [])).channels.append(channel)
    return list(groups.values())


def chosen_channels(field: forms.BoundField) -> set[int]:
    """Channels ticked in the form as it stands."""
    return set(read_keys([str(pk) for pk in field.value() or []]))

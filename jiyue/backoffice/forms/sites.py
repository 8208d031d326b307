"""Forms about who answers for sites and channels."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.units import UnitField, day_field
from jiyue.organizations.models import Organization, Person
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.models import Channel, Site
from jiyue.sites.selectors import list_possible_owners


class SiteRoleForm(forms.Form):
    """What a unit is for a site."""

    role = forms.ChoiceField(label=_("Role"), choices=SiteRoleName)
    unit = UnitField(label=_("Unit"), error_messages={"required": _("Name the unit.")})
    starts_on = day_field(_("From"))
    ends_on = day_field(_("Up to"), required=False, help_text=_("Empty: until it is ended."))

    def __init__(self, *args: Any, units: QuerySet[Organization], **values: Any):
        super().__init__(*args, **values)
        self.fields["unit"].offer(units)  # type: ignore[attr-defined]


class ChannelOwnerForm(forms.Form):
    """Who answers for a channel."""

    channel = forms.ModelChoiceField(Channel.objects.none(), label=_("Channel"))
    person = forms.ModelChoiceField(
        Person.objects.none(),
        label=_("Channel owner"),
        help_text=_("People of the units that run the site or contribute to it."),
    )
    starts_on = day_field(_("From"))
    ends_on = day_field(_("Up to"), required=False, help_text=_("Empty: until it is ended."))

    def __init__(self, *args: Any, site: Site, **values: Any):
        super().__init__(*args, **values)
        channel, person = self.fields["channel"], self.fields["person"]
        channel.queryset = site.channels.all()  # type: ignore[attr-defined]
        channel.label_from_instance = lambda row: row.name  # type: ignore[attr-defined]
        person.queryset = list_possible_owners(site)  # type: ignore[attr-defined]
        person.label_from_instance = _named  # type: ignore[attr-defined]


def _named(person: Person) -> str:
    """Namesakes are told apart by their employee number."""
    return f"{person.name} {person.employee_number or ''}".strip()

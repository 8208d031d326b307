"""Forms of the open intake: systems, quarantine, content taken in by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.channels import ChannelChoiceField, chosen_channels
from jiyue.backoffice.forms.units import UnitField
from jiyue.library.content import MAX_BODY_CHARS, MAX_FIELD_CHARS, MAX_TITLE_CHARS, ResourceContent
from jiyue.library.enums import AcquisitionMode, Openness
from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.clients import MAX_CALLS_PER_MINUTE, ClientPlan
from jiyue.library.open_intake.models import IntakeClient
from jiyue.library.open_intake.modes import BY_HAND
from jiyue.library.open_intake.quarantine import MAX_REFUSAL_CHARS
from jiyue.library.richtext import html_to_text, text_to_html
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.sites.selectors import list_open_channels


class ClientForm(forms.Form):
    """What the platform manager decides about a business system."""

    name = forms.CharField(label=_("Name of the system"), max_length=100)
    unit = UnitField(label=_("Unit"), help_text=_("Its library gets the drafts."))
    keeper = forms.CharField(
        label=_("Keeper (login name)"),
        max_length=150,
        help_text=_("An active entry clerk of the unit; drafts are made in this person's name."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds it may hand in"), widget=forms.CheckboxSelectMultiple, initial=["article"]
    )
    channels = forms.CharField(
        label=_("Channels it may name"),
        required=False,
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line as site/channel, for instance shi/yaowen; empty for none."),
    )
    networks = forms.CharField(
        label=_("Addresses it calls from"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One address or network a line; empty for any."),
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls a minute"), min_value=1, max_value=MAX_CALLS_PER_MINUTE, initial=60
    )

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Organization],
        client: IntakeClient | None = None,
        **kwargs: Any,
    ):
        if client is not None:
            kwargs["initial"] = {
                "keeper": client.keeper.login_name,
                "kinds": client.kinds,
                "channels": "\n".join(
                    f"{each.site.key}/{each.key}" for each in client.channels.select_related("site")
                ),
                "networks": "\n".join(client.networks),
                "calls_per_minute": client.calls_per_minute,
            }
        super().__init__(*args, **kwargs)
        self.client = client
        self.fields["kinds"].choices = [(key, kind.label) for key, kind in KINDS]  # type: ignore[attr-defined]
        self.fields["unit"].offer(units)  # type: ignore[attr-defined]  # a UnitField
        if client is not None:
            del self.fields["unit"], self.fields["name"]

    def clean(self) -> dict[str, Any]:
        """Find keeper and channels; an account of another unit isn't told from one that doesn't exist."""
        data = super().clean() or {}
        unit = self.client.unit if self.client else data.get("unit")
        if unit is None:
            return data
        clerks = get_active_roles().filter(unit=unit, role=StaffRole.ENTRY_CLERK).values("person_id")
        keeper = StaffAccount.objects.filter(login_name=data.get("keeper", ""), person__in=clerks).first()
        if keeper is None:
            self.add_error("keeper", _("No entry clerk of the unit has this login name."))
        known = {f"{each.site.key}/{each.key}": each for each in list_open_channels([unit.pk])}
        names = str(data.get("channels", "")).split()
        if unknown := [name for name in names if name not in known]:
            message = _("Not open to the unit: %(names)s.") % {"names": ", ".join(unknown)[:200]}
            self.add_error("channels", message)
        return {
            **data,
            "unit": unit,
            "keeper": keeper,
            "channels": [known[name] for name in names if name in known],
        }

    def plan(self) -> ClientPlan:
        """As the service takes it; call it on a valid form."""
        values = self.cleaned_data
        return ClientPlan(
            name=self.client.name if self.client else values["name"],
            unit=values["unit"],
            keeper=values["keeper"],
            channels=values["channels"],
            kinds=values["kinds"],
            networks=values["networks"].split(),
            calls_per_minute=values["calls_per_minute"],
        )


class _ContentForm(forms.Form):
    """What an item needs to become a draft; the rest is filled in on the draft."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE_CHARS)
    text = forms.CharField(
        label=_("Text"), required=False, max_length=MAX_BODY_CHARS, widget=forms.Textarea(attrs={"rows": 12})
    )
    source = forms.CharField(label=_("Source"), required=False, max_length=MAX_FIELD_CHARS)
    author = forms.CharField(label=_("Author"), required=False, max_length=MAX_FIELD_CHARS)
    channel_ids = ChannelChoiceField()

    def __init__(self, *args: Any, unit: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["channel_ids"].open_to(unit)  # type: ignore[attr-defined]  # a ChannelChoiceField

    @property
    def chosen(self) -> set[int]:
        """Channels ticked in the form as it stands."""
        return chosen_channels(self["channel_ids"])

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """Every field but the channels."""
        return [field for field in self if field.name != "channel_ids"]


class AcceptForm(_ContentForm):
    """An item in quarantine as the clerk corrects it."""

    written_on = forms.DateField(
        label=_("Date of writing"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    openness = forms.ChoiceField(
        label=_("Openness"), required=False, choices=[("", _("not stated")), *Openness.choices]
    )

    field_order = ("title", "text", "source", "author", "written_on", "openness", "channel_ids")

    def corrected(self, content: ResourceContent) -> ResourceContent:
        """What was understood, with what the clerk changed; an untouched text keeps its layout."""
        values = self.cleaned_data
        is_same = values["text"].split() == html_to_text(content.body_html).split()
        return content.with_values(
            title=values["title"],
            body_html=content.body_html if is_same else text_to_html(values["text"]),
            source=values["source"],
            author=values["author"],
            written_on=values["written_on"],
            openness=values["openness"],
            channel_ids=tuple(sorted(values["channel_ids"])),
        )


class RefuseForm(forms.Form):
    """Why an item isn't taken in; its sender reads it."""

    reason = forms.CharField(
        label=_("Reason (the sending system reads it)"),
        max_length=MAX_REFUSAL_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CaptureForm(_ContentForm):
    """Content from elsewhere, taken in by hand."""

    mode = forms.ChoiceField(label=_("How it comes in"))
    source_url = forms.CharField(
        label=_("Address of the original page"),
        required=False,
        max_length=MAX_FIELD_CHARS,
        help_text=_("Needed for captured content and for links."),
    )

    field_order = ("mode", "source_url", "title", "text", "source", "author", "channel_ids")

    def __init__(self, *args: Any, disabled: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (mode.value, mode.label) for mode in BY_HAND if mode.value not in disabled
        ]

    def content(self) -> ResourceContent:
        """The new draft; call it on a valid form."""
        values = self.cleaned_data
        return ResourceContent(
            kind="article",
            title=values["title"],
            body_html=text_to_html(values["text"]),
            source=values["source"],
            author=values["author"],
            source_url=values["source_url"].strip(),
            channel_ids=tuple(sorted(values["channel_ids"])),
        )

    def chosen_mode(self) -> AcquisitionMode:
        """The way chosen."""
        return AcquisitionMode(self.cleaned_data["mode"])

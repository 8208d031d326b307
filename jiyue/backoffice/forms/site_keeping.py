"""Forms of those who look after a site: the web archive and how well search engines know it."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.units import day_field
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.services import MAX_PAGES, MAX_SOURCE_CHARS, InclusionEntry
from jiyue.publishing.webarchive.services import Target, find_pages
from jiyue.sites.models import Channel, Site

_REASON_CHARS = 2_000
_ADDRESSES_CHARS = 60_000  # 200 addresses


def reason_field() -> forms.CharField:
    """Why, in a few lines."""
    return forms.CharField(
        label=_("Reason"), max_length=_REASON_CHARS, widget=forms.Textarea(attrs={"rows": 3})
    )


class ArchiveForm(forms.Form):
    """What goes into the web archive: a site, a channel, or pages."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label=_("Channel"),
        required=False,
        help_text=_("With all channels below it. Empty: single pages, or the whole site."),
    )
    addresses = forms.CharField(
        label=_("Addresses of single pages"),
        required=False,
        max_length=_ADDRESSES_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, as the browser shows them. Empty: the channel, or the whole site."),
    )
    reason = reason_field()

    def __init__(self, *args: Any, sites: QuerySet[Site], **values: Any):
        super().__init__(*args, **values)
        site, channel = self.fields["site"], self.fields["channel"]
        site.queryset = sites  # type: ignore[attr-defined]
        channel.queryset = (  # type: ignore[attr-defined]
            Channel.objects.filter(site__in=sites)
            .select_related("site")
            .order_by("site_id", "position", "pk")
        )
        channel.label_from_instance = lambda row: f"{row.site.name} / {row.name}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One scope, and a channel of the site."""
        data = super().clean() or {}
        channel, site = data.get("channel"), data.get("site")
        if channel and site and channel.site_id != site.pk:
            self.add_error("channel", _("This channel belongs to another site."))
        if channel and data.get("addresses", "").strip():
            self.add_error("addresses", _("Name either a channel or single pages, not both."))
        return data

    def target(self) -> Target:
        """What was named.

        Raises:
            ArchiveRefused: An address isn't that of a public page of the site.
        """
        data = self.cleaned_data
        lines = data["addresses"].splitlines()
        pages = find_pages(data["site"], lines) if data["addresses"].strip() else ()
        return Target(data["site"], data["channel"], pages)


class ReasonForm(forms.Form):
    """A reason alone."""

    reason = reason_field()


class InclusionForm(forms.Form):
    """How many pages a search engine had in its index."""

    engine = forms.ChoiceField(label=_("Search engine"), choices=SearchEngine)
    counted_on = day_field(_("Counted on"))
    indexed_pages = forms.IntegerField(label=_("Pages in the index"), min_value=0, max_value=MAX_PAGES)
    source = forms.CharField(
        label=_("Where the figure is from"),
        max_length=MAX_SOURCE_CHARS,
        help_text=_("Such as the engine's tools for site owners."),
    )

    def entry(self) -> InclusionEntry:
        """The figure that was typed."""
        data = self.cleaned_data
        return InclusionEntry(
            SearchEngine(data["engine"]), data["counted_on"], data["indexed_pages"], data["source"]
        )


class InclusionFileForm(forms.Form):
    """Figures as a CSV table."""

    file = forms.FileField(label=_("CSV file"))

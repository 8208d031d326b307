"""Form of days of mourning."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.publishing_work import MOMENT_FORMATS
from jiyue.sites.models import Site
from jiyue.sites.mourning import MAX_REASON_CHARS


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        error_messages={
            "required": _("Enter the moment."),
            "invalid": _("Enter date and time, for example 2026-12-01 09:00:00."),
        },
    )


class MourningForm(forms.Form):
    """Which sites turn grey, from when to when, and why."""

    sites = forms.ModelMultipleChoiceField(
        Site.objects.none(),
        label=_("Sites"),
        error_messages={"required": _("Tick the sites that turn grey.")},
    )
    starts_at = _moment(_("From"))
    ends_at = _moment(_("Up to"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARS,
        help_text=_("The order that is followed; it stays in the audit trail."),
        error_messages={"required": _("Name the order that the mourning follows.")},
    )

    def __init__(self, *args: Any, sites: QuerySet[Site], **values: Any):
        super().__init__(*args, **values)
        self.fields["sites"].queryset = sites  # type: ignore[attr-defined]

    @property
    def ticked(self) -> set[str]:
        """Ids of the sites ticked so far, as text."""
        return {str(value) for value in self["sites"].value() or ()}

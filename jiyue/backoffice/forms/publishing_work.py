"""Forms of the publishing queue: the moment of a release, and what people do with batches."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

REASON_CHARS = 300
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]


def moment_field(*, required: bool = False, help_text: Any = "") -> forms.DateTimeField:
    """A moment to the second, in the time of the server (Asia/Shanghai)."""
    return forms.DateTimeField(
        label=_("Goes out at"),
        required=required,
        help_text=help_text,
        input_formats=MOMENT_FORMATS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        error_messages={
            "required": _("Enter the moment."),
            "invalid": _("Enter date and time, for example 2026-12-01 09:00:00."),
        },
    )


def _reason(help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        help_text=help_text,
        required=False,  # asked for by the service, in its own words
        max_length=REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PlannedFields(forms.Form):
    """Part of a submission: when the items go out, if not with the last approval."""

    release_at = moment_field(
        help_text=_("Leave it empty to publish with the last approval. It is never published before that.")
    )


class PlanForm(forms.Form):
    """Another moment for a case."""

    release_at = moment_field(required=True)
    reason = _reason(_("Needed when a moment was planned before."))


class CancelPlanForm(forms.Form):
    """No moment any more."""

    reason = _reason()


class BatchActForm(forms.Form):
    """What a batch is told to do."""

    act = forms.ChoiceField(choices=[(verb, verb) for verb in ("pause", "resume", "cancel", "retry")])
    reason = _reason()

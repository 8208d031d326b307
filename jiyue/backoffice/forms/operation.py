from django import forms
from django.utils.translation import gettext_lazy as _

MAX_HANDLING_CHARS = 2_000


class AlarmHandlingForm(forms.Form):
    """What somebody found and did about an alarm."""

    handling = forms.CharField(
        label=_("What you found and what you did"),
        help_text=_("Kept with the alarm and in the audit trail; it can't be changed afterwards."),
        max_length=MAX_HANDLING_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core.two_person import MAX_REASON_CHARS

APPROVE, REFUSE = "approve", "refuse"


class ChangeDecisionForm(forms.Form):
    """What the second person says to a proposed change."""

    decision = forms.ChoiceField(choices=[(APPROVE, _("approve")), (REFUSE, _("refuse"))])
    seen_digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    opinion = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=MAX_REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when you refuse."),
    )

    # `reason` is what the service calls the opinion of a refusal
    field_of: ClassVar = {"reason": "opinion"}

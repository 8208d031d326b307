from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.library.enums import WithdrawalReason

_OPINION_CHARS = 2_000  # characters; longer opinions belong into the item's file


class SubmitForm(forms.Form):
    """What the clerk tells the reviewers."""

    comment = forms.CharField(
        label=_("Comment for the reviewers"),
        required=False,
        max_length=_OPINION_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class BatchForm(SubmitForm):
    """One case over many items."""

    title = forms.CharField(
        label=_("Title of the batch"),
        max_length=300,
        help_text=_("What reviewers see in their list, for example: Regulations imported in November 2026."),
        error_messages={"required": _("The batch needs a title.")},
    )
    expected = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    field_order = ("title", "comment", "expected")


class DecisionForm(forms.Form):
    """A reviewer's decision on the state that was on the screen."""

    step = forms.IntegerField(widget=forms.HiddenInput)
    seen_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    opinion = forms.CharField(
        label=_("Opinion or reason"),
        required=False,
        max_length=_OPINION_CHARS,
        help_text=_("Required when you return the item: write what has to be changed."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("return", _("Return for changes"))])


class WithdrawForm(forms.Form):
    """Why an item is taken down."""

    reason_type = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("please choose")), *WithdrawalReason.choices],
        error_messages={"required": _("Choose a reason.")},
    )
    reason = forms.CharField(
        label=_("Explanation"),
        max_length=_OPINION_CHARS,
        help_text=_("It stays in the item's history."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("The explanation is missing. Write why the item is taken down.")},
    )

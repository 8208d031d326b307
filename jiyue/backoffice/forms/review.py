from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.enums import WithdrawalReason
from jiyue.policy.keys import definition_of
from jiyue.review.enums import SecrecyResult
from jiyue.review.models import ReviewStep
from jiyue.review.submission import Checks, SecrecyOpinion

_OPINION_CHARS = 2_000  # characters; longer opinions belong into the item's file
MAX_BASIS_CHARS = 300  # characters; a basis names a rule or a decision, it doesn't quote it
COMMON_BASES: tuple[Promise, ...] = (
    _("The content holds no state secret, work secret, trade secret or personal privacy."),
    _("The content was made public by a competent body before."),
    _("By the openness opinion of the providing unit."),
    _("Checked against the list of secret matters of the unit's field: none concerned."),
)


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
    """A reviewer's decision on the state that was on the screen, with what is signed for it.

    Args:
        deciding: The step on the screen; says which gates it asks for and whether the
            secrecy review takes place there. None where the case has no open step any more.

    Source: NT 17 (REV-13); GL 二(二)2, HT 一¶4, NB 15, CQ (三) (REV-14).
    """

    step = forms.IntegerField(widget=forms.HiddenInput)
    seen_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    gates = forms.MultipleChoiceField(
        label=_("Checklist"), required=False, widget=forms.CheckboxSelectMultiple
    )
    secrecy_result = forms.ChoiceField(
        label=_("Result of the secrecy review"),
        required=False,
        choices=SecrecyResult.choices,
        widget=forms.RadioSelect,
    )
    secrecy_basis = forms.CharField(
        label=_("Basis of the secrecy review"),
        required=False,
        max_length=MAX_BASIS_CHARS,
        widget=forms.TextInput(attrs={"list": "secrecy-bases", "autocomplete": "off"}),
    )
    opinion = forms.CharField(
        label=_("Opinion or reason"),
        required=False,
        max_length=_OPINION_CHARS,
        help_text=_("Required when you return the item: write what has to be changed."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("return", _("Return for changes"))])

    def __init__(self, *args: Any, deciding: ReviewStep | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        gates, secrecy = (deciding.gates, deciding.needs_secrecy_review) if deciding else ([], False)
        words = definition_of("review.gates").choices
        self._choices_of("gates").choices = [(gate, words.get(gate, gate)) for gate in gates]
        self.is_signing = bool(gates) or secrecy
        if not gates:
            del self.fields["gates"]
        if not secrecy:
            del self.fields["secrecy_result"], self.fields["secrecy_basis"]

    def _choices_of(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])

    def checks(self) -> Checks:
        """What the reviewer signs, from a valid form; the rules behind it are review's."""
        result = self.cleaned_data.get("secrecy_result")
        basis = self.cleaned_data.get("secrecy_basis", "")
        opinion = SecrecyOpinion(SecrecyResult(result), basis) if result else None
        return Checks(gates=frozenset(self.cleaned_data.get("gates", ())), secrecy=opinion)


class RecallForm(forms.Form):
    """Why an author takes a case back."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,  # asked for by the service, in its own words
        max_length=_OPINION_CHARS,
        help_text=_("The reviewers read it in the course of the review."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


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

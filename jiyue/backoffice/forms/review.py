from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.publishing_work import PlannedFields
from jiyue.library.enums import WithdrawalReason
from jiyue.library.models import Resource
from jiyue.library.use.corrections import FoundError
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.policy.keys import definition_of
from jiyue.review.enums import SecrecyResult
from jiyue.review.models import PaperFiling, ReviewStep
from jiyue.review.submission import Checks, Handling, SecrecyOpinion

_OPINION_CHARS = 2_000  # characters; longer opinions belong into the item's file
MAX_BASIS_CHARS = 300  # characters; a basis names a rule or a decision, it doesn't quote it
COMMON_BASES: tuple[Promise, ...] = (
    _("The content holds no state secret, work secret, trade secret or personal privacy."),
    _("The content was made public by a competent body before."),
    _("By the openness opinion of the providing unit."),
    _("Checked against the list of secret matters of the unit's field: none concerned."),
)


class CommentForm(forms.Form):
    """What the clerk tells the reviewers."""

    comment = forms.CharField(
        label=_("Comment for the reviewers"),
        required=False,
        max_length=_OPINION_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SubmitForm(PlannedFields, CommentForm):
    """How one item goes through review.

    Args:
        papers: Signed papers on file for the unit.
        companions: Items that may go out together with this one.
    """

    is_urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_("Each reviewer is told at once; no level is skipped."),
    )
    urgent_reason = forms.CharField(label=_("Why it can't wait"), required=False, max_length=300)
    is_major = forms.BooleanField(
        label=_("Major information"), required=False, help_text=_("The principal leader decides too.")
    )
    is_sensitive = forms.BooleanField(
        label=_("Sensitive"),
        required=False,
        help_text=_("It isn't released before a risk assessment is on record."),
    )
    papers = forms.MultipleChoiceField(
        label=_("Signed papers on file"), required=False, widget=forms.CheckboxSelectMultiple
    )
    companion = forms.ChoiceField(label=_("Submit together with"), required=False)

    field_order = (
        "is_urgent",
        "urgent_reason",
        "is_major",
        "is_sensitive",
        "papers",
        "companion",
        "release_at",
        "comment",
    )

    def __init__(
        self, *args: Any, papers: Sequence[PaperFiling], companions: Sequence[Resource], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        choices = [
            (str(paper.pk), f"{paper.filing_number} {paper.title} ({paper.get_kind_display()})")
            for paper in papers
        ]
        cast(forms.ChoiceField, self.fields["papers"]).choices = choices
        together = [(str(item.pk), item.title) for item in companions]
        cast(forms.ChoiceField, self.fields["companion"]).choices = [("", _("alone")), *together]
        if not papers:
            del self.fields["papers"]
        if not companions:
            del self.fields["companion"]

    def handling(self) -> Handling:
        """What the submitter decides about the passage, from a valid form."""
        data = self.cleaned_data
        return Handling(
            comment=data.get("comment", ""),
            is_major=data.get("is_major", False),
            is_urgent=data.get("is_urgent", False),
            urgent_reason=data.get("urgent_reason", ""),
            is_sensitive=data.get("is_sensitive", False),
            paper_ids=tuple(int(pk) for pk in data.get("papers", ())),
        )


class CorrectionForm(forms.Form):
    """What was wrong with a public item (REV-30; GL 八(二)2)."""

    kind = forms.ChoiceField(
        label=_("What was wrong"),
        choices=[("", _("please choose")), *ErrorKind.choices],
        error_messages={"required": _("Choose what was wrong.")},
    )
    error = forms.CharField(
        label=_("In words"),
        required=False,  # asked for by the service, in its own words
        max_length=_OPINION_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    finder = forms.ChoiceField(
        label=_("Found by"),
        choices=[("", _("please choose")), *Finder.choices],
        error_messages={"required": _("Choose who found it.")},
    )
    found_at = forms.DateTimeField(
        label=_("Found at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"required": _("Enter when it was found.")},
    )
    reference = forms.CharField(label=_("Number of the report or order"), required=False, max_length=100)

    def found(self) -> FoundError:
        """The error as the library records it, from a valid form."""
        data = self.cleaned_data
        return FoundError(
            kind=ErrorKind(data["kind"]),
            error=data["error"],
            finder=Finder(data["finder"]),
            found_at=data["found_at"],
            reference=data["reference"],
        )


class BatchForm(PlannedFields, CommentForm):
    """One case over many items."""

    title = forms.CharField(
        label=_("Title of the batch"),
        max_length=300,
        help_text=_("What reviewers see in their list, for example: Regulations imported in November 2026."),
        error_messages={"required": _("The batch needs a title.")},
    )
    expected = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    field_order = ("title", "release_at", "comment", "expected")


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

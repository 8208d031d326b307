"""Forms of what goes with a case: questions, answers, risk assessments, papers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.files import read_upload
from jiyue.organizations.models import Organization
from jiyue.review.enums import PaperKind
from jiyue.review.services import MAX_OPINION_CHARS
from jiyue.review.services.holding import Answer, Assessment, UploadedFile
from jiyue.review.services.papers import Paper

YES, NO = "yes", "no"


def _long(label: Any, *, rows: int = 4, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=MAX_OPINION_CHARS,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _upload(data: dict[str, Any], name: str) -> UploadedFile | None:
    file = data.get(name)
    return UploadedFile(read_upload(file, field=name), file.name) if file else None


class ReferForm(forms.Form):
    """A question to whoever can decide whether something may be public."""

    referred_to = forms.CharField(
        label=_("Who is asked"), max_length=100, help_text=_("The competent department or secrecy authority.")
    )
    is_secrecy_authority = forms.BooleanField(label=_("This is the secrecy authority"), required=False)
    question = _long(_("Question"), help_text=_("Which part can't be decided here, and why."))


class AnswerForm(forms.Form):
    """The decision of the body that was asked."""

    may_be_public = forms.ChoiceField(
        label=_("Decision"),
        choices=[(YES, _("may be public")), (NO, _("must not be public"))],
        widget=forms.RadioSelect,
    )
    answer = _long(_("Words of the answer"))
    answer_number = forms.CharField(label=_("Number of the answer"), max_length=60)
    answer_file = forms.FileField(label=_("The letter"), required=False, allow_empty_file=True)

    def answer_value(self) -> Answer:
        """What the valid form says.

        Raises:
            FileRefused: The letter is too large.
        """
        data = self.cleaned_data
        return Answer(
            may_be_public=data["may_be_public"] == YES,
            text=data["answer"],
            number=data["answer_number"],
            file=_upload(data, "answer_file"),
        )


class MarkForm(forms.Form):
    """Why a case is sensitive."""

    reason = _long(_("Why it is sensitive"), rows=3, help_text=_("The mark can't be taken away again."))


class AssessForm(forms.Form):
    """A risk assessment."""

    risks = _long(_("Risks"), help_text=_("What could happen when this becomes public."))
    coordinated_with = forms.CharField(
        label=_("Coordinated with"), max_length=300, help_text=_("The units that were asked.")
    )
    measures = _long(_("Measures"), rows=3, required=False, help_text=_("What is done against the risks."))
    may_be_released = forms.ChoiceField(
        label=_("Conclusion"),
        choices=[(YES, _("may be released")), (NO, _("must not be released"))],
        widget=forms.RadioSelect,
    )
    file = forms.FileField(label=_("Record as a file"), required=False, allow_empty_file=True)

    def assessment(self) -> Assessment:
        """What the valid form says.

        Raises:
            FileRefused: The record is too large.
        """
        data = self.cleaned_data
        return Assessment(
            risks=data["risks"],
            coordinated_with=data["coordinated_with"],
            measures=data["measures"],
            may_be_released=data["may_be_released"] == YES,
            file=_upload(data, "file"),
        )


class PaperForm(forms.Form):
    """A signed paper for the files of the portal office."""

    unit: forms.ModelChoiceField[Organization] = forms.ModelChoiceField(
        label=_("Submitting unit"), queryset=Organization.objects.none()
    )
    kind = forms.ChoiceField(label=_("Sort of paper"), choices=PaperKind.choices)
    filing_number = forms.CharField(label=_("Filing number"), max_length=60)
    title = forms.CharField(label=_("Title"), max_length=300)
    signed_by = forms.CharField(
        label=_("Signed by"), max_length=60, help_text=_("The principal leader of the submitting unit.")
    )
    signed_on = forms.DateField(
        label=_("Signed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    has_stamp = forms.BooleanField(label=_("Bears the unit's stamp"), required=False)
    consent_words = forms.CharField(label=_("Words of consent on the paper"), required=False, max_length=200)
    scan = forms.FileField(
        label=_("Scan"), allow_empty_file=True, help_text=_("PDF, JPG, PNG or WEBP of the signed paper.")
    )

    def __init__(self, *args: Any, units: list[Organization], words: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        ids = [unit.pk for unit in units]
        self.fields["unit"].queryset = Organization.objects.filter(pk__in=ids).order_by("path")  # type: ignore[attr-defined]
        self.fields["signed_on"].widget.attrs["max"] = clock.today().isoformat()
        self.fields["consent_words"].help_text = _("On notices and documents it must say “%(words)s”.") % {
            "words": words
        }

    def paper(self) -> Paper:
        """What the valid form says.

        Raises:
            FileRefused: The scan is too large.
        """
        data = self.cleaned_data
        return Paper(
            unit=data["unit"],
            kind=PaperKind(data["kind"]),
            filing_number=data["filing_number"],
            title=data["title"],
            signed_by=data["signed_by"],
            signed_on=data["signed_on"],
            has_stamp=data["has_stamp"],
            consent_words=data["consent_words"],
            scan=read_upload(data["scan"], field="scan"),
            scan_name=data["scan"].name,
        )

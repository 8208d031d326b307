"""What was wrong with a published item: part of the page on which its change is submitted."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.library.use.corrections import MAX_ERROR_CHARS, MAX_REFERENCE_CHARS, FoundError
from jiyue.library.use.enums import ErrorKind, Finder


class CorrectionForm(forms.Form):
    """Error, finder, moment; its fields carry the prefix `correction`."""

    prefix = "correction"

    kind = forms.ChoiceField(label=_("Kind of error"), choices=[("", _("please choose")), *ErrorKind.choices])
    error = forms.CharField(
        label=_("What was wrong"),
        max_length=MAX_ERROR_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Quote the wrong place and say what is right; or say what has changed."),
    )
    finder = forms.ChoiceField(label=_("Found by"), choices=[("", _("please choose")), *Finder.choices])
    found_at = forms.DateTimeField(
        label=_("Found at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("From this moment to the release of the corrected version counts as the time to fix."),
    )
    reference = forms.CharField(
        label=_("Number of the report or order"),
        max_length=MAX_REFERENCE_CHARS,
        required=False,
        help_text=_("For instance the number of the citizen's correction report."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("initial", {"found_at": clock.now()})
        super().__init__(*args, **kwargs)

    def found(self) -> FoundError:
        """What was entered, as the service takes it; call it on a valid form."""
        values = self.cleaned_data
        return FoundError(
            kind=ErrorKind(values["kind"]),
            error=values["error"],
            finder=Finder(values["finder"]),
            found_at=values["found_at"],
            reference=values["reference"],
        )

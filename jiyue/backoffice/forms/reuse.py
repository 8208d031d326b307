"""Forms of picks, columns, manuscripts and library standards."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.units import UnitField
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.library.content import MAX_TITLE_CHARS
from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.formats import Format
from jiyue.library.open_intake.standards import read_standards
from jiyue.library.use.manuscripts import MAX_TEXT_CHARS, MAX_WORDS_CHARS, HandedIn
from jiyue.organizations.models import Organization
from jiyue.sites.models import Channel


class WordsForm(forms.Form):
    """One text in words: a reason, an explanation, a problem, an answer."""

    text = forms.CharField(max_length=MAX_WORDS_CHARS, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: Any = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label


class ManuscriptForm(forms.Form):
    """What the business unit handed in: a file, or its text."""

    provider = UnitField(label=_("Unit that handed it in"))
    file = forms.FileField(
        label=_("File of the manuscript"),
        required=False,
        help_text=_("It is kept as it came; .docx, .txt, .html and .md are read."),
    )
    title = forms.CharField(label=_("Title"), required=False, max_length=MAX_TITLE_CHARS)
    text = forms.CharField(
        label=_("Text of the manuscript"),
        required=False,
        max_length=MAX_TEXT_CHARS,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Leave it empty to take the text from the file."),
    )

    def __init__(self, *args: Any, units: QuerySet[Organization], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["provider"].offer(units)  # type: ignore[attr-defined]  # a UnitField

    def clean_file(self) -> tuple[str, bytes]:
        """Name and bytes of the file, empty where there is none."""
        upload = self.cleaned_data["file"]
        if not upload:
            return "", b""
        try:
            return str(upload.name), read_upload(upload)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal

    def handed_in(self) -> HandedIn:
        """As the service takes it."""
        values = self.cleaned_data
        name, data = values["file"]
        return HandedIn(values["provider"], values["title"], values["text"], name, data)


class PickForm(forms.Form):
    """One item for one column."""

    resource = forms.IntegerField(min_value=1, max_value=2**62)
    channel = forms.IntegerField(min_value=1, max_value=2**62)
    reason = forms.CharField(required=False, max_length=MAX_WORDS_CHARS)


class TopicsForm(forms.Form):
    """What a column is about; one term a line."""

    subjects = forms.CharField(
        label=_("Subject categories"),
        required=False,
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line; a category stands for everything below it."),
    )
    keywords = forms.CharField(
        label=_("Keywords"),
        required=False,
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line; an item fits when one is among its keywords or in its title."),
    )

    def lines(self, name: str) -> list[str]:
        """The terms of a field."""
        return str(self.cleaned_data[name]).splitlines()


class StandardFileForm(forms.Form):
    """A file of a library standard to take in."""

    standard = forms.ChoiceField(label=_("Library standard"))
    format = forms.ChoiceField(
        label=_("Format"), choices=[(Format.XML.value, "XML"), (Format.JSONL.value, "JSON Lines")]
    )
    kind = forms.ChoiceField(label=_("Kind of the items"))
    unit = forms.ChoiceField(label=_("For the library of"))
    file = forms.FileField(label=_("File"))

    def __init__(self, *args: Any, units: Sequence[Organization], **kwargs: Any):
        super().__init__(*args, **kwargs)
        standards = read_standards().values()
        self.fields["standard"].choices = [(each.code, each.name) for each in standards]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(key, kind.label) for key, kind in KINDS]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [(str(unit.pk), unit.name) for unit in units]  # type: ignore[attr-defined]


def channel_label(channel: Channel) -> str:
    """How a channel is written in a choice."""
    return f"{channel.site.name} / {channel.name}"

"""Forms made from the description of a register."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.refusals import sentence
from jiyue.core.errors import DomainError
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import Register, RegisterEntry
from jiyue.organizations.registers.services import EntryRefused

PARAGRAPH_CHARS = 500  # longer texts get several lines


class EntryForm(forms.Form):
    """The fields of one register, for one unit."""

    seen_version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        register: Register,
        unit: Organization,
        parent: RegisterEntry | None = None,
        entry: RegisterEntry | None = None,
        initial: Mapping[str, Any] | None = None,
    ):
        super().__init__(data, initial={**_values(register, entry), **(initial or {})})
        self.register = register
        for name in register.fields:
            self.fields[name] = _form_field(register, name, unit, parent)

    def values(self) -> dict[str, Any]:
        """What the valid form says, by field of the register."""
        return {name: self.cleaned_data[name] for name in self.register.fields}

    def add_problems(self, error: DomainError) -> None:
        """Show a refusal, each part at its field; nothing typed is lost."""
        problems = error.problems if isinstance(error, EntryRefused) else [error]
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, sentence(problem))

    def short_fields(self) -> list[forms.BoundField]:
        """Fields of one line, which stand side by side."""
        return [field for field in self.visible_fields() if not _is_long(field)]

    def long_fields(self) -> list[forms.BoundField]:
        """Fields of several lines."""
        return [field for field in self.visible_fields() if _is_long(field)]


def _is_long(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.Textarea)


def _values(register: Register, entry: RegisterEntry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    values = {name: getattr(entry, name) for name in register.fields}
    return {**values, "seen_version": entry.version}


def _form_field(register: Register, name: str, unit: Organization, parent: RegisterEntry | None) -> Any:
    source = register.field(name)
    if source.is_relation:
        entries = source.related_model.objects.filter(unit=unit, struck_at=None)
        if name in register.own_references:
            entries = entries.filter(**{register.parent: parent, f"{name}__isnull": True})
        return source.formfield(queryset=entries.order_by("-pk"), empty_label=_("none"))
    if isinstance(source, models.DateField):
        return source.formfield(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    if (
        isinstance(source, models.CharField)
        and not source.choices
        and (source.max_length or 0) >= PARAGRAPH_CHARS
    ):
        return source.formfield(widget=forms.Textarea(attrs={"rows": 4}))
    return source.formfield()


class RegisterFilterForm(forms.Form):
    """What a register's list is narrowed to."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100)
    unit: forms.ModelChoiceField[Organization] = forms.ModelChoiceField(
        label=_("Unit"), required=False, queryset=None, empty_label=_("all units")
    )
    year = forms.IntegerField(label=_("Year"), required=False, min_value=1900, max_value=2199)
    struck = forms.BooleanField(label=_("Struck-out entries"), required=False)

    def __init__(self, data: Mapping[str, Any], *, register: Register, units: Any):
        super().__init__(data)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        if not register.year_field:
            del self.fields["year"]
        if len(units) < 2:
            del self.fields["unit"]
        if register.is_append_only:
            del self.fields["struck"]


class RegisterFileForm(forms.Form):
    """A file for an entry."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=200,
        help_text=_(
            "The same title as before makes it the next version; left empty, it is that of the entry."
        ),
    )
    note = forms.CharField(label=_("What changed"), required=False, max_length=300)


class StrikeForm(forms.Form):
    """Why an entry is struck out."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class RegisterImportForm(forms.Form):
    """A table to be entered."""

    file = forms.FileField(label=_("Table (.xlsx)"), allow_empty_file=True)

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import LONG
from jiyue.organizations.registers.content_tasks.models import TaskKind
from jiyue.organizations.registers.content_tasks.services import Assignment
from jiyue.organizations.registers.kinds.meetings import CoordinationMeeting


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class AssignForm(forms.Form):
    """What one office asks of which units."""

    kind = forms.ChoiceField(label=_("Kind of task"), choices=TaskKind.choices)
    topic = forms.CharField(label=_("Topic"), max_length=200)
    due_at = _moment(_("Due"))
    meeting: forms.ModelChoiceField[CoordinationMeeting] = forms.ModelChoiceField(
        label=_("Decided at the meeting"), required=False, queryset=None, empty_label=_("none")
    )
    details = forms.CharField(
        label=_("Details"), required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 4})
    )
    units: forms.ModelMultipleChoiceField[Organization] = forms.ModelMultipleChoiceField(
        label=_("Units"), queryset=None, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, office: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        below = Organization.objects.filter(path__startswith=office.path, status=UnitStatus.ACTIVE)
        self.fields["units"].queryset = below.order_by("path")  # type: ignore[attr-defined]
        meetings = CoordinationMeeting.objects.filter(unit=office, struck_at=None).order_by("-held_on", "-pk")
        self.fields["meeting"].queryset = meetings  # type: ignore[attr-defined]

    def assignment(self) -> Assignment:
        """What the valid form says."""
        data = self.cleaned_data
        return Assignment(
            kind=TaskKind(data["kind"]),
            topic=data["topic"],
            due_at=data["due_at"],
            details=data["details"],
            meeting=data["meeting"],
        )


class NoteForm(forms.Form):
    """A remark or a reason."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 3})
    )


class DeliverForm(NoteForm):
    """What is delivered."""

    link = forms.CharField(label=_("Address"), required=False, max_length=500)
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)


class AskDateForm(NoteForm):
    """Another date, and why."""

    wanted_due_at = _moment(_("Wanted date"))


class HandBackForm(NoteForm):
    """A new date, and what is wrong with the delivery."""

    due_at = _moment(_("New date"))

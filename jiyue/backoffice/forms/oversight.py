from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.trail import AuditFilter
from jiyue.backoffice.wording import SUBJECTS, VERBS
from jiyue.core.two_person import MAX_REASON_CHARS

FIRST_DAY, LAST_DAY = (
    date(1970, 1, 1),
    date(2200, 1, 1),
)  # beyond, time zones leave the calendar


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )


class AuditFilterForm(forms.Form):
    """What the audit list is narrowed to."""

    verb = forms.ChoiceField(label=_("Act"), required=False, choices=[("", _("all acts")), *VERBS.items()])
    subject_type = forms.ChoiceField(
        label=_("Subject"), required=False, choices=[("", _("all subjects")), *SUBJECTS.items()]
    )
    subject_id = forms.CharField(label=_("Number"), required=False, max_length=60)
    person = forms.CharField(label=_("Person"), required=False, max_length=60)
    words = forms.CharField(label=_("Words in the details"), required=False, max_length=60)
    address = forms.CharField(label=_("Network address"), required=False, max_length=45)
    since = _day(_("From"))
    until = _day(_("To"))

    def filters(self) -> AuditFilter:
        """The filter; a field that can't be read narrows nothing and says so beside it."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        since, until = data.get("since"), data.get("until")
        return AuditFilter(
            verb=data.get("verb", ""),
            subject_type=data.get("subject_type", ""),
            subject_id=data.get("subject_id", ""),
            person=data.get("person", ""),
            words=data.get("words", ""),
            address=data.get("address", ""),
            since=timezone.make_aware(datetime.combine(since, time.min)) if since else None,
            until=timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
            if until
            else None,
        )


class ErasureForm(forms.Form):
    """Why the text of an entry should be erased."""

    reason = forms.CharField(
        label=_("Reason and legal basis"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=MAX_REASON_CHARS,
        help_text=_("Who did what and when stays in the trail; another person has to approve."),
    )

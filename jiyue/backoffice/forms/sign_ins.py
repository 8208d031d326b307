"""Forms of sessions, flags, safe networks and terminals."""

from collections.abc import Iterable

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.models import Organization, Person
from jiyue.organizations.sign_ins.enums import CheckKind, CheckResult, FlagResult, TerminalStatus
from jiyue.organizations.sign_ins.models import Terminal
from jiyue.organizations.sign_ins.services import CheckFacts, TerminalFacts
from jiyue.organizations.sign_ins.services.flags import MAX_NOTE_CHARS
from jiyue.organizations.sign_ins.services.terminals import MAX_REASON_CHARS

MAX_LIST_CHARS = 5_000  # a limit against abuse


class FlagReviewForm(forms.Form):
    """What a reviewer found out about a flag."""

    result = forms.ChoiceField(label=_("Result"), choices=[("", "—"), *FlagResult.choices])
    note = forms.CharField(
        label=_("Note"),
        help_text=_("Whom you asked and what the person said; kept, and can't be changed afterwards."),
        max_length=MAX_NOTE_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReasonForm(forms.Form):
    """A reason, for acts that need one."""

    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON_CHARS, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class RuleForm(forms.Form):
    """Safe networks of a unit."""

    networks = forms.CharField(
        label=_("Safe networks"),
        required=False,
        max_length=MAX_LIST_CHARS,
        help_text=_(
            "One network per line, like 10.20.0.0/16 or 2001:db8::/48. "
            "Leave it empty to follow the unit above."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    only_terminals = forms.BooleanField(
        label=_("Only registered terminals that are in order"),
        required=False,
        help_text=_("Holds for all units below too."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=2_000, help_text=_("The person who approves the change reads it.")
    )

    def lines(self) -> list[str]:
        """The networks as typed."""
        return [line.strip() for line in self.cleaned_data["networks"].splitlines() if line.strip()]


class TerminalForm(forms.Form):
    """What the register says about a terminal."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Organization.objects.none())
    name = forms.CharField(label=_("Name"), max_length=60)
    asset_number = forms.CharField(label=_("Asset number"), max_length=40)
    address = forms.CharField(
        label=_("Address in the network"),
        max_length=60,
        help_text=_("By this address the terminal is recognized when somebody signs in."),
    )
    custodian = forms.ModelChoiceField(label=_("Custodian"), queryset=Person.objects.none())

    def __init__(self, data: object = None, *, unit_ids: Iterable[int], terminal: Terminal | None = None):
        initial = {}
        if terminal is not None:
            initial = {
                name: getattr(terminal, name)
                for name in ("unit", "name", "asset_number", "address", "custodian")
            }
        super().__init__(data, initial=initial)  # type: ignore[arg-type]  # what the request posted
        units, people = self.fields["unit"], self.fields["custodian"]
        units.queryset = Organization.objects.filter(pk__in=list(unit_ids)).order_by("path")  # type: ignore[attr-defined]
        own = Person.objects.filter(Q(accounts__unit__in=list(unit_ids)) | Q(roles__unit__in=list(unit_ids)))
        people.queryset = own.distinct().order_by("name", "id")  # type: ignore[attr-defined]
        if terminal is not None:
            units.disabled = True

    def facts(self) -> TerminalFacts:
        """The facts as the service takes them."""
        data = self.cleaned_data
        return TerminalFacts(data["name"], data["asset_number"], data["custodian"].pk, data["address"])


class TerminalCheckForm(forms.Form):
    """One check of a terminal."""

    kind = forms.ChoiceField(label=_("What was checked"), choices=CheckKind.choices, initial=CheckKind.BOTH)
    checked_on = forms.DateField(
        label=_("Checked on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    checked_by = forms.CharField(label=_("Checked by"), max_length=60)
    tool = forms.CharField(label=_("Tool and version"), max_length=120)
    result = forms.ChoiceField(label=_("Result"), choices=[("", "—"), *CheckResult.choices])
    note = forms.CharField(label=_("Note"), max_length=1_000, required=False)
    file = forms.FileField(label=_("Report (optional)"), required=False)

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what the view hands on
        self.fields["checked_on"].initial = clock.today

    def facts(self) -> CheckFacts:
        """The facts as the service takes them."""
        data = self.cleaned_data
        return CheckFacts(
            kind=CheckKind(data["kind"]),
            checked_on=data["checked_on"],
            checked_by=data["checked_by"],
            tool=data["tool"],
            result=CheckResult(data["result"]),
            note=data["note"],
        )


class TerminalStatusForm(forms.Form):
    """Blocking a terminal, putting it back into use, taking it out of the register."""

    status = forms.ChoiceField(label=_("Status"), choices=TerminalStatus.choices)
    reason = forms.CharField(label=_("Reason"), max_length=MAX_REASON_CHARS)


class IdentityForm(forms.Form):
    """Linking somebody's identity at a provider by hand."""

    provider = forms.ChoiceField(label=_("Provider"))
    subject = forms.CharField(
        label=_("Identifier of the person at the provider"),
        max_length=255,
        help_text=_("The subject (sub) from the provider's list of people."),
    )

    def __init__(self, data: object = None, *, providers: Iterable[tuple[str, str]]):
        super().__init__(data)  # type: ignore[arg-type]  # what the request posted
        self.fields["provider"].choices = list(providers)  # type: ignore[attr-defined]

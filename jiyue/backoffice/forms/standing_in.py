"""Forms of those who stand in: delegations and turns of duty."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount

Pairs = list[tuple[Organization, StaffRole]]


def _account_label(account: StaffAccount) -> str:
    return f"{account.person.name} ({account.unit.short_name or account.unit.name})"


class AccountField(forms.ModelChoiceField[StaffAccount]):
    """A choice of accounts, by the names of their people."""

    def label_from_instance(self, obj: StaffAccount) -> str:
        """Name and unit."""
        return _account_label(obj)


def account_field(label: Any) -> AccountField:
    """An empty choice of accounts; the form fills it."""
    return AccountField(label=label, queryset=StaffAccount.objects.none(), empty_label=_("choose"))


def accounts_of(accounts: list[StaffAccount]) -> Any:
    """A queryset of the given accounts, by name."""
    ids = [account.pk for account in accounts]
    rows = StaffAccount.objects.filter(pk__in=ids).select_related("person", "unit")
    return rows.order_by("person__name", "pk")


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


class DelegateForm(forms.Form):
    """Who stands in for me, in what, for how long and why."""

    role = forms.ChoiceField(label=_("Role"))
    delegate = account_field(_("Who stands in"))
    starts_on = _day(_("First day"))
    ends_on = _day(_("Last day"))
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, pairs: Pairs, accounts: list[StaffAccount], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.pairs = {f"{unit.pk}:{role}": (unit, role) for unit, role in pairs}
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (key, f"{unit.name}: {role.label}") for key, (unit, role) in self.pairs.items()
        ]
        self.fields["delegate"].queryset = accounts_of(accounts)  # type: ignore[attr-defined]
        for name in ("starts_on", "ends_on"):
            self.fields[name].widget.attrs["min"] = clock.today().isoformat()

    def chosen_role(self) -> tuple[Organization, StaffRole]:
        """Unit and role of the valid form."""
        return self.pairs[self.cleaned_data["role"]]


class ShiftForm(forms.Form):
    """A turn of duty."""

    role = forms.ChoiceField(label=_("On duty as"))
    account = account_field(_("Who"))
    starts_at = _moment(_("From"))
    ends_at = _moment(_("Until"))
    phone = forms.CharField(
        label=_("Telephone on duty"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )

    def __init__(self, *args: Any, roles: list[StaffRole], accounts: list[StaffAccount], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["account"].queryset = accounts_of(accounts)  # type: ignore[attr-defined]


class SwapForm(forms.Form):
    """Who takes a turn over."""

    account = account_field(_("Who takes it over"))

    def __init__(self, *args: Any, accounts: list[StaffAccount], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts_of(accounts)  # type: ignore[attr-defined]

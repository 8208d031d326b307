"""Forms about people, roles and accounts; every choice of a unit or person is one of the own subtree."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.enums import AccountStatus, ApplicationStatus, Employment, StaffRole
from jiyue.organizations.models import Organization, Person, UnitRole
from jiyue.organizations.selectors.people import AccountFilter, PeopleFilter

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 1, 1)  # beyond, time zones leave the calendar
_REASON_CHARS = 300  # the column's
_TEXT_CHARS = 2_000  # as the services


def _day(label: Any, *, is_required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=is_required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        error_messages={"required": _("The date is missing."), "invalid": _("This isn't a date.")},
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=_REASON_CHARS,
        help_text=_("It stays in the audit trail."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("The reason is missing. Write why.")},
    )


class UnitChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A unit of those the page offers; any other doesn't exist."""

    def __init__(self, label: Any, units: QuerySet[Organization], **kwargs: Any):
        super().__init__(
            units,
            label=label,
            error_messages={
                "required": _("Choose a unit."),
                "invalid_choice": _("This unit isn't among those you administer. Choose another one."),
            },
            **kwargs,
        )

    def label_from_instance(self, obj: Organization) -> str:
        """The name, moved in by its depth in the tree."""
        return "\u3000" * (len(obj.path_codes) - 1) + obj.name


class PeopleFilterForm(forms.Form):
    """What the list of people is narrowed to."""

    q = forms.CharField(label=_("Name, number or telephone"), required=False, max_length=60)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("all roles")), *StaffRole.choices]
    )
    standing = forms.ChoiceField(
        label=_("Standing"),
        required=False,
        choices=[("", _("all")), ("active", _("with a role today")), ("without_role", _("without any role"))],
    )

    def __init__(self, *args: Any, units: QuerySet[Organization], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitChoiceField(_("Unit"), units, required=False, empty_label=_("all units"))

    def filters(self) -> PeopleFilter:
        """The filter; a field that can't be read narrows nothing and says so beside it."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        unit = data.get("unit")
        return PeopleFilter(
            words=data.get("q", ""),
            unit_id=unit.pk if unit else None,
            role=data.get("role", ""),
            standing=data.get("standing", ""),
        )


class AccountFilterForm(forms.Form):
    """What the list of accounts is narrowed to."""

    q = forms.CharField(label=_("Name or login name"), required=False, max_length=60)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("all")), *AccountStatus.choices]
    )
    unused_since = _day(_("Not used since"), is_required=False)

    def __init__(self, *args: Any, units: QuerySet[Organization], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitChoiceField(_("Unit"), units, required=False, empty_label=_("all units"))

    def filters(self) -> AccountFilter:
        """The filter; a field that can't be read narrows nothing and says so beside it."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        unit = data.get("unit")
        return AccountFilter(
            words=data.get("q", ""),
            unit_id=unit.pk if unit else None,
            status=data.get("status", ""),
            unused_since=data.get("unused_since"),
        )


class StatusFilterForm(forms.Form):
    """Applications and explanations by status."""

    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("all")), *ApplicationStatus.choices]
    )

    def status_value(self) -> str:
        """The chosen status; blank for all."""
        return str(self.cleaned_data.get("status", "")) if self.is_valid() else ""


class PersonForm(forms.Form):
    """The data of a person."""

    name = forms.CharField(
        label=_("Name"), max_length=60, error_messages={"required": _("The name is missing.")}
    )
    employee_number = forms.CharField(
        label=_("Employee number"),
        max_length=40,
        required=False,
        help_text=_("Tells people of the same name apart."),
    )
    employment = forms.ChoiceField(label=_("Employment"), choices=Employment.choices)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)

    @staticmethod
    def initial_of(person: Person) -> dict[str, object]:
        """The fields as they are stored."""
        return {
            "name": person.name,
            "employee_number": person.employee_number or "",
            "employment": person.employment,
            "phone": person.phone,
            "email": person.email,
        }

    def person_values(self) -> dict[str, Any]:
        """The cleaned values of the person alone."""
        names = ("name", "employee_number", "employment", "phone", "email")
        values = {name: self.cleaned_data[name] for name in names}
        return values | {"employment": Employment(values["employment"])}


class RoleForm(forms.Form):
    """A role of somebody who is entered already."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", _("please choose")), *StaffRole.choices])
    section = forms.CharField(label=_("Responsible section"), max_length=60, required=False)
    starts_on = _day(_("First day"))
    ends_on = _day(
        _("Last day"), is_required=False, help_text=_("Empty: without end. The role holds that day.")
    )

    field_order: Any = ("unit", "role", "section", "starts_on", "ends_on")

    def __init__(self, *args: Any, units: QuerySet[Organization], **kwargs: Any):
        kwargs.setdefault("initial", {"starts_on": clock.today()})
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitChoiceField(_("Unit"), units, empty_label=_("please choose"))
        self.order_fields(self.field_order)

    def role_values(self) -> dict[str, Any]:
        """The cleaned values of the role alone."""
        data = self.cleaned_data
        return {
            "unit": data["unit"],
            "role": StaffRole(data["role"]),
            "section": data["section"],
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
        }


class NewPersonForm(PersonForm, RoleForm):
    """A person with the first role."""

    field_order: Any = (
        "name",
        "employee_number",
        "employment",
        "phone",
        "email",
        "unit",
        "role",
        "section",
        "starts_on",
        "ends_on",
    )


class RoleChangeForm(forms.Form):
    """Section and dates of a role."""

    section = forms.CharField(label=_("Responsible section"), max_length=60, required=False)
    starts_on = _day(_("First day"))
    ends_on = _day(_("Last day"), is_required=False, help_text=_("Empty: without end."))

    @staticmethod
    def initial_of(role: UnitRole) -> dict[str, object]:
        """The fields as they are stored."""
        return {"section": role.section, "starts_on": role.starts_on, "ends_on": role.ends_on}


class EndForm(forms.Form):
    """The last day of one or many roles."""

    ends_on = _day(
        _("Last day"),
        help_text=_("The role holds through this day; afterwards the person's accounts are locked."),
    )
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("initial", {"ends_on": clock.today()})
        super().__init__(*args, **kwargs)


class RoleEndForm(EndForm):
    """Ending one role, with the successor if there is one."""

    field_order = ("ends_on", "successor", "reason")

    def __init__(self, *args: Any, successors: QuerySet[Person], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["successor"] = forms.ModelChoiceField(
            successors,
            label=_("Successor"),
            required=False,
            empty_label=_("not known yet"),
            help_text=_("Takes over on the day after. Without one a reminder runs until you file one."),
            error_messages={"invalid_choice": _("This person isn't one of your units. Choose another one.")},
        )
        self.order_fields(self.field_order)


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = _reason()


class AccountStatusForm(ReasonForm):
    """What is to become of an account."""

    act = forms.ChoiceField(
        choices=[
            ("suspend", _("Suspend the account")),
            ("disable", _("Disable as unused")),
            ("close", _("Close the account")),
            ("reactivate", _("Let in again")),
        ]
    )


class DecisionForm(forms.Form):
    """Approve or refuse, with an opinion."""

    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("refuse", _("Refuse"))])
    opinion = forms.CharField(
        label=_("Opinion or reason for refusing"),
        required=False,
        max_length=_TEXT_CHARS,
        help_text=_("Required when you refuse."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApplicationForm(forms.Form):
    """An application for an account of one unit."""

    person = forms.ModelChoiceField(
        Person.objects.none(),
        label=_("Person"),
        required=False,
        empty_label=_("somebody who isn't entered yet"),
        error_messages={"invalid_choice": _("This person isn't one of the unit. Choose another one.")},
    )
    name = forms.CharField(
        label=_("Name of the new person"),
        max_length=60,
        required=False,
        help_text=_("Only for a new person."),
    )
    employee_number = forms.CharField(label=_("Employee number"), max_length=40, required=False)
    employment = forms.ChoiceField(label=_("Employment"), choices=Employment.choices, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    login_name = forms.CharField(
        label=_("Login name"),
        max_length=40,
        help_text=_("Personal, e.g. the name in pinyin. It can't be changed later."),
        error_messages={"required": _("The login name is missing.")},
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles the account is needed for"),
        choices=StaffRole.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )
    need = forms.CharField(
        label=_("Need"),
        max_length=_TEXT_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the person does in the back office."),
        error_messages={"required": _("The need isn't stated. Write what the account is for.")},
    )
    letter = forms.FileField(label=_("Written application"), required=False)

    def __init__(self, *args: Any, people: QuerySet[Person], needs_letter: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["letter"].help_text = (
            _("Signed and stamped, as PDF or picture. This unit needs one.")
            if needs_letter
            else _("This unit receives accounts as a matter of course; no letter is needed.")
        )

    def clean(self) -> dict[str, Any]:
        """Somebody must be named: chosen, or new."""
        data = super().clean() or {}
        if not data.get("person") and not data.get("name") and "person" not in self.errors:
            self.add_error("person", _("Choose a person, or write the name of a new one."))
        return data


class ExplanationForm(forms.Form):
    """The written explanation for an account nobody used."""

    letter = forms.FileField(
        label=_("Written explanation"),
        help_text=_("Signed and stamped, as PDF or picture."),
        error_messages={"required": _("The written explanation is missing. Choose the file.")},
    )
    commitment = forms.CharField(
        label=_("Commitment"),
        max_length=_TEXT_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("How the account will be kept in use from now on."),
        error_messages={"required": _("The commitment is missing.")},
    )


class TableForm(forms.Form):
    """An .xlsx file."""

    file = forms.FileField(
        label=_(".xlsx file"), error_messages={"required": _("No file is chosen. Choose one and try again.")}
    )


def labels_of(roles: Collection[str]) -> list[str]:
    """Words for stored names of roles."""
    words: Mapping[str, Any] = dict(StaffRole.choices)
    return [str(words.get(role, role)) for role in roles]

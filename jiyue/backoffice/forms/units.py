"""Forms about units: founding and changing, reforms, sharing, tables."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import ReformKind, UnitKind, UnitLevel
from jiyue.organizations.models import Organization
from jiyue.organizations.services import UnitValues

MAX_SUGGESTIONS = 300  # a browser shows no longer list well; the code can always be typed
MAX_CHOSEN_UNITS = 50  # a limit against abuse
_REASON_CHARS = 2_000


def label_of(unit: Organization) -> str:
    """How a unit is written in a field: its code, then its name."""
    return f"{unit.code} {unit.name}"


class UnitInput(forms.TextInput):
    """A text field that suggests units; it works without a script."""

    units: QuerySet[Organization] = Organization.objects.none()

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The field, and the list it suggests."""
        field = super().render(name, value, {**(attrs or {}), "list": f"units-{name}"}, renderer)
        rows = ((label_of(unit),) for unit in self.units[:MAX_SUGGESTIONS])
        options = format_html_join("", '<option value="{}"></option>', rows)
        return format_html('{}<datalist id="units-{}">{}</datalist>', field, name, options)


class UnitField(forms.CharField):
    """One unit of those the person may name: by its code, or by its full name."""

    widget = UnitInput

    def __init__(self, **values: Any):
        super().__init__(**{"max_length": 140, **values})
        self.units: QuerySet[Organization] = Organization.objects.none()

    def offer(self, units: QuerySet[Organization]) -> None:
        """Say which units may be named; all others don't exist."""
        self.units = self.widget.units = units

    def prepare_value(self, value: Any) -> Any:
        """A unit as it is written."""
        return label_of(value) if isinstance(value, Organization) else value

    def clean(self, value: Any) -> Organization | None:
        """The unit that was named."""
        text = super().clean(value)
        return find_unit(self.units, text) if text else None


def find_unit(units: QuerySet[Organization], text: str) -> Organization:
    """The one unit of `units` that a person means by `text`.

    Raises:
        ValidationError: None, or more than one of that name.
    """
    found = list(units.filter(code=text.split()[0])[:1]) or list(units.filter(name=text.strip())[:2])
    if len(found) != 1:
        raise forms.ValidationError(
            _("There is no single unit “%(text)s” among yours. Choose one from the list or type its code."),
            params={"text": text[:60]},
        )
    return found[0]


class UnitListField(forms.CharField):
    """Several units, one a line."""

    widget = forms.Textarea

    def __init__(self, **values: Any):
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 3}), "max_length": 6_000, **values})
        self.units: QuerySet[Organization] = Organization.objects.none()

    def clean(self, value: Any) -> list[Organization]:
        """The units that were named, each once."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MAX_CHOSEN_UNITS:
            raise forms.ValidationError(
                _("At most %(limit)d units are possible."), params={"limit": MAX_CHOSEN_UNITS}
            )
        found = [find_unit(self.units, line) for line in lines]
        return list(dict.fromkeys(found))


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class UnitForm(forms.Form):
    """Everything that is told about a unit."""

    code = forms.CharField(
        label=_("Unit code"),
        max_length=18,
        help_text=_("It heads the unit's index numbers and can't be changed later."),
        error_messages={"required": _("The unit code is missing.")},
    )
    name = forms.CharField(
        label=_("Name"), max_length=100, error_messages={"required": _("The name is missing.")}
    )
    short_name = forms.CharField(label=_("Short name"), max_length=40, required=False)
    level = forms.ChoiceField(label=_("Administrative level"), choices=UnitLevel)
    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind)
    supervising_unit = UnitField(
        label=_("Supervising unit at the same level"),
        required=False,
        help_text=_("Who grants permissions and watches over it. Rules are inherited from here."),
    )
    superior = UnitField(
        label=_("Superior unit of the same system"),
        required=False,
        help_text=_(
            "For example the city's bureau above the county's. It counts where no supervising unit is named."
        ),
    )

    def __init__(
        self, *args: Any, units: QuerySet[Organization], unit: Organization | None = None, **values: Any
    ):
        super().__init__(*args, **values)
        if unit is not None:
            del self.fields["code"]
        for name in ("supervising_unit", "superior"):
            field = self.fields[name]
            held = unit and getattr(unit, f"{name}_id")
            kept = Organization.objects.filter(pk=held) if held else Organization.objects.none()
            field.offer((units | kept).order_by("path"))  # type: ignore[attr-defined]

    def values(self) -> UnitValues:
        """What was filled in, as the services take it."""
        return UnitValues(**{key: value for key, value in self.cleaned_data.items() if key != "code"})


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=_REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Name the decision it rests on. It stays in the trail."),
        error_messages={"required": _("A reason is missing. Write why.")},
    )


class UnitFileForm(forms.Form):
    """A table of new units."""

    file = forms.FileField(
        label=_("Table (.xlsx)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty.")},
    )


class ReformForm(forms.Form):
    """A merger or a split, up to the question who goes where."""

    kind = forms.ChoiceField(label=_("What happens"), choices=ReformKind)
    predecessors = UnitListField(
        label=_("Units that come to an end"),
        help_text=_("One a line: code or full name. A split has exactly one."),
        error_messages={"required": _("Name at least one unit.")},
    )
    successors = UnitListField(
        label=_("Units that follow"),
        help_text=_(
            "One a line. A merger has exactly one. A unit that is divided and goes on stands here too."
        ),
        error_messages={"required": _("Name at least one unit.")},
    )
    main = UnitField(
        label=_("Unit that takes over content and open work"),
        required=False,
        help_text=_("For a split. In a merger it is the unit that follows."),
    )
    effective_on = day_field(_("Takes effect on"))
    basis = forms.CharField(
        label=_("Order"),
        max_length=300,
        help_text=_("Number and title of the document that orders it."),
        error_messages={"required": _("The order is missing. Write its number and title.")},
    )
    reason = forms.CharField(
        label=_("Note for the person who decides"),
        max_length=_REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("A reason is missing. Write why.")},
    )

    def __init__(self, *args: Any, units: QuerySet[Organization], **values: Any):
        super().__init__(*args, **values)
        for name in ("predecessors", "successors"):
            self.fields[name].units = units  # type: ignore[attr-defined]
        self.fields["main"].offer(units)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A merger's main successor is its only one."""
        data = super().clean() or self.cleaned_data
        successors = data.get("successors")
        if not data.get("main") and successors and "main" not in self.errors:
            if len(successors) > 1:
                self.add_error("main", _("Name the unit that takes over content and open work."))
            data["main"] = successors[0]
        return data


class SharingForm(forms.Form):
    """Letting one unit read another one's library."""

    owner = UnitField(
        label=_("Unit whose library is shared"), error_messages={"required": _("Name the unit.")}
    )
    reader = UnitField(label=_("Unit that may read it"), error_messages={"required": _("Name the unit.")})
    starts_on = day_field(_("From"))
    ends_on = day_field(_("Up to"), required=False, help_text=_("Empty: until it is ended."))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("A reason is missing. Write why.")}
    )

    def __init__(self, *args: Any, units: QuerySet[Organization], **values: Any):
        super().__init__(*args, **values)
        for name in ("owner", "reader"):
            self.fields[name].offer(units)  # type: ignore[attr-defined]

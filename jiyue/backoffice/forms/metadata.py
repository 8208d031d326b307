"""The metadata of an item as form fields: what it is, where it comes from, what it belongs to (LIB-03)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from jiyue.library.catalogue.relations import list_citable, list_interpretable
from jiyue.library.content import Relation, ResourceContent
from jiyue.library.enums import LANGUAGES, Openness, RelationKind, TimelinessClass, ValidityStatus
from jiyue.library.kinds import KINDS, Kind, KindField
from jiyue.organizations.models import Organization
from jiyue.review.enums import SortOfContent

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    _Text = StrPromise | str

MAX_RELATIONS = 50  # documents one item changes; a clean-up decision repeals a few dozen
_WRONG_DAY = _("This day doesn't exist in the calendar. Write it as 2026-11-21.")
METADATA_FIELDS = (
    "kind",
    "sort",
    "document_number",
    "index_number",
    "issuing_body",
    "subject_category",
    "genre_category",
    "audience",
    "region",
    "language",
    "written_on",
    "originally_published_on",
    "validity_status",
    "source",
    "source_url",
    "author",
    "is_repost",
    "openness",
    "openness_basis",
    "event_on",
    "timeliness",
)
Empty = [("", _("not stated"))]


def line(
    label: "_Text", length: int = 200, help_text: "_Text" = "", attrs: Mapping[str, str] | None = None
) -> forms.CharField:
    """A field of one line."""
    widget = forms.TextInput(attrs=dict(attrs or {}))
    return forms.CharField(label=label, max_length=length, required=False, help_text=help_text, widget=widget)


def day(label: "_Text", help_text: "_Text" = "") -> forms.DateField:
    """A field for a day."""
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _WRONG_DAY},
    )


def detail_name(kind: Kind, field: KindField) -> str:
    """Name of a kind's own field in the form."""
    return f"details-{kind.key}-{field.name}"


def _detail_field(field: KindField) -> forms.CharField:
    label, help_text = cast(str, field.label), cast(str, field.help_text)  # lazy texts
    widget: forms.Widget = forms.TextInput()
    if field.is_long:
        widget = forms.Textarea(attrs={"rows": 4})
    elif field.format == "date":
        widget = forms.TextInput(attrs={"type": "date"})
    return forms.CharField(
        label=label,
        max_length=field.max_chars,
        required=False,
        help_text=help_text,
        widget=widget,
        error_messages={
            "max_length": _("%(show_value)d characters are more than the %(limit_value)d allowed.")
        },
    )


class MetadataForm(forms.Form):
    """Everything about an item but its text, its files and its channels; drafts may leave it empty."""

    kind = forms.ChoiceField(label=_("Kind"))
    sort = forms.ChoiceField(
        label=_("Sort of content"),
        required=False,
        choices=[("", _("as its kind says")), *SortOfContent.choices],
        help_text=_("Decides on the way it takes through review."),
    )
    document_number = line(_("Document number"), 100, _("With its year in brackets and its number."))
    index_number = line(_("Index number"), 60, _("If empty, the platform gives one at publication."))
    issuing_body = line(_("Issuing body"), attrs={"data-terms": "department", "data-several": "1"})
    subject_category = line(_("Subject category"), 100, attrs={"data-terms": "subject"})
    genre_category = line(_("Genre"), 100, attrs={"data-terms": "genre"})
    audience = line(_("Service audience"), 100, attrs={"data-terms": "audience", "data-several": "1"})
    region = line(_("Region"), 100, attrs={"data-terms": "region"})
    language = forms.ChoiceField(label=_("Language"), required=False, choices=list(LANGUAGES.items()))
    written_on = day(_("Date of writing"))
    originally_published_on = day(
        _("Originally published on"), _("Only for older items that were published elsewhere before.")
    )
    validity_status = forms.ChoiceField(
        label=_("Validity"), required=False, choices=[*Empty, *ValidityStatus.choices]
    )
    source = line(_("Source"), attrs={"data-terms": "source"})
    is_repost = forms.BooleanField(label=_("Taken over from somebody else (repost)"), required=False)
    source_url = line(_("Address of the original page"), 500)
    author = line(_("Author"), 100)
    openness = forms.ChoiceField(label=_("Openness"), required=False, choices=[*Empty, *Openness.choices])
    openness_basis = line(
        _("Basis of the openness"), 300, _("Article of the regulation, or whose opinion it is.")
    )
    event_on = day(_("Date of the event"), _("When it happened or was signed; time limits count from it."))
    timeliness = forms.ChoiceField(
        label=_("Time limit of publication"), required=False, choices=[*Empty, *TimelinessClass.choices]
    )
    keywords = line(_("Keywords"), 300, _("Separated by spaces or commas."))

    def __init__(self, *args: Any, unit: Organization, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.fields["kind"].choices = [(key, kind.label) for key, kind in KINDS]  # type: ignore[attr-defined]
        for _key, kind in KINDS:
            for field in kind.fields:
                self.fields[detail_name(kind, field)] = _detail_field(field)

    @staticmethod
    def metadata_of(content: ResourceContent) -> dict[str, Any]:
        """Initial values for a saved state; a kind that isn't chosen starts with what it shares with it."""
        initial: dict[str, Any] = {name: getattr(content, name) for name in METADATA_FIELDS}
        initial["keywords"] = " ".join(content.keywords)
        initial["relations"] = content.relations
        for _key, kind in KINDS:
            for field in kind.fields:
                initial[detail_name(kind, field)] = content.details.get(field.name, "")
        return initial

    def details_by_kind(self) -> Iterator[tuple[Kind, list[tuple[KindField, forms.BoundField]], bool]]:
        """The kinds with fields of their own, their fields, and whether the kind is the chosen one."""
        chosen = self["kind"].value()
        for key, kind in KINDS:
            if kind.fields:
                yield (
                    kind,
                    [(field, self[detail_name(kind, field)]) for field in kind.fields],
                    key == chosen,
                )

    def relation_rows(self) -> list[dict[str, object]]:
        """Documents it changes or interprets, as the form shows them, with one empty row at the end."""
        relations = list(self._typed_relations() if self.is_bound else self.initial.get("relations", ()))
        wanted = [relation.resource_id for relation in relations if relation.resource_id]
        titles = self._titles_of(wanted)
        rows: list[dict[str, object]] = [
            {
                "kind": relation.kind,
                "resource_id": relation.resource_id if relation.resource_id in titles else "",
                "title": titles.get(relation.resource_id or 0, relation.title),
                "effective_on": relation.effective_on,
            }
            for relation in relations
        ]
        return [*rows, {"kind": "", "resource_id": "", "title": "", "effective_on": ""}]

    def _titles_of(self, resource_ids: list[int]) -> dict[int, str]:
        """Titles of what may be named; another unit's draft has none here."""
        if not resource_ids:
            return {}
        own = list_interpretable(self.unit).filter(pk__in=resource_ids)
        citable = list_citable(self.unit).filter(pk__in=resource_ids)
        return dict(own.values_list("pk", "title")) | dict(citable.values_list("pk", "edition__title"))

    @property
    def relation_kinds(self) -> list[tuple[str, "_Text"]]:
        """What can be done to a document."""
        return list(RelationKind.choices)

    def _typed_relations(self) -> list[Relation]:
        data = self.data
        assert isinstance(data, MultiValueDict)  # noqa: S101  # a posted form
        columns = (data.getlist(f"relation_{name}") for name in ("kind", "resource", "title", "effective_on"))
        rows = zip(*columns, strict=False)
        return [
            Relation(
                kind,
                int(resource) if resource.isdecimal() and len(resource) < 16 else None,
                title.strip(),
                on,
            )
            for kind, resource, title, on in rows
            if kind and (resource or title.strip())
        ][:MAX_RELATIONS]

    def clean_relations(self) -> tuple[Relation, ...]:
        """Documents chosen by id must be published ones that the unit may read; others are named by title."""
        relations = self._typed_relations()
        wanted = {relation.resource_id for relation in relations if relation.resource_id}
        known: set[int] = set()
        if wanted:
            known.update(list_citable(self.unit).filter(pk__in=wanted).values_list("pk", flat=True))
        named = {
            one.resource_id for one in relations if one.resource_id and one.kind == RelationKind.INTERPRETS
        }
        if named:
            known |= set(list_interpretable(self.unit).filter(pk__in=named).values_list("pk", flat=True))
        if wanted - known:
            raise forms.ValidationError(
                _("A document under “What it changes” can't be chosen. Choose a published one from the list.")
            )
        for relation in relations:
            if relation.effective_on and not _is_day(relation.effective_on):
                raise forms.ValidationError(_WRONG_DAY)
        return tuple(
            Relation(one.kind, one.resource_id, "" if one.resource_id else one.title, one.effective_on)
            for one in relations
        )

    def clean(self) -> dict[str, Any]:
        """Look at the documents named."""
        data = super().clean() or self.cleaned_data
        try:
            data["relations"] = self.clean_relations()
        except forms.ValidationError as error:
            self.add_error(None, error)
        return data

    def metadata(self) -> dict[str, Any]:
        """What the valid form says, by content field."""
        data = self.cleaned_data
        kind = KINDS.get(data["kind"])
        details: Mapping[str, str] = {
            field.name: text for field in kind.fields if (text := data[detail_name(kind, field)].strip())
        }
        values = {name: data[name] for name in METADATA_FIELDS if name in data}
        return {
            **values,
            "language": data["language"] or "zh-Hans",
            "details": details,
            "relations": data["relations"],
        }


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False

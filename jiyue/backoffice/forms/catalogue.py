"""Forms of vocabularies, mappings, sources and added reviews."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.library.catalogue.enums import SourceKind, Taxonomy
from jiyue.library.catalogue.models import ContentSource
from jiyue.library.catalogue.services import SourceEntry, TaxonomyEntry
from jiyue.library.catalogue.services.added_reviews import MAX_OPINION_CHARS
from jiyue.library.catalogue.services.mappings import MAX_FOREIGN_CHARS
from jiyue.library.catalogue.services.taxonomies import DROPPED, MAX_BASIS_CHARS, with_parents
from jiyue.library.catalogue.vocabularies import Vocabulary
from jiyue.organizations.models import Organization

MAX_LIST_CHARS = 400_000  # of a typed vocabulary: a limit against abuse
ARROW = "=>"


class TaxonomyForm(forms.Form):
    """A vocabulary as text: one term a line, and what takes the place of the ones left out."""

    base_number = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    terms = forms.CharField(
        label=_("Terms"),
        max_length=MAX_LIST_CHARS,
        help_text=_("One term a line, from the highest level down, levels divided by “\\” or “/”."),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "code"}),
    )
    successors = forms.CharField(
        label=_("Terms left out or renamed"),
        required=False,
        max_length=MAX_LIST_CHARS,
        help_text=_("One line each: old term => new term; “old term => -” where nothing takes its place."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"}),
    )
    basis = forms.CharField(
        label=_("Basis"),
        max_length=MAX_BASIS_CHARS,
        help_text=_("Document that the version rests on."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=2_000, help_text=_("The person who approves the change reads it.")
    )

    @classmethod
    def for_vocabulary(cls, vocabulary: Vocabulary) -> "TaxonomyForm":
        """The form with the version in force."""
        return cls(initial={"base_number": vocabulary.number, "terms": "\n".join(vocabulary.terms)})

    def entry(self, taxonomy: Taxonomy) -> TaxonomyEntry:
        """What the valid form says."""
        data = self.cleaned_data
        return TaxonomyEntry(
            taxonomy=taxonomy,
            base_number=data["base_number"],
            terms=with_parents(data["terms"].splitlines()),
            successors=data["successors"],
            basis=data["basis"],
        )

    def clean_successors(self) -> Mapping[str, str]:
        """Read the lines.

        Raises:
            ValidationError: A line isn't of the form “old => new”.
        """
        found = {}
        for line in self.cleaned_data["successors"].splitlines():
            if not line.strip():
                continue
            old, arrow, new = line.partition(ARROW)
            if not arrow or not old.strip() or not new.strip():
                raise forms.ValidationError(
                    _("“%(line)s” isn't of the form “old term => new term”.") % {"line": line[:80]}
                )
            found["".join(with_parents([old])[-1:])] = (
                "" if new.strip() == DROPPED else "".join(with_parents([new])[-1:])
            )
        return found


class MappingForm(forms.Form):
    """What a term of another system stands for."""

    taxonomy = forms.ChoiceField(choices=Taxonomy.choices, widget=forms.HiddenInput)
    foreign = forms.CharField(max_length=MAX_FOREIGN_CHARS, widget=forms.HiddenInput)
    term = forms.CharField(label=_("Own term"), max_length=200)


class SourceForm(forms.Form):
    """A source and its place on the white list."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("As items name it, word for word."))
    kind = forms.ChoiceField(label=_("Sort of source"), choices=[("", "—"), *SourceKind.choices])
    site_url = forms.CharField(label=_("Website"), max_length=300, required=False)
    listed_from = forms.DateField(
        label=_("On the white list from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    listed_until = forms.DateField(
        label=_("To"),
        required=False,
        help_text=_("Empty: until further notice."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    unit = forms.ModelChoiceField(
        label=_("Only for"),
        required=False,
        queryset=Organization.objects.order_by("path"),
        empty_label=_("all units"),
        help_text=_("This unit and those below it."),
    )
    is_suspended = forms.BooleanField(label=_("Suspended for now"), required=False)
    note = forms.CharField(label=_("Remark"), max_length=300, required=False)

    @classmethod
    def for_source(cls, source: ContentSource) -> "SourceForm":
        """The form with what is known."""
        names = ("name", "kind", "site_url", "listed_from", "listed_until", "is_suspended", "note")
        initial: dict[str, Any] = {name: getattr(source, name) for name in names}
        return cls(initial=initial | {"unit": source.unit_id})

    def entry(self) -> SourceEntry:
        """What the valid form says."""
        data = self.cleaned_data
        return SourceEntry(**{**data, "kind": SourceKind(data["kind"])})


class AddedReviewForm(forms.Form):
    """The added content and secrecy review of a repost."""

    seen_digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    is_passed = forms.ChoiceField(
        label=_("Result"),
        choices=[("", "—"), ("yes", _("may be reposted")), ("no", _("may not be reposted"))],
    )
    content_opinion = forms.CharField(
        label=_("Review of the content"),
        max_length=MAX_OPINION_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    secrecy_basis = forms.CharField(
        label=_("Secrecy review: result and basis"),
        max_length=MAX_OPINION_CHARS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

"""Vocabularies, mappings of foreign terms, and the source registry: read by all, kept centrally."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView, is_signed_in
from jiyue.backoffice.forms.catalogue import AddedReviewForm, MappingForm, SourceForm, TaxonomyForm
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.views.versions import VersionsView
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.library.catalogue.enums import SourceKind, Taxonomy
from jiyue.library.catalogue.models import AddedReview, ContentSource, TaxonomyVersion, TermMapping
from jiyue.library.catalogue.permissions import keeper_refusal
from jiyue.library.catalogue.services import (
    change_source,
    enter_source,
    propose_version,
    record_added_review,
    set_mapping,
)
from jiyue.library.catalogue.services.added_reviews import added_review_refusal
from jiyue.library.catalogue.services.taxonomies import TOPIC
from jiyue.library.catalogue.shipping import SEPARATOR
from jiyue.library.catalogue.sources import state_on
from jiyue.library.catalogue.vocabularies import read_vocabularies, read_vocabulary
from jiyue.library.selectors import get_current_revision
from jiyue.organizations.enums import StaffRole

LIST_SIZE = 50
_MAX_WORDS_CHARS = 60


def _waiting_changes() -> dict[str, TwoPersonChange]:
    rows = TwoPersonChange.objects.filter(topic=TOPIC, status=ChangeStatus.WAITING)
    return {row.subject_key: row for row in rows}


class CatalogueView(StaffView):
    """Base: everybody reads what holds for everybody."""

    @cached_property
    def is_keeper(self) -> bool:
        """Whether the person may change it."""
        return keeper_refusal(self.actor) is None

    def waiting_for(self, taxonomy: str) -> TwoPersonChange | None:
        """A proposed version, for those who may see it."""
        return _waiting_changes().get(taxonomy) if self.is_keeper else None


class KeeperView(CatalogueView):
    """Base of the views that change vocabularies, mappings and sources."""

    roles: ClassVar[frozenset[StaffRole] | None] = frozenset({StaffRole.PLATFORM_MANAGER})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse platform managers of a part of the platform as well."""
        if is_signed_in(request) and not self.is_keeper:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


def _taxonomy(key: str) -> Taxonomy:
    if key not in Taxonomy.values:
        raise Http404
    return Taxonomy(key)


class TaxonomyListView(CatalogueView):
    """All vocabularies: version, terms, foreign terms that wait."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        waiting = _waiting_changes() if self.is_keeper else {}
        unmapped = list(TermMapping.objects.filter(term="").values_list("taxonomy", flat=True))
        versions = {row.taxonomy: row for row in TaxonomyVersion.objects.order_by("number")}
        rows = [
            (taxonomy, words, versions.get(taxonomy), unmapped.count(taxonomy), waiting.get(taxonomy))
            for taxonomy, words in read_vocabularies().items()
        ]
        return self.page("taxonomy_list.html", {"rows": rows, "is_keeper": self.is_keeper})


class TaxonomyDetailView(CatalogueView):
    """The terms in force, and the versions before them."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show one vocabulary."""
        taxonomy = _taxonomy(key)
        words = request.GET.get("q", "")[:_MAX_WORDS_CHARS].strip()
        vocabulary = read_vocabulary(taxonomy)
        terms = [
            (term, term.rsplit(SEPARATOR, 1)[-1], term.count(SEPARATOR))
            for term in vocabulary.terms
            if words in term
        ]
        context = {
            "taxonomy": taxonomy,
            "vocabulary": vocabulary,
            "terms": terms,
            "words": words,
            "versions": TaxonomyVersion.objects.filter(taxonomy=taxonomy).order_by("-number"),
            "is_keeper": self.is_keeper,
            "waiting": self.waiting_for(taxonomy),
        }
        return self.page("taxonomy_detail.html", context)


class TaxonomyProposeView(KeeperView):
    """A new version: proposed here, decided on the board of two-person changes."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the version in force for changing."""
        taxonomy = _taxonomy(key)
        return self._form_page(taxonomy, TaxonomyForm.for_vocabulary(read_vocabulary(taxonomy)))

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Propose what was typed."""
        taxonomy = _taxonomy(key)
        form = TaxonomyForm(request.POST)
        if not form.is_valid():
            return self._form_page(taxonomy, form)
        try:
            change = propose_version(
                entry=form.entry(taxonomy), reason=form.cleaned_data["reason"], actor=self.actor
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._form_page(taxonomy, form)
        messages.success(request, _("Proposed. Another person must approve it."))
        return redirect("backoffice:change_detail", change.pk)

    def _form_page(self, taxonomy: Taxonomy, form: TaxonomyForm) -> HttpResponse:
        context = {"taxonomy": taxonomy, "form": form, "waiting": self.waiting_for(taxonomy)}
        return self.page("taxonomy_form.html", context)


class TermMappingView(KeeperView):
    """Terms that came in from elsewhere: the ones without meaning first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        return self._list_page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Give one term its meaning."""
        form = MappingForm(request.POST)
        if not form.is_valid():
            return self._list_page(refused=form)
        data = form.cleaned_data
        try:
            set_mapping(
                taxonomy=Taxonomy(data["taxonomy"]),
                foreign=data["foreign"],
                term=data["term"],
                actor=self.account,
            )
        except DomainError as refusal:
            form.add_error("term", sentence(refusal))
            return self._list_page(refused=form)
        messages.success(request, _("Saved. Imports use it from now on."))
        return redirect("backoffice:term_mapping_list")

    def _list_page(self, refused: MappingForm | None = None) -> HttpResponse:
        vocabularies = read_vocabularies()
        is_all = self.request.GET.get("show") == "all"
        mappings = TermMapping.objects.order_by("term", "-times_seen", "foreign")
        page = Paginator(mappings if is_all else mappings.filter(term=""), LIST_SIZE).get_page(
            self.request.GET.get("page")
        )
        typed = (refused["taxonomy"].value(), refused["foreign"].value()) if refused else None
        rows = [
            (
                row,
                vocabularies[Taxonomy(row.taxonomy)].suggest(row.foreign),
                refused if typed == (row.taxonomy, row.foreign) else None,
            )
            for row in page.object_list
        ]
        lists = {taxonomy.value: words.terms for taxonomy, words in vocabularies.items()}
        context = {"page": page, "rows": rows, "is_all": is_all, "lists": lists, "refused": refused}
        return self.page("term_mapping_list.html", context)


class SourceListView(CatalogueView):
    """The source registry with today's standing."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        words = request.GET.get("q", "")[:_MAX_WORDS_CHARS].replace("\x00", "").strip()
        kind = request.GET.get("kind", "")
        sources = ContentSource.objects.select_related("unit").order_by("kind", "name")
        if words:
            sources = sources.filter(name__icontains=words)
        if kind in SourceKind.values:
            sources = sources.filter(kind=kind)
        page = Paginator(sources, LIST_SIZE).get_page(request.GET.get("page"))
        today = clock.today()
        context = {
            "page": page,
            "rows": [(source, state_on(source, today)) for source in page.object_list],
            "kinds": SourceKind.choices,
            "kind": kind,
            "words": words,
            "is_keeper": self.is_keeper,
        }
        return self.page("source_list.html", context)


class SourceCreateView(KeeperView):
    """Entering a source."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self.page("source_form.html", {"form": SourceForm(initial={"listed_from": clock.today()})})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter it."""
        form = SourceForm(request.POST)
        if form.is_valid():
            try:
                enter_source(entry=form.entry(), actor=self.account)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Entered."))
                return redirect("backoffice:source_list")
        return self.page("source_form.html", {"form": form})


class SourceEditView(KeeperView):
    """Changing a source: dates, sort, suspension."""

    @cached_property
    def source(self) -> ContentSource:
        """The source in the address."""
        return get_object_or_404(ContentSource, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what is known."""
        form = SourceForm.for_source(self.source)
        return self.page("source_form.html", {"form": form, "source": self.source})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change it."""
        form = SourceForm(request.POST)
        if form.is_valid():
            try:
                change_source(source=self.source, entry=form.entry(), actor=self.account)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Changed. Items already out stay as they are."))
                return redirect("backoffice:source_list")
        return self.page("source_form.html", {"form": form, "source": self.source})


class AddedReviewView(VersionsView):
    """The added content and secrecy review of an item from an other source."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the item, what was recorded, and the form for who may record."""
        return self._review_page()

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the review on record."""
        resource = self.resource
        if added_review_refusal(resource, self.account):
            raise PermissionDenied
        form = AddedReviewForm(request.POST)
        if not form.is_valid():
            return self._review_page(form)
        data = form.cleaned_data
        try:
            record_added_review(
                resource=resource,
                seen_digest=data["seen_digest"],
                is_passed=data["is_passed"] == "yes",
                content_opinion=data["content_opinion"],
                secrecy_basis=data["secrecy_basis"],
                actor=self.account,
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._review_page(form)
        messages.success(request, _("The review is on record."))
        return redirect("backoffice:resource_detail", pk)

    def _review_page(self, form: AddedReviewForm | None = None) -> HttpResponse:
        revision = get_current_revision(self.resource)
        reviews = AddedReview.objects.filter(resource=self.resource).select_related("account__person")
        context = {
            "resource": self.resource,
            "content": revision.content,
            "revision": revision,
            "reviews": reviews.order_by("-pk"),
            "refusal": added_review_refusal(self.resource, self.account),
            "form": form or AddedReviewForm(initial={"seen_digest": revision.digest}),
        }
        return self.page("added_review.html", context)

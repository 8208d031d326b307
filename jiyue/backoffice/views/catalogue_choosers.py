"""What the item form's choosers offer: terms, sources, and documents that can be changed."""

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView
from jiyue.core import clock
from jiyue.library.catalogue.relations import list_citable, list_interpretable
from jiyue.library.catalogue.sources import MODE_KEY, list_usable_sources
from jiyue.library.catalogue.vocabularies import read_vocabularies
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import value

DOCUMENT_KIND = "policy_document"
MOST_OFFERED = 20
MAX_WORDS_CHARS = 100


def chooser_lists(unit: Organization) -> dict[str, list[str]]:
    """Terms of every vocabulary, and the sources the unit may name, as the form's choosers offer them."""
    lists = {taxonomy.value: list(words.terms) for taxonomy, words in read_vocabularies().items()}
    mode = value(MODE_KEY, unit).text
    sources = [source.name for source in list_usable_sources(unit, mode, clock.today())]
    return lists | {"source": [unit.name, *(name for name in sources if name != unit.name)]}


class RelationTargetsView(ClerkView):
    """Published documents by words of their title or by number; another unit's don't exist."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Answer with at most `MOST_OFFERED` documents, the newest first."""
        unit = self.chosen_unit()
        words = request.GET.get("q", "").replace("\x00", "")[:MAX_WORDS_CHARS].split()
        found = list_citable(unit)
        own = list_interpretable(unit).filter(kind=DOCUMENT_KIND)
        for word in words:
            found = found.filter(
                Q(edition__title__icontains=word)
                | Q(edition__index_number__icontains=word)
                | Q(edition__content_json__document_number__icontains=word)
            )
            own = own.filter(title__icontains=word)
        rows = found.order_by("-first_published_at")[:MOST_OFFERED] if words else []
        documents = [
            {
                "id": live.pk,
                "title": live.edition.title,
                "note": " · ".join(
                    text
                    for text in (live.edition.content_json.get("document_number"), live.resource.unit.name)
                    if text
                ),
            }
            for live in rows
        ]
        waiting = own.order_by("-updated_at")[:MOST_OFFERED] if words else []
        documents += [
            {"id": item.pk, "title": item.title, "note": _("not public yet: to be interpreted only")}
            for item in waiting
        ]
        return JsonResponse({"documents": documents})

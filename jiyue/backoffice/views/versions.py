"""Saved states of an item, and the difference between two of them."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from jiyue.backoffice.comparing import compare
from jiyue.backoffice.describing import get_channel_names
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.views.resources import ResourceView
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.library.selectors import list_own_resources

MAX_VERSIONS = 200  # rows; the list says so when there are more


class VersionsView(ResourceView):
    """Base: whoever may only read another unit's library sees what was approved, not its earlier states."""

    def visible(self) -> QuerySet[Resource]:
        """Items of the account's own units (LIB-10)."""
        return list_own_resources(self.account)


class ResourceHistoryView(VersionsView):
    """Every saved state, newest first, with the ones that became public."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the list."""
        revisions = (
            ResourceRevision.objects.filter(resource=self.resource)
            .defer("content_json")
            .select_related("person")
            .order_by("-number")[:MAX_VERSIONS]
        )
        editions = {
            edition.revision_id: edition
            for edition in Edition.objects.filter(resource=self.resource).only(
                "number", "revision_id", "published_at"
            )
        }
        rows = [(revision, editions.get(revision.pk)) for revision in revisions]
        return self.page(
            "resource_history.html", {"resource": self.resource, "rows": rows, "limit": MAX_VERSIONS}
        )


class ResourceCompareView(VersionsView):
    """The difference between two saved states."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the difference; without numbers, between the last two states."""
        newest = self.resource.last_revision
        new = self._revision(request.GET.get("new") or newest)
        old = self._revision(request.GET.get("old") or max(1, new.number - 1))
        if old.number > new.number:
            old, new = new, old
        before, after = old.content, new.content
        context = {
            "resource": self.resource,
            "old": old,
            "new": new,
            "differences": compare(before, after, channel_names=get_channel_names(before, after)),
        }
        return self.page("resource_compare.html", context)

    def _revision(self, number: str | int) -> ResourceRevision:
        revisions = ResourceRevision.objects.select_related("person")
        return get_object_or_404(revisions, resource=self.resource, number=read_key(str(number)))

"""The library: its list, one item, and the private preview."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.describing import described_fields, get_channel_names
from jiyue.backoffice.selectors import (
    ResourceFilter,
    address_of,
    get_slice,
    get_waiting_steps,
    list_placements,
)
from jiyue.backoffice.stages import stages_of_resource
from jiyue.backoffice.storytelling import last_return, tell
from jiyue.backoffice.submission_rules import blockers_before_page
from jiyue.library.enums import ResourceStatus
from jiyue.library.kinds import KINDS
from jiyue.library.models import ImportedFile, Resource, Withdrawal
from jiyue.library.permissions import WITHDRAWING_ROLES, can_edit_on_duty
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.selectors import (
    get_current_revision,
    get_live_edition,
    list_own_resources,
    list_visible_resources,
)
from jiyue.organizations.enums import StaffRole
from jiyue.review.selectors import get_history


def read_filter(request: HttpRequest) -> ResourceFilter:
    """What the query string narrows the list to; unknown values narrow nothing."""
    status, kind = request.GET.get("status", ""), request.GET.get("kind", "")
    return ResourceFilter(
        status=status if status in ResourceStatus.values else "",
        kind=kind if kind in dict(KINDS) else "",
        words=request.GET.get("q", "")[:100].replace("\x00", ""),
    )


class ResourceView(StaffView):
    """Base of every view of one item: another unit's item doesn't exist."""

    def visible(self) -> QuerySet[Resource]:
        """The items that exist for this account; those of its own units always do."""
        return list_visible_resources(self.account)

    @cached_property
    def resource(self) -> Resource:
        """The item named in the address, or 404; most often one of the account's own units."""
        pk = self.kwargs["pk"]
        with self.looking():
            own = list_own_resources(self.account).filter(pk=pk).first()
            return own or get_object_or_404(self.visible(), pk=pk)

    @cached_property
    def is_editor(self) -> bool:
        """Whether the account may write for the item's unit."""
        unit = self.resource.unit
        return self.has_role_in(unit.pk, StaffRole.ENTRY_CLERK) or can_edit_on_duty(self.account, unit)

    @cached_property
    def is_own(self) -> bool:
        """Whether the item is of an own unit, or one that the account edits on duty; otherwise it only reads.

        Readers of a shared library see what was approved, not how it came about (ORG-04, LIB-10).
        """
        return any(unit_id == self.resource.unit_id for unit_id, _role in self.role_pairs) or self.is_editor

    @cached_property
    def may_withdraw(self) -> bool:
        """Whether the account may take the item down."""
        return self.has_role_in(self.resource.unit_id, *WITHDRAWING_ROLES)


class ResourceListView(StaffView):
    """All items of the account's units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        filters = read_filter(request)
        resources = filters.apply(list_visible_resources(self.account))
        page = get_slice(resources, after=request.GET.get("after", ""))
        steps = get_waiting_steps([r.pk for r in page.rows if r.status == ResourceStatus.IN_REVIEW])
        query = request.GET.copy()
        query.pop("after", None)
        filter_query = query.urlencode()
        query["after"] = page.next_key
        context: dict[str, Any] = {
            "rows": [(resource, steps.get(resource.pk)) for resource in page.rows],
            "filters": filters,
            "statuses": ResourceStatus.choices,
            "kinds": [(key, kind.label) for key, kind in KINDS],
            "kind_names": {key: kind.label for key, kind in KINDS},
            "next_query": query.urlencode() if page.next_key else "",
            "is_later_page": "after" in request.GET,
            "filter_query": filter_query,
            "may_write": StaffRole.ENTRY_CLERK in self.role_names,
        }
        return self.page("resource_list.html", context)


class ResourceDetailView(ResourceView):
    """One item: where it stands, what to do next, what has happened."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the item."""
        resource = self.resource
        revision = get_current_revision(resource)
        content = revision.content
        names = get_channel_names(content)
        blockers = blockers_before_page(resource, content, self.account) if self.is_editor else []
        placements = list_placements(resource)
        live = get_live_edition(resource.pk)
        history = get_history(SUBJECT_TYPE, resource.pk) if self.is_own else []
        story = tell(history)
        context = {
            "resource": resource,
            "revision": revision,
            "content": content,
            "kind": KINDS.get(content.kind),
            "fields": described_fields(content, names),
            "blockers": blockers,
            "is_editor": self.is_editor,
            "is_own": self.is_own,
            "live": live,
            "is_unchanged": live is not None and live.revision_id == revision.pk,
            "returned": last_return(story) if resource.status == ResourceStatus.RETURNED else None,
            "may_withdraw": self.may_withdraw,
            "waiting": get_waiting_steps([resource.pk]).get(resource.pk),
            "addresses": [(placement, address_of(placement)) for placement in placements],
            "story": story,
            "stages": stages_of_resource(resource, history[-1] if history else None),
            "withdrawals": Withdrawal.objects.filter(resource=resource)
            .select_related("person")
            .order_by("-pk"),
            "imported": ImportedFile.objects.filter(resource=resource).first(),
        }
        return self.page("resource_detail.html", context)


class ResourcePreviewView(ResourceView):
    """The item as it would read, for staff only."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the newest saved state."""
        revision = get_current_revision(self.resource)
        context = {
            "resource": self.resource,
            "content": revision.content,
            "revision": revision,
            "kind": KINDS.get(revision.content.kind),
            "fields": described_fields(revision.content, get_channel_names(revision.content)),
        }
        return self.page("resource_preview.html", context)
